"""Arrays of whole numbers, whose sums do not depend on the order, and graphs to run with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor.graph.traversal import explicit_graph_inputs

from tests.support.cases import Array


def whole(rng: np.random.Generator, shape: Sequence[int], dtype: str = "float64") -> Array:
    """Return small whole numbers, half of them negative."""
    return rng.integers(-4, 5, size=shape).astype(dtype)


def run(result: Any, mode: str = "FAST_COMPILE", **given: Any) -> Any:
    """Return the value of a graph whose inputs are given by their names."""
    outputs = result if isinstance(result, list) else [result]
    inputs = list(explicit_graph_inputs(outputs))
    return pytensor.function(inputs, result, mode=mode)(*(given[v.name] for v in inputs))
