"""Arrays of whole numbers, whose sums are equal in any order, and graphs of constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor

from tests.cases import Array


def whole(rng: np.random.Generator, *shape: int, dtype: str = "float64") -> Array:
    """Return small whole numbers, half of them negative."""
    return rng.integers(-4, 5, size=shape).astype(dtype)


def run(result: Any, mode: str = "FAST_COMPILE") -> Any:
    """Return the value of a graph without inputs."""
    return pytensor.function([], result, mode=mode)()
