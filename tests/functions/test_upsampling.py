"""Upsampling: by hand, against slow loops, gradients, static shapes."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from math import ceil, floor
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytensor.gradient import pushforward, verify_grad
from pytensor.graph.replace import vectorize_graph

import pytensor_unpool as pu
from tests.support.cases import Array
from tests.support.modes import PYTHON, REWRITTEN
from tests.support.strategies import repeatable, seeds
from tests.support.whole import whole

FUNCTIONS = (pu.upsample_nearest, pu.upsample_dilate, pu.upsample_linear)
every_function = pytest.mark.parametrize("function", FUNCTIONS)


NAN, INF = np.nan, np.inf


def evaluate(function: Any, x: Any, ratio: Any) -> Array:
    return np.asarray(function(np.asarray(x), ratio).eval(mode="FAST_COMPILE"))


# Slow loops.


def nearest_loop(x: Array, ratios: tuple[int, ...]) -> Array:
    out = np.empty(longer(x, ratios), x.dtype)
    for index in np.ndindex(out.shape):
        lead = len(index) - len(ratios)
        out[index] = x[
            (*index[:lead], *(i // r for i, r in zip(index[lead:], ratios, strict=True)))
        ]
    return out


def dilate_loop(x: Array, ratios: tuple[int, ...]) -> Array:
    out = np.zeros(longer(x, ratios), x.dtype)
    for index in np.ndindex(x.shape):
        lead = len(index) - len(ratios)
        out[(*index[:lead], *(i * r for i, r in zip(index[lead:], ratios, strict=True)))] = x[index]
    return out


def linear_loop(x: Array, ratios: tuple[Any, ...]) -> Array:
    """Interpolate with exact coordinates and weights."""
    out = np.zeros(longer(x, ratios))
    for index in np.ndindex(out.shape):
        lead = len(index) - len(ratios)
        corners = []
        for i, r, n in zip(index[lead:], map(Fraction, ratios), x.shape[lead:], strict=True):
            place = (i - Fraction((r.numerator - 1) // 2, r.denominator)) / r
            low = floor(place)
            corners.append([(min(max(low, 0), n - 1), 1 - (place - low)),
                            (min(max(low + 1, 0), n - 1), place - low)])  # fmt: skip
        for corner in product(*corners):
            weight = np.prod([float(w) for _, w in corner])
            if weight:
                out[index] += weight * x[(*index[:lead], *(i for i, _ in corner))]
    return out


def longer(x: Array, ratios: tuple[Any, ...]) -> tuple[int, ...]:
    lead = x.ndim - len(ratios)
    lengths = [ceil(n * r) for n, r in zip(x.shape[lead:], map(Fraction, ratios), strict=True)]
    return (*x.shape[:lead], *lengths)


LOOPS = dict(zip(FUNCTIONS, (nearest_loop, dilate_loop, linear_loop), strict=True))


# Values.


class TestByHand:
    def test_nearest(self) -> None:
        assert evaluate(pu.upsample_nearest, [1, 2], 3).tolist() == [1, 1, 1, 2, 2, 2]
        assert evaluate(pu.upsample_nearest, [[1, 2]], (2, 1)).tolist() == [[1, 2], [1, 2]]

    def test_dilate(self) -> None:
        assert evaluate(pu.upsample_dilate, [1, 2], 3).tolist() == [1, 0, 0, 2, 0, 0]
        assert evaluate(pu.upsample_dilate, [[1, 2]], (2, 1)).tolist() == [[1, 2], [0, 0]]

    @pytest.mark.parametrize(
        ("ratio", "wanted"),
        [
            (1, [0, 12, 24]),
            (2, [0, 6, 12, 18, 24, 24]),
            (3, [0, 0, 4, 8, 12, 16, 20, 24, 24]),
            (4, [0, 0, 3, 6, 9, 12, 15, 18, 21, 24, 24, 24]),
            (Fraction(3, 2), [0, 4, 12, 20, 24]),
            ([(4, 3)], [0, 6, 15, 24]),
            ([(2, 3)], [0, 18]),
            (Fraction(1, 3), [0]),
        ],
        ids=str,
    )
    def test_linear(self, ratio: Any, wanted: list[float]) -> None:
        got = evaluate(pu.upsample_linear, [0.0, 12.0, 24.0], ratio)
        np.testing.assert_allclose(got, wanted, rtol=1e-14)

    def test_linear_in_two_axes(self) -> None:
        got = evaluate(pu.upsample_linear, [[0.0, 4.0], [8.0, 12.0]], (2, 2))
        assert got.tolist() == [[0, 2, 4, 4], [4, 6, 8, 8], [8, 10, 12, 12], [8, 10, 12, 12]]

    @pytest.mark.parametrize("ratio", [2, 3, Fraction(3, 2)], ids=str)
    def test_nan_and_infinity_reach_no_further_than_interpolation(self, ratio: Any) -> None:
        """A product of a neighbour with a weight of zero would turn them into NaN."""
        x = np.array([1.0, 2.0, INF, 2.0, 1.0, NAN, 1.0])
        got = evaluate(pu.upsample_linear, x, ratio)
        clean = linear_loop(np.where(np.isfinite(x), x, 1e9), (ratio,))
        far = [
            all(not np.isfinite(x[n]) or w == 0 for n, w in pair) for pair in neighbours(x, ratio)
        ]
        touched = [
            any(not np.isfinite(x[n]) and w > 0 for n, w in pair) for pair in neighbours(x, ratio)
        ]
        assert np.isfinite(got).tolist() == [not t for t in touched]
        np.testing.assert_allclose(got[np.isfinite(got)], clean[np.isfinite(got)])
        assert any(far)
        for function in (pu.upsample_nearest, pu.upsample_dilate):
            wanted = LOOPS[function](x, (2,))
            np.testing.assert_array_equal(evaluate(function, x, 2), wanted)


def neighbours(x: Array, ratio: Any) -> list[list[tuple[int, float]]]:
    """Return the elements that a loop reads for each new one, with their weights."""
    unit = np.eye(len(x))
    weights = np.stack([linear_loop(row, (ratio,)) for row in unit], axis=1)
    return [list(enumerate(row)) for row in weights]


@st.composite
def upsamplings(draw: Any) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """Draw the shape of an input, and ratios of its last axes."""
    axes = draw(st.integers(1, 3))
    leading = draw(st.lists(st.integers(0, 3), max_size=2))
    lengths = draw(st.lists(st.integers(0, 5), min_size=axes, max_size=axes))
    whole = st.integers(1, 5)
    ratios = draw(st.lists(whole | st.builds(Fraction, whole, whole), min_size=axes, max_size=axes))
    return (*leading, *lengths), tuple(ratios)


@repeatable(max_examples=40)
@given(upsamplings(), seeds)
def test_loops_agree(drawn: tuple[tuple[int, ...], tuple[Any, ...]], seed: int) -> None:
    shape, ratios = drawn
    x = np.random.default_rng(seed).normal(size=shape)
    np.testing.assert_allclose(
        evaluate(pu.upsample_linear, x, ratios), linear_loop(x, ratios), rtol=1e-12, atol=1e-12
    )
    whole = tuple(r.numerator for r in ratios)
    for function in (pu.upsample_nearest, pu.upsample_dilate):
        np.testing.assert_array_equal(
            evaluate(function, x, whole), LOOPS[function](x, whole), strict=True
        )


RATIOS: dict[Any, Any] = {
    pu.upsample_nearest: (2, 3),
    pu.upsample_dilate: (3, 2),
    pu.upsample_linear: (4,),  # needs all three neighbours, and is exact
}


@cache
def all_three(mode: str) -> Any:
    """Compile the three and their gradients, and two derivatives more of the last.

    One function for all data, and a vector for interpolation: Numba takes seconds for each.
    """
    matrix, vector, v = pt.dmatrix("matrix"), pt.dvector("vector"), pt.dvector("v")
    xs = [matrix, matrix, vector]
    ys = [function(x, ratio) for x, (function, ratio) in zip(xs, RATIOS.items(), strict=True)]
    cotangents = [y.type() for y in ys]
    gradients = [
        pt.grad(None, wrt=x, known_grads={y: g}) for x, y, g in zip(xs, ys, cotangents, strict=True)
    ]
    gradient = pt.grad((ys[2] ** 3).sum(), vector)
    second = pt.grad((gradient * v).sum(), vector)
    forward = pushforward(ys[2], vector, v)
    return pytensor.function(
        [matrix, vector, v, *cotangents], [*ys, *gradients, second, forward], mode=mode
    )


def arrays(rng: np.random.Generator) -> list[Array]:
    """Return matrices in all kinds of memory."""
    return [
        whole(rng, (3, 4)),
        whole(rng, (3, 4))[::-1, ::-1],
        whole(rng, (3, 4)).T,
        whole(rng, (3, 4))[::2, 1::2],
        np.broadcast_to(whole(rng, (1, 4)), (3, 4)),
        *(whole(rng, shape) for shape in ((0, 3), (2, 0), (0, 0), (1, 1), (3, 1), (1, 2))),
    ]


# Numba takes a minute for it; in that mode all golden data is compared, where all is tested.
@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_values_and_derivatives(mode: str, rng: np.random.Generator) -> None:
    """The gradient is the transpose: <y(x), g> equals <x, gradient of g>, exactly.

    Of sum(y**3), the Hessian times v is J'(6 y J v); J v is what v itself becomes.
    """
    for matrix in arrays(rng):
        vector = matrix.T[0] if matrix.size else np.zeros(0)
        xs, v = [matrix, matrix, vector], whole(rng, vector.shape)
        wanted = [LOOPS[f](x, ratio) for x, (f, ratio) in zip(xs, RATIOS.items(), strict=True)]
        cotangents = [whole(rng, y.shape) for y in wanted]
        *results, second, forward = all_three(mode)(matrix, vector, v, *cotangents)
        for x, y, w, gradient, g in zip(
            xs, results[:3], wanted, results[3:], cotangents, strict=True
        ):
            np.testing.assert_array_equal(y, w, strict=True)
            assert gradient.shape == x.shape
            assert np.vdot(y, g) == np.vdot(x, gradient)
        jacobian = np.stack([linear_loop(row, (4,)) for row in np.eye(len(vector))] or [[]], axis=1)
        moved = linear_loop(v, (4,))
        np.testing.assert_array_equal(forward, moved, strict=True)
        np.testing.assert_allclose(second, jacobian.T @ (6 * wanted[2] * moved) if len(v) else v)


@pytest.mark.parametrize(
    ("function", "ratio"),
    [*RATIOS.items(), (pu.upsample_linear, (2, Fraction(5, 3))), (pu.upsample_linear, [(1, 2)])],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_finite_differences(function: Any, ratio: Any, rng: np.random.Generator) -> None:
    """First and second derivative."""
    point = rng.normal(size=(2, 3, 4))
    verify_grad(lambda x: function(x, ratio), [point], rng=rng, mode=PYTHON)
    verify_grad(
        lambda x: pt.grad(pt.sin(function(x, ratio)).sum(), x), [point], rng=rng, mode=PYTHON
    )


def test_nearest_equals_torch(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    x = rng.normal(size=(2, 3, 4, 5)).astype("float32")
    wanted = torch.nn.functional.interpolate(torch.from_numpy(x), scale_factor=(2, 3)).numpy()
    np.testing.assert_array_equal(evaluate(pu.upsample_nearest, x, (2, 3)), wanted, strict=True)


# Graphs.


@every_function
def test_known_lengths_stay_known(function: Any) -> None:
    x = pt.tensor("x", dtype="float32", shape=(None, 2, None, 4))
    assert function(x, (2, 3)).type.shape == (None, 2, None, 12)
    assert function(x, (1, 1)) is x
    assert function(x, 5).type.shape == (None, 2, None, 20)


def test_fractions_of_known_lengths_are_known() -> None:
    x = pt.tensor("x", dtype="float32", shape=(None, 5))
    assert pu.upsample_linear(x, [(3, 2), (4, 3)]).type.shape == (None, 7)


DTYPES = ("bool", "uint8", "int64", "float16", "float32", "float64")


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype: str) -> None:
    x = np.ones((1, 3), dtype)
    for function in FUNCTIONS:
        got = evaluate(function, x, (2, 2))
        linear = function is pu.upsample_linear
        assert got.dtype == (pytensor.config.floatX if linear and x.dtype.kind != "f" else dtype)
        assert got.sum() == (3 if function is pu.upsample_dilate else 12)
    assert evaluate(pu.upsample_linear, x, (1, Fraction(3, 2))).sum() == 5


@every_function
def test_batches(function: Any, rng: np.random.Generator) -> None:
    """`vectorize_graph` adds a leading axis."""
    x, batch = pt.tensor("x", dtype="float64", shape=(3, 4)), pt.dtensor3("batch")
    many = vectorize_graph(function(x, (3, 2)), {x: batch})
    array = rng.normal(size=(2, 3, 4))
    got = many.eval({batch: array}, mode="FAST_COMPILE")
    np.testing.assert_allclose(got, LOOPS[function](array, (3, 2)), rtol=1e-13)


@every_function
def test_shapes_alone_compute_no_elements(function: Any) -> None:
    x = pt.dtensor3("x")
    run = pytensor.function([x], function(x, (2, 3)).shape, mode=REWRITTEN)
    assert run(np.zeros((2, 3, 4))).tolist() == [2, 6, 12]
    scalars_only = [n for n in run.maker.fgraph.apply_nodes if n.outputs[0].type.ndim > 1]
    assert scalars_only == []


@every_function
def test_no_slices(function: Any) -> None:
    """The gradient of a slice is an assignment to one, which takes Numba seconds to compile."""
    x = pt.dtensor3("x")
    y = function(x, (2, 3))
    run = pytensor.function([x], pt.grad((y**2).sum(), x), mode="NUMBA")  # compiles when it runs
    nodes = [node for node in run.maker.fgraph.apply_nodes if node.outputs[0].type.ndim > 1]
    assert [node for node in nodes if "Subtensor" in type(node.op).__name__] == []
    assert nodes
