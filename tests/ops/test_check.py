"""Conditions that are looked at as the function runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import vectorize_graph
from pytensor_unpool.symbolic import unpool_arange

from pytensor_unpool.errors import PositionError, ShapeError
from pytensor_unpool.ops.check import Check, equal, is_multiple
from tests.support.modes import C_OR_PYTHON, MODES


def checked(x: Any) -> Any:
    """Return `x` if it is square, and has an even number of rows."""
    rows, columns = x.shape
    return Check(ShapeError, "square and even")(x, equal(rows, columns), is_multiple(rows, 2))


def compare(mode: str, lengths: tuple[int | None, ...]) -> None:
    x = pt.tensor("x", dtype="float32", shape=lengths)
    run = pytensor.function([x], [checked(x) * 2, pt.grad((checked(x) ** 2).sum(), x)], mode=mode)
    for shape in ((4, 4), (2, 2)):
        if all(known in (None, n) for known, n in zip(lengths, shape, strict=True)):
            ones = np.ones(shape, "float32")
            for result in run(ones):
                np.testing.assert_array_equal(result, 2 * ones)
    for shape in ((4, 6), (6, 4), (3, 3)):
        if all(known in (None, n) for known, n in zip(lengths, shape, strict=True)):
            with pytest.raises(ShapeError, match="square and even"):
                run(np.ones(shape, "float32"))


LENGTHS = pytest.mark.parametrize("lengths", [(None, None), (4, None), (4, 4), (3, 3)], ids=str)


@pytest.mark.parametrize("mode", MODES)
@LENGTHS
def test_modes(mode: str, lengths: Any) -> None:
    compare(mode, lengths)


@pytest.mark.parametrize("mode", C_OR_PYTHON)
def test_batches(mode: str) -> None:
    """Of several conditions, which PyTensor's own function for batches does not take."""
    values, positions = pt.vector("values"), pt.lvector("positions")
    batch = {values: pt.matrix("batch of values"), positions: pt.lmatrix("batch of positions")}
    batched = vectorize_graph(unpool_arange(values, positions, (3,)), batch)
    run = pytensor.function(list(batch.values()), batched, mode=mode)
    arrays = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0, 1], [2, -3]])
    np.testing.assert_array_equal(run(*arrays), [[1, 2, 0], [4, 0, 3]])
    with pytest.raises(PositionError, match="a position lies outside"):
        run(arrays[0], arrays[1] + 1)
