"""The Ops of linear interpolation: every axis, layout and mode, and invalid input."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytensor.gradient import verify_grad

from pytensor_unpool.errors import DTypeError, LengthError, ShapeError
from pytensor_unpool.ops import Interpolate, InterpolateInputGrad
from tests.support.cases import Array
from tests.support.modes import ALL, MODES, PYTHON, every_mode
from tests.support.strategies import repeatable, seeds

# Axis, ratio, and the length of the axis. The last one is processed in parts.
CASES = [(-1, 2, 1, 5), (-1, 3, 2, 7), (-2, 4, 1, 3), (-3, 3, 4, 6), (-1, 5, 1, 300)]
every_case = pytest.mark.parametrize(("axis", "p", "q", "length"), CASES)


def matrix(length: int, p: int, q: int) -> Array:
    """Return the weights of the elements in each result, from coordinates in exact arithmetic."""
    rows = []
    for i in range(-(-length * p // q)):
        place = Fraction(i * q - (p - 1) // 2, p)
        distances = [abs(Fraction(n) - min(max(place, 0), length - 1)) for n in range(length)]
        rows.append([float(max(0, 1 - distance)) for distance in distances])
    return np.array(rows).reshape(-1, length)


def interpolated(x: Array, axis: int, weights: Array) -> Array:
    return np.moveaxis(np.moveaxis(x, axis, -1) @ weights.T, -1, axis)


@cache
def compiled(axis: int, p: int, q: int, mode: str) -> Any:
    x, g, lengths = pt.dtensor4("x"), pt.dtensor4("g"), pt.lvector("lengths")
    outputs = [Interpolate(axis, p, q)(x), InterpolateInputGrad(axis, p, q)(g, lengths)]
    return pytensor.function([x, g, lengths], outputs, mode=mode)


# Python runs all of them; compiled modes a line and a plane.
IN_MODES = [
    (*case, mode)
    for mode in MODES
    for case in (CASES if ALL or mode == "FAST_COMPILE" else CASES[2::2])
]


@pytest.mark.parametrize(("axis", "p", "q", "length", "mode"), IN_MODES)
def test_both_are_products_with_the_weights(
    axis: int, p: int, q: int, length: int, mode: str, rng: np.random.Generator
) -> None:
    """In arrays of any layout, including empty ones."""
    run, weights = compiled(axis, p, q, mode), matrix(length, p, q)
    shape = [2, 3, 4, 3]
    shape[axis] = length
    longer = [*shape]
    longer[axis] = len(weights)
    for view in (lambda a: a, lambda a: a[::-1, :, ::-1, ::-1], lambda a: a[:, 1:, :, :]):
        for turn in (False, True):
            x, g = (rng.normal(size=n[::-1] if turn else n) for n in (shape, longer))
            x, g = view(x.T if turn else x), view(g.T if turn else g)
            if view(np.zeros(shape)).shape[axis] != length:
                continue
            y, dx = run(x, g, [length])
            np.testing.assert_allclose(y, interpolated(x, axis, weights), rtol=0, atol=1e-14)
            np.testing.assert_allclose(dx, interpolated(g, axis, weights.T), rtol=0, atol=1e-12)
    for empty in range(4):
        shape[empty] = longer[empty] = 0
        y, dx = run(np.zeros(shape), np.zeros(longer), [shape[axis]])
        assert [*y.shape] == longer
        assert [*dx.shape] == shape


@repeatable(max_examples=200)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 12), st.integers(-3, -1), seeds)
def test_any_ratio(p: int, q: int, length: int, axis: int, seed: int) -> None:
    rng, ratio = np.random.default_rng(seed), Fraction(p, q)
    shape = [2, 3, 2]
    shape[axis] = length
    x = rng.normal(size=shape)
    run = compiled(axis, ratio.numerator, ratio.denominator, "FAST_COMPILE")
    wanted = interpolated(x, axis, matrix(length, ratio.numerator, ratio.denominator))
    y, dx = run(x[None], wanted[None], [length])
    np.testing.assert_allclose(y[0], wanted, rtol=0, atol=1e-14)
    np.testing.assert_allclose(np.vdot(wanted, wanted), np.vdot(x, dx[0]))


@every_mode
def test_numbers_that_are_not_finite_reach_no_further_than_their_weights(mode: str) -> None:
    for p in (2, 5) if ALL else (5,):
        run = compiled(-1, p, 1, mode)
        x = np.array([1, np.inf, 2, 3, np.nan, 4])
        y, _ = run(x.reshape(1, 1, 1, -1), np.zeros((1, 1, 1, p)), [1])
        weights = matrix(6, p, 1)
        assert np.isfinite(y[0, 0, 0]).tolist() == (weights[:, [1, 4]].sum(1) == 0).tolist()
        assert y[0, 0, 0, p + (p - 1) // 2] == np.inf
        g = np.zeros(6 * p)
        g[2 * p] = np.nan
        _, dx = run(np.ones((1, 1, 1, 1)), g.reshape(1, 1, 1, -1), [6])
        assert np.isnan(dx[0, 0, 0]).tolist() == (weights[2 * p] > 0).tolist()


@every_mode
def test_what_does_not_fit_is_refused(mode: str) -> None:
    run = compiled(-2, 4, 1, mode)
    x, g = np.ones((1, 1, 2, 3)), np.ones((1, 1, 8, 3))
    with pytest.raises(LengthError, match="axis -2 has length 8, wanted 12"):
        run(x, g, [3])
    with pytest.raises(LengthError, match="vector of 1 lengths: got 2"):
        run(x, g, [2, 2])
    with pytest.raises(LengthError, match="got -1 for axis -1, wanted 0 or more"):
        run(x, g, [-1])
    with pytest.raises(LengthError, match="overflows at axis -2"):
        run(x, g, [2**61])


@every_mode
def test_a_length_that_no_index_reaches_is_refused(mode: str) -> None:
    x = pt.dvector("x")
    run = pytensor.function([x], Interpolate(-1, 32)(x), mode=mode)
    with pytest.raises(LengthError, match="overflows at axis -1 of length 576460752303423488"):
        run(np.broadcast_to(1.0, 2**59))


def test_lengths_that_do_not_fit_are_errors_when_the_graph_is_built() -> None:
    g = pt.tensor("g", shape=(None, 8))
    with pytest.raises(ShapeError, match="axis -1 has length 8, wanted 12"):
        InterpolateInputGrad(-1, 4)(g, [3])
    assert InterpolateInputGrad(-1, 4)(g, [2]).type.shape == (None, 2)
    assert InterpolateInputGrad(-1, 4)(g, pt.lvector()).type.shape == (None, None)
    assert Interpolate(-1, 5, 2)(pt.tensor("x", shape=(3, 5))).type.shape == (3, 13)


def test_what_has_no_parts_is_refused() -> None:
    for op in (Interpolate(-1, 2), lambda g: InterpolateInputGrad(-1, 2)(g, [2])):
        for dtype in ("int64", "bool", "complex128"):
            with pytest.raises(DTypeError, match=f"must hold floats, .*: got dtype {dtype}. Cast"):
                op(pt.vector(dtype=dtype))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes(dtype: str) -> None:
    """Half precision falls back to Python in C mode."""
    x = pt.matrix("x", dtype=dtype)
    y = Interpolate(-1, 2)(x)
    run = pytensor.function([x], [y, pt.grad(y.sum(dtype=dtype), x)], mode="CVM")
    values, gradient = run(np.array([[1, 3]], dtype))
    assert values.dtype == gradient.dtype == dtype
    assert values.tolist() == [[1, 2, 3, 3]]
    assert gradient.tolist() == [[1.5, 2.5]]


@every_case
def test_finite_differences(
    axis: int, p: int, q: int, length: int, rng: np.random.Generator
) -> None:
    shape = [2, 1, 2]
    shape[axis] = length = min(length, 7)
    verify_grad(Interpolate(axis, p, q), [rng.normal(size=shape)], rng=rng, mode=PYTHON)
    shape[axis] = -(-length * p // q)
    transpose = InterpolateInputGrad(axis, p, q)
    verify_grad(lambda g: transpose(g, [length]), [rng.normal(size=shape)], rng=rng, mode=PYTHON)
