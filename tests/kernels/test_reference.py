"""The NumPy kernels against loops that are older than any of them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytensor_unpool.errors import LengthError, PositionError
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels import reference
from tests.support import oracle
from tests.support.cases import CASES, DATA, Array, PoolCase, assert_same, distinct, tied
from tests.support.strategies import poolings, repeatable, seeds

Pooling = tuple[tuple[int, ...], list[AxisWindows], bool]


def test_max_pool_by_hand() -> None:
    x = np.array([[1, 5, 2, 0], [4, 3, 8, 8], [9, 9, 0, 1]], "int16")
    values, positions = reference.max_pool(
        x, [AxisWindows(2, 1, 0, 0, 1), AxisWindows(2, 2, 0, 0, 1)], False
    )
    assert_same(values, np.array([[5, 8], [9, 8]], "int16"))
    assert_same(positions, np.array([[1, 6], [8, 6]]))


def test_max_unpool_by_hand() -> None:
    values, positions = np.array([[1, 2, 3, 4]], "int8"), np.array([[2, 0, 2, 5]])
    last = reference.max_unpool(values, positions, (6,), "last")
    total = reference.max_unpool(values, positions, (6,), "sum")
    assert_same(last, np.array([[2, 0, 3, 0, 0, 4]], "int8"))
    assert_same(total, np.array([[2, 0, 4, 0, 0, 4]], "int8"))


def test_max_gather_by_hand() -> None:
    x, positions = np.array([[10, 11, 12, 13, 14, 15]]), np.array([[2, 0, 2, 5]])
    assert_same(reference.max_gather(x, positions, 1, "sum"), np.array([[12, 10, 12, 15]]))
    assert_same(reference.max_gather(x, positions, 1, "last"), np.array([[0, 10, 12, 15]]))


def test_tied_kernels_by_hand() -> None:
    """Three windows; the first and the second both hold the 5 in the middle."""
    x, rows = np.array([5, 5, 5, 1, 7.0]), [AxisWindows(3, 1, 0, 0, 1)]
    values = np.array([5, 5, 7.0])
    unpooled = reference.tied_unpool(x, values, np.array([1, 10, 100.0]), rows, False)
    assert_same(unpooled, np.array([1, 11, 11, 0, 100.0]))
    gathered = reference.tied_gather(x, values, np.array([1, 10, 100, 1e3, 1e4]), rows, False)
    assert_same(gathered, np.array([111, 110, 1e4]))


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_max_pool_equals_the_oracle(
    case: PoolCase, data: Callable[..., Array], rng: np.random.Generator
) -> None:
    x = data(rng, case.shape)
    values, positions = reference.max_pool(x, case.rows, case.partial_windows)
    wanted_values, wanted_positions = oracle.max_pool(x, case.rows, case.partial_windows)
    assert_same(values, wanted_values)
    assert_same(positions, wanted_positions)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_tied_kernels_equal_the_oracle(
    case: PoolCase, data: Callable[..., Array], rng: np.random.Generator
) -> None:
    """Whole numbers add up to the same in any order."""
    x = data(rng, case.shape)
    options = case.rows, case.partial_windows
    values, _ = reference.max_pool(x, *options)
    cotangent, tangent = distinct(rng, values.shape), distinct(rng, x.shape)
    unpooled = reference.tied_unpool(x, values, cotangent, *options)
    assert_same(unpooled, oracle.tied_unpool(x, cotangent, *options))
    gathered = reference.tied_gather(x, values, tangent, *options)
    assert_same(gathered, oracle.tied_gather(x, tangent, *options))


@repeatable(max_examples=150)
@given(poolings(), st.sampled_from(DATA), seeds)
def test_max_pool_equals_the_oracle_for_any_windows(
    pooling: Pooling, data: Callable[..., Array], seed: int
) -> None:
    shape, *options = pooling
    x = data(np.random.default_rng(seed), shape)
    for got, wanted in zip(
        reference.max_pool(x, *options), oracle.max_pool(x, *options), strict=True
    ):
        assert_same(got, wanted)


@repeatable(max_examples=100)
@given(poolings(), seeds)
def test_positions_read_the_values_back(pooling: Pooling, seed: int) -> None:
    shape, rows, partial_windows = pooling
    x = tied(np.random.default_rng(seed), shape)
    values, positions = reference.max_pool(x, rows, partial_windows)
    assert_same(oracle.max_gather(x, positions, len(rows)), values)


@st.composite
def unpoolings(draw: Callable[..., int]) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Draw the shape of values, the lengths of the un-pooled axes, and a seed."""
    ndim = draw(st.integers(1, 3))
    shape = draw(st.lists(st.integers(0, 4), min_size=ndim, max_size=ndim + 2))  # type: ignore[arg-type]
    lengths = draw(st.lists(st.integers(1, 4), min_size=ndim, max_size=ndim))  # type: ignore[arg-type]
    return tuple(shape), tuple(lengths), draw(seeds)  # type: ignore[arg-type]


@repeatable(max_examples=200)
@given(unpoolings(), st.sampled_from(["last", "sum"]))
def test_un_pooling_and_gathering_equal_the_oracle(
    unpooling: tuple[tuple[int, ...], tuple[int, ...], int], duplicates: str
) -> None:
    """There are fewer places than values in many of these, so positions repeat."""
    shape, lengths, seed = unpooling
    rng, n = np.random.default_rng(seed), len(lengths)
    values, positions = distinct(rng, shape), rng.integers(0, prod(lengths), size=shape)
    unpooled = reference.max_unpool(values, positions, lengths, duplicates)
    assert_same(unpooled, oracle.max_unpool(values, positions, lengths, duplicates))
    x = distinct(rng, (*shape[: len(shape) - n], *lengths))
    gathered = reference.max_gather(x, positions, n, duplicates)
    assert_same(gathered, oracle.max_gather(x, positions, n, duplicates))


@pytest.mark.parametrize("position", [-1, 6, 2**62])
def test_a_position_outside_is_refused(position: int) -> None:
    positions = np.array([0, position])
    with pytest.raises(PositionError, match=f"positions holds {position}, .* have 6 elements"):
        reference.max_unpool(np.ones(2), positions, (6,))
    with pytest.raises(PositionError, match=f"positions holds {position}, .* have 6 elements"):
        reference.max_gather(np.ones(6), positions, 1)


def test_arrays_of_another_shape_are_refused() -> None:
    ones, rows = np.ones((2, 6)), [AxisWindows(2, 2, 0, 0, 1)]
    with pytest.raises(LengthError, match="axis -1 has length 2, wanted 3"):
        reference.max_unpool(ones[:, :3], np.zeros((2, 2), int), (6,))
    with pytest.raises(LengthError, match="axis -2 has length 1, wanted 2"):
        reference.max_gather(ones, np.zeros((1, 3), int), 1)
    with pytest.raises(LengthError, match="values must have one element for each window of x"):
        reference.tied_unpool(ones, ones, ones, rows, False)
    with pytest.raises(LengthError, match="axis -1 has length 3, wanted 6"):
        reference.tied_gather(ones, ones[:, :3], ones[:, :3], rows, False)


def test_tied_kernels_refuse_a_cotangent_of_another_shape() -> None:
    ones, rows = np.ones((2, 6)), [AxisWindows(2, 2, 0, 0, 1)]
    with pytest.raises(LengthError, match="axis -2 has length 1, wanted 2"):
        reference.tied_unpool(ones, ones[:, :3], ones[:1, :3], rows, False)
