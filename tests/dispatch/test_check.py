"""Conditions that are looked at as the function runs, on JAX, PyTorch and MLX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.dispatch.deviations import DATA_CHECKS
from pytensor_unpool.errors import PositionError, ShapeError
from pytensor_unpool.ops.check import Check, equal
from pytensor_unpool.symbolic import unpool_arange
from tests.support.backends import at_its_precision, concerned, every_backend, marks
from tests.support.checked import compare, some_lengths

__all__ = ["at_its_precision"]

pytestmark = marks


@every_backend
@some_lengths
def test_backends(backend: Any, lengths: Any) -> None:
    compare(backend.mode, lengths)


@every_backend
def test_numbers_may_depend_on_checks_of_others(backend: Any) -> None:
    """Catches numbers that are taken out of a graph while others in them are."""
    x = pt.tensor("x", dtype="float32", shape=(None, None))
    rows = Check(ShapeError, "few rows")(x.shape[0], pt.le(x.shape[0], 4))
    y = Check(ShapeError, "square")(x, equal(rows, x.shape[1]))
    pooled = pu.max_pool(x, (rows, 1))[0]
    run = pytensor.function([x], [y + 1, pooled], mode=backend.mode)
    checked, pooled_rows = run(np.zeros((3, 3), "float32"))
    np.testing.assert_array_equal(checked, np.ones((3, 3)))
    np.testing.assert_array_equal(pooled_rows, np.zeros((1, 3)))
    for shape, message in (((3, 2), "square"), ((5, 5), "few rows")):
        with pytest.raises(ShapeError, match=message):
            run(np.zeros(shape, "float32"))


def unpool(mode: str) -> Any:
    values, positions = pt.tensor("v", shape=(1, 2)), pt.lmatrix("p")
    unpooled = unpool_arange(values, positions, (4,))
    return pytensor.function([values, positions], unpooled, mode=mode)


@concerned(DATA_CHECKS)
def test_errors_of_data_are_said_to_be_left_out(backend: Any) -> None:
    with pytest.warns(UserWarning, match="this is not checked: unpool_arange: a position"):
        run = unpool(backend.mode)
    one, two = np.ones((1, 2), backend.precision), np.array([[1, 3]])
    np.testing.assert_array_equal(run(one, two), [[0, 1, 0, 1]])
    with pytest.raises(ShapeError, match="positions must have the shape of values"):
        run(one, two[:, :1])


@concerned(DATA_CHECKS, is_concerned=False)
def test_errors_of_data(backend: Any) -> None:
    run = unpool(backend.mode)
    one = np.ones((1, 2), backend.precision)
    np.testing.assert_array_equal(run(one, np.array([[1, 3]])), [[0, 1, 0, 1]])
    with pytest.raises(PositionError, match="a position lies outside"):
        run(one, np.array([[1, 4]]))
