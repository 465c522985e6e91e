"""Adaptive and global pooling: errors say what was passed, what was wanted and how to fix it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: pu.adaptive_pool(x, 0), ShapeError, r"at least 1, .*: got 0 for axis -1\. Pass"),
        (lambda x: pu.adaptive_pool(x, (-2, 3)), ShapeError, r"at least 1, .* got -2 for axis -2"),
        (lambda x: pu.adaptive_pool(x, 2**31), ShapeError, r"at most 2147483647: got 2147483648"),
        (lambda x: pu.adaptive_pool(x, (1, 2, 3)), ShapeError, r"at least the 3 .*: got 2 axes"),
        (lambda x: pu.adaptive_pool(x, ()), ShapeError, r"lengths needs .*: got none"),
        (lambda x: pu.adaptive_pool(x, 2.5), DTypeError, r"lengths must be integer: got 2\.5"),
        (lambda x: pu.adaptive_pool(x, pt.dscalar("n")), DTypeError, r"lengths must be integer"),
        (lambda x: pu.adaptive_pool(x, 2, mode="mean"), ArgumentError, r"mode must be .*'mean'"),
        (lambda x: pu.adaptive_pool(x[:, :0], 2), ShapeError, r"to pool: axis -1 is empty\. Only"),
        (lambda x: pu.adaptive_pool(x > 0, 3, mode="sum"), DTypeError, r"got dtype bool"),
        (lambda x: pu.adaptive_pool(x * 1j, 3), DTypeError, r"real numbers: got dtype complex"),
        (lambda x: pu.global_pool(x, 0), ShapeError, r"ndim must be at least 1: got 0\. Pass"),
        (lambda x: pu.global_pool(x, 3), ShapeError, r"at least the 3 pooled axes: got 2 axes"),
        (lambda x: pu.global_pool(x, pt.lscalar("n")), DTypeError, r"ndim must be known .*: got n"),
        (lambda x: pu.global_pool(x, 1.0), DTypeError, r"ndim must be integer: got 1\.0"),
        (lambda x: pu.global_pool(x[:0], 2), ShapeError, r"axis -2 is empty"),
        (lambda x: pu.global_pool(x, 1, mode="min"), ArgumentError, r"got 'min'"),
    ],
)  # fmt: skip
def test_errors_when_the_graph_is_built(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(pt.tensor("x", dtype="float64", shape=(4, 8)))


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_errors_at_run_time(mode: str) -> None:
    x, n = pt.dvector("x"), pt.lscalar("n")
    run = pytensor.function([x, n], pu.adaptive_pool(x, n), mode=mode)
    assert run(np.arange(5.0), 2).tolist() == [2, 4]
    for count in (0, -1, 2**31):
        with pytest.raises(ShapeError, match=r"lengths must be at least 1, .* for axis -1\. Pass"):
            run(np.arange(5.0), count)
    with pytest.raises(ShapeError, match=r"x must have elements to pool: axis -1 is empty"):
        run(np.zeros(0), 2)
    whole = pytensor.function([x], pu.global_pool(x, 1), mode=mode)
    with pytest.raises(ShapeError, match=r"x must have elements to pool: axis -1 is empty"):
        whole(np.zeros(0))
