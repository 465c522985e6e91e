"""Names of `theano.tests.unittest_tools`, to run suites that were written for Theano."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest import TestCase

import numpy as np
import pytensor
from pytensor.compile.mode import get_mode

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compile.function import function

__all__ = ["InferShapeTester", "WrongValue", "fetch_seed", "seed_rng"]

__getattr__, __dir__ = fall_back(__name__)

# Theano's `unittests.rseed`.
SEED = 666


def fetch_seed(pseed: Any = None) -> int:
    """Return a seed: `pseed`, or always the same."""
    return SEED if pseed is None else int(pseed)


def seed_rng(pseed: Any = None) -> int:
    """Seed NumPy's global generator with `fetch_seed`, and return the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)  # noqa: NPY002
    return seed


class WrongValue(Exception):  # noqa: N818
    """Two values differ.

    Parameters
    ----------
    expected_val, val : arrays
    rtol, atol : float
    """

    def __init__(self, expected_val: Any, val: Any, rtol: float, atol: float) -> None:
        super().__init__(f"wanted {expected_val}, got {val} (rtol {rtol}, atol {atol})")
        self.val1, self.val2, self.rtol, self.atol = expected_val, val, rtol, atol


class InferShapeTester(TestCase):
    """Base of tests of `infer_shape`."""

    def setUp(self) -> None:
        """Seed NumPy, and keep shapes from being computed by the operations themselves."""
        seed_rng()
        self.mode = get_mode(pytensor.config.mode).including("canonicalize", "ShapeOpt")

    def _compile_and_check(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        numeric_inputs: Sequence[Any],
        cls: Any,
        excluding: Sequence[str] | None = None,
        warn: bool = True,
        check_topo: bool = True,
    ) -> None:
        """Check that shapes are inferred without the operation `cls`, and are right."""
        mode = self.mode.excluding(*excluding) if excluding else self.mode
        values = function(list(inputs), list(outputs), mode=mode, on_unused_input="ignore")
        shapes = function(
            list(inputs), [x.shape for x in outputs], mode=mode, on_unused_input="ignore"
        )
        nodes = shapes.maker.fgraph.toposort()
        assert not check_topo or not any(isinstance(node.op, cls) for node in nodes), nodes
        expected = [value.shape for value in values(*numeric_inputs)]
        assert [tuple(shape) for shape in shapes(*numeric_inputs)] == expected
