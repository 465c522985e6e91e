"""Pooling to given lengths, and pooling whole axes: by hand, against loops, against PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytensor.gradient import pushforward, verify_grad
from pytensor.graph.replace import vectorize_graph
from pytensor.tensor.blockwise import Blockwise

import pytensor_unpool as pu
from pytensor_unpool.errors import LARGEST_NUMBER
from pytensor_unpool.geometry.adaptive import (
    adaptive_end,
    adaptive_start,
    has_equal_windows,
    longest_adaptive_window,
)
from pytensor_unpool.ops import MaxGather, MaxPool, Pool
from tests.support.cases import Array, distinct, tied
from tests.support.modes import MODES_OF_MANY, PYTHON
from tests.support.strategies import repeatable, seeds

POOLINGS = ("max", "sum", "average")

Counts = tuple[int | None, ...]

# Lengths of the pooled axes, before and after.
CASES: list[tuple[tuple[int, ...], Counts]] = [
    ((7,), (3,)),  # windows share an element
    ((8,), (3,)),  # of unequal lengths
    ((12,), (4,)),
    ((3,), (8,)),  # more windows than elements
    ((2,), (6,)),  # each element again and again
    ((1,), (1,)),
    ((8, 7), (3, 4)),
    ((8, 7), (4, 3)),  # the first axis is regular
    ((5, 9), (None, 2)),
    ((9, 5), (4, None)),
    ((5, 4), (None, None)),
    ((5, 3, 6), (3, None, 4)),
    ((5, 8, 3), (2, 3, 5)),
]

every_pooling = pytest.mark.parametrize("pooling", POOLINGS)
every_case = pytest.mark.parametrize(("lengths", "counts"), CASES, ids=str)


def spans(length: int, count: int | None) -> list[tuple[int, int]]:
    """Return the starts and ends of windows: all elements that overlap the i-th of m parts."""
    if count is None:
        return [(i, i + 1) for i in range(length)]
    parts = [
        [e for e in range(length) if e * count < (i + 1) * length and (e + 1) * count > i * length]
        for i in range(count)
    ]
    return [(part[0], part[-1] + 1) for part in parts]


def by_loops(x: Array, counts: Sequence[int | None], pooling: str, g: Array) -> tuple[Array, Array]:
    """Return the pooled array, and the gradient for the cotangent `g`."""
    ndim = len(counts)
    axes = [spans(n, m) for n, m in zip(x.shape[-ndim:], counts, strict=True)]
    y = np.zeros((*x.shape[:-ndim], *map(len, axes)), x.dtype)
    gradient = np.zeros(x.shape)
    for index in product(*map(range, y.shape)):
        item, window = index[:-ndim], index[-ndim:]
        where = (*item, *(slice(*axis[i]) for axis, i in zip(axes, window, strict=True)))
        taps = x[where]
        if pooling == "max":
            place = np.unravel_index(taps.argmax(), taps.shape)
            y[index], gradient[where][place] = taps[place], gradient[where][place] + g[index]
        else:
            divisor = 1 if pooling == "sum" else taps.size
            y[index] = taps.sum() / divisor
            gradient[where] += g[index] / divisor
    return y, gradient


def outputs(x: Any, counts: Any) -> list[Any]:
    values = [pu.adaptive_pool(x, counts, mode=pooling) for pooling in POOLINGS]
    return [*values, *(pt.grad((y * pt.arange(1, y.size + 1).reshape(y.shape)).sum(), x)
                       for y in values)]  # fmt: skip


def assert_equals_loops(results: Sequence[Array], x: Array, counts: Sequence[int | None]) -> None:
    for i, pooling in enumerate(POOLINGS):
        g = np.arange(1.0, results[i].size + 1).reshape(results[i].shape)
        y, gradient = by_loops(x, counts, pooling, g)
        np.testing.assert_allclose(results[i], y, rtol=1e-13)
        np.testing.assert_allclose(results[i + 3], gradient, rtol=1e-13)


# Geometry.


@repeatable(max_examples=1000)
@given(st.integers(1, 40), st.integers(1, 60))
def test_windows_are_those_that_hold_part_of_their_share(length: int, count: int) -> None:
    windows = spans(length, count)
    numbers = range(count)
    assert [adaptive_start(i, length, count) for i in numbers] == [start for start, _ in windows]
    assert [adaptive_end(i, length, count) for i in numbers] == [end for _, end in windows]
    sizes = {end - start for start, end in windows}
    assert longest_adaptive_window(length, count) == max(sizes)
    assert has_equal_windows(length, count) == (len(sizes) == 1)


def test_no_product_of_window_arithmetic_overflows() -> None:
    length, count = np.int64(2**62 - 1), np.int64(LARGEST_NUMBER)
    last = count - 1
    with np.errstate(over="raise"):
        assert adaptive_end(last, length, count) == length
        assert adaptive_start(last, length, count) == int(last) * int(length) // int(count)


# Values and gradients.


def test_by_hand() -> None:
    x = pt.dvector("x")
    run = pytensor.function([x], outputs(x, 3), mode=PYTHON)
    highest, sums, averages, *gradients = run(np.array([1.0, 5, 2, 2, 4, 3, 8, 0]))
    # Elements 0 to 2, 2 to 5, 5 to 7.
    assert highest.tolist() == [5, 4, 8]
    assert sums.tolist() == [8, 11, 11]
    np.testing.assert_allclose(averages, [8 / 3, 11 / 4, 11 / 3])
    assert gradients[0].tolist() == [0, 1, 0, 0, 2, 0, 3, 0]
    assert gradients[1].tolist() == [1, 1, 3, 2, 2, 5, 3, 3]


@pytest.mark.parametrize("is_static", [True, False])
@every_case
def test_table_in_python(
    lengths: tuple[int, ...], counts: Counts, is_static: bool, rng: np.random.Generator
) -> None:
    """All cotangents differ, so with ties they show which maximum received the gradient."""
    shape = (2, *lengths)
    x = pt.tensor("x", dtype="float64", shape=shape if is_static else (None,) * len(shape))
    run = pytensor.function([x], outputs(x, counts), mode=PYTHON)
    for data in (distinct, tied):
        array = data(rng, shape, "float64")
        assert_equals_loops(run(array), array, counts)


# Compiling one takes 15 seconds.
@pytest.mark.parametrize(
    ("mode", "lengths", "counts"),
    [(mode, *CASES[3]) for mode in MODES_OF_MANY],
    ids=str,
)
def test_table_compiled(
    mode: str, lengths: tuple[int, ...], counts: Counts, rng: np.random.Generator
) -> None:
    array = tied(rng, (2, *lengths), "float64")
    x = pt.tensor("x", dtype="float64", shape=(None, *lengths))
    results = pytensor.function([x], outputs(x, counts), mode=mode)(array)
    assert_equals_loops(results, array, counts)


@cache
def compiled_symbolic(mode: str) -> Callable[..., Any]:
    x, first, second = pt.tensor3("x", dtype="float64"), pt.lscalar("first"), pt.iscalar("second")
    return pytensor.function([x, first, second], outputs(x, [first, second]), mode=mode)


@pytest.mark.parametrize("mode", ["FAST_COMPILE"])
@repeatable(max_examples=100)
@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=2),
    st.lists(st.integers(1, 12), min_size=2, max_size=2),
    st.integers(0, 3),
    seeds,
)
def test_lengths_known_at_run_time_only(
    mode: str, lengths: list[int], counts: list[int], items: int, seed: int
) -> None:
    array = tied(np.random.default_rng(seed), (items, *lengths), "float64")
    assert_equals_loops(compiled_symbolic(mode)(array, *counts), array, counts)


@every_case
def test_equals_torch(lengths: tuple[int, ...], counts: Counts, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    array = tied(rng, (2, 3, *lengths), "float64")
    for pooling, name in (("max", "max"), ("average", "avg")):
        x = pt.tensor("x", dtype="float64", shape=array.shape)
        y = pu.adaptive_pool(x, counts, mode=pooling)
        got = pytensor.function([x], [y, pt.grad((y**2).sum(), x)], mode=PYTHON)(array)
        leaf = torch.tensor(array, requires_grad=True)
        function = getattr(torch.nn.functional, f"adaptive_{name}_pool{len(lengths)}d")
        wanted = function(leaf, [n if m is None else m for n, m in zip(lengths, counts)])  # noqa: B905
        (wanted**2).sum().backward()
        np.testing.assert_allclose(got[0], wanted.detach().numpy(), rtol=1e-13)
        np.testing.assert_allclose(got[1], leaf.grad.numpy(), rtol=1e-13)


@pytest.mark.parametrize("mode", MODES_OF_MANY)
def test_nan_and_infinity_stay_in_their_windows(mode: str) -> None:
    """Products with zeros, and differences of cumulative sums, would spread them."""
    x = pt.dvector("x")
    values = [pu.adaptive_pool(x, 3, mode=pooling) for pooling in POOLINGS]
    g = values[0].type("g")
    gradients = [pt.grad(None, x, known_grads={y: g}) for y in values]
    run = pytensor.function([x, g], [*values, *gradients], mode=mode)
    array = np.array([1.0, 2, 4, np.nan, 3, 2, 3, np.inf])
    highest, sums, averages, *back = run(array, np.array([1, np.nan, 2]))
    np.testing.assert_array_equal(highest, [4, np.nan, np.inf])
    np.testing.assert_array_equal(sums, [7, np.nan, np.inf])
    np.testing.assert_allclose(averages, [7 / 3, np.nan, np.inf])
    assert np.nonzero(np.isnan(back[0]))[0].tolist() == [3]
    assert back[0][2] == 1
    for gradient in back[1:]:
        assert np.nonzero(np.isnan(gradient))[0].tolist() == [2, 3, 4, 5]


@every_pooling
@pytest.mark.parametrize("counts", [(3, 4), (None, 4), (4, 3)])
def test_gradients_equal_finite_differences(
    counts: Counts, pooling: str, rng: np.random.Generator
) -> None:
    random = np.random.default_rng(0)
    x = distinct(rng, (2, 8, 7), "float64")
    for function in (
        lambda v: pu.adaptive_pool(v, counts, mode=pooling) ** 2,
        lambda v: pt.grad((pu.adaptive_pool(v, counts, mode=pooling) ** 3).sum(), v),
        lambda v: pu.global_pool(v, 2, mode=pooling) ** 2,
    ):
        verify_grad(function, [x / 7], rng=random, mode=PYTHON)


@every_pooling
@pytest.mark.parametrize("is_static", [True, False])
def test_derivatives_in_forward_mode_and_of_second_order(
    is_static: bool, pooling: str, rng: np.random.Generator
) -> None:
    shape = (2, 8, 7)
    x, v = (pt.tensor(n, dtype="float64", shape=shape if is_static else (None,) * 3) for n in "xv")
    for y in (pu.adaptive_pool(x, (3, 4), mode=pooling), pu.global_pool(x, 2, mode=pooling)):
        tangent = pushforward(y, x, v, use_op_pushforward=True)
        hessian_v = pt.grad((pt.grad((y**2).sum(), x) * v).sum(), x)
        gradient = pt.grad((2 * disconnected(tangent) * y).sum(), x)
        run = pytensor.function(
            [x, v], [tangent, y, hessian_v, gradient], mode=PYTHON, on_unused_input="ignore"
        )
        a, b = distinct(rng, shape, "float64"), rng.normal(size=shape)
        got, before, second, wanted_second = run(a, b)
        step = 2.0**-20
        np.testing.assert_allclose(got, (run(a + step * b, b)[1] - before) / step, rtol=1e-5)
        # Pooling is linear around x: with Y = J x, the Hessian of Y'Y is 2 J'J.
        np.testing.assert_allclose(second, wanted_second, rtol=1e-12)


def disconnected(x: Any) -> Any:
    return pytensor.gradient.disconnected_grad(x)


@pytest.mark.parametrize("is_static", [True, False])
@every_pooling
def test_batches_need_no_loop(pooling: str, is_static: bool, rng: np.random.Generator) -> None:
    x = pt.tensor("x", dtype="float64", shape=(None, 8, 7) if is_static else (None,) * 3)
    batch = pt.tensor("batch", dtype="float64", shape=(None, *x.type.shape))
    array = distinct(rng, (3, 2, 8, 7), "float64")
    for y in (pu.adaptive_pool(x, (3, 4), mode=pooling), pu.global_pool(x, 2, mode=pooling)):
        both = [y, pt.grad((y**2).sum(), x)]
        graphs = vectorize_graph(both, {x: batch})
        got = pytensor.function([batch], graphs, mode=PYTHON)
        ops = [node.op for node in got.maker.fgraph.apply_nodes]
        loops = [op.core_op for op in ops if isinstance(op, Blockwise)]
        assert not any(isinstance(op, MaxPool | Pool | MaxGather) for op in loops)
        one = pytensor.function([x], both, mode=PYTHON)
        for i, wanted in enumerate(zip(*map(one, array), strict=True)):
            np.testing.assert_array_equal(got(array)[i], np.stack(wanted))


# Dtypes and types.


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "uint8", "int64", "uint64"])
def test_every_dtype(dtype: str, rng: np.random.Generator) -> None:
    """Averages of irregular windows are divided here; `pool` divides those of regular ones."""
    x = pt.tensor("x", dtype=dtype, shape=(2, 8))
    limits = (-9, 9) if np.dtype(dtype).kind != "u" else (0, 9)
    array = rng.integers(*limits, size=(2, 8)).astype(dtype)
    values = [pu.adaptive_pool(x, 3, mode=pooling) for pooling in POOLINGS]
    assert {y.type.dtype for y in values} == {dtype}
    highest, sums, averages = pytensor.function([x], values, mode=PYTHON)(array)
    parts = [array[:, :3], array[:, 2:6], array[:, 5:]]
    np.testing.assert_array_equal(highest, np.stack([part.max(1) for part in parts], 1))
    totals = np.stack([part.sum(1, dtype="float64") for part in parts], 1)
    np.testing.assert_array_equal(sums, totals)
    wanted = totals / [3, 4, 3]
    wanted = wanted if np.dtype(dtype).kind == "f" else np.trunc(wanted)
    np.testing.assert_allclose(averages, wanted, rtol=1e-3 if dtype == "float16" else 1e-6)


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_integers_are_cut_towards_zero_and_booleans_have_a_maximum(mode: str) -> None:
    x, flags = pt.tensor("x", dtype="int8", shape=(8,)), pt.tensor("f", dtype="bool", shape=(8,))
    values = [pu.adaptive_pool(x, 3, mode="average"), pu.adaptive_pool(flags, 3)]
    run = pytensor.function([x, flags], values, mode=mode)
    array = np.array([-1, -1, -3, 2, 1, 1, 100, 100], "int8")
    averages, highest = run(array, array > 1)
    # Sums of -5, 1 and, wrapped around, 201 - 256.
    assert averages.tolist() == [-1, 0, -18]
    assert highest.tolist() == [False, True, True]
    assert highest.dtype == bool
    gradient = pt.grad(values[0].astype("float64").sum(), x)
    assert not pytensor.function([x], gradient, mode=PYTHON)(array).any()


def test_static_shapes_are_those_of_the_result() -> None:
    n = pt.lscalar("n")
    x = pt.tensor("x", dtype="float32", shape=(None, 3, 8, None))
    for pooling in POOLINGS:
        shapes = [
            pu.adaptive_pool(x, counts, mode=pooling).type.shape
            for counts in ((3, 4), (None, 4), (4, None), (n, 5), 6, pt.constant([2, 3]))
        ]
        assert shapes == [
            (None, 3, 3, 4), (None, 3, 8, 4), (None, 3, 4, None), (None, 3, None, 5),
            (None, 3, 8, 6), (None, 3, 2, 3),
        ]  # fmt: skip
        assert pu.global_pool(x, 2, mode=pooling).type.shape == (None, 3)
        assert pu.global_pool(x, 3, mode=pooling, keepdims=True).type.shape == (None, 1, 1, 1)
        assert pt.grad(pu.adaptive_pool(x, 3, mode=pooling).sum(), x).type == x.type


def test_regular_windows_are_a_pooling_and_nothing_else() -> None:
    x = pt.tensor("x", dtype="float64", shape=(None, 8, 6))
    for pooling, op in (("max", "MaxPool{2x3}"), ("average", "Pool{average_exc_pad, 2x3}")):
        y = pu.adaptive_pool(x, (4, 2), mode=pooling)
        assert str(y.owner.op) == op
        assert y.owner.inputs[0] is x


def test_no_array_for_the_whole_batch_is_kept_in_a_graph() -> None:
    """With static lengths, PyTensor would fold the repeated positions into a constant."""
    x = pt.tensor("x", dtype="float64", shape=(500, 8))
    run = pytensor.function([x], pu.adaptive_pool(x, 3, mode="sum"), mode=PYTHON)
    constants = [v for v in run.maker.fgraph.variables if hasattr(v, "data")]
    assert max(np.size(constant.data) for constant in constants) <= 12


# Whole axes.


@pytest.mark.parametrize(
    ("mode", "is_static"),
    [*((mode, False) for mode in MODES_OF_MANY), ("FAST_COMPILE", True)],
)
def test_whole_axes(mode: str, is_static: bool, rng: np.random.Generator) -> None:
    """With ties: the first maximum alone receives the gradient, through both stages."""
    array = tied(rng, (3, 2, 7, 13), "float64")
    x = pt.tensor("x", dtype="float64", shape=array.shape if is_static else (None,) * 4)
    values = [pu.global_pool(x, 2, mode=p, keepdims=p == "sum") for p in POOLINGS]
    run = pytensor.function([x], [*values, pt.grad(values[0].sum(), x)], mode=mode)
    highest, sums, averages, gradient = run(array)
    np.testing.assert_array_equal(highest, array.max((2, 3)))
    np.testing.assert_array_equal(sums, array.sum((2, 3), keepdims=True))
    np.testing.assert_allclose(averages, array.mean((2, 3)), rtol=1e-14)
    places = gradient.reshape(3, 2, -1)
    np.testing.assert_array_equal(places.sum(-1), 1)
    np.testing.assert_array_equal(places.argmax(-1), array.reshape(3, 2, -1).argmax(-1))


@repeatable(max_examples=60)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 4), seeds)
def test_whole_axes_of_any_number(shape: list[int], ndim: int, seed: int) -> None:
    ndim = min(ndim, len(shape))
    x = distinct(np.random.default_rng(seed), tuple(shape), "float64")
    x[tuple(0 for _ in shape)] = np.nan
    axes = tuple(range(-ndim, 0))
    for pooling, wanted in (("max", x.max(axes)), ("average_inc_pad", x.mean(axes))):
        got = pu.global_pool(x, ndim, mode=pooling).eval(mode=PYTHON)
        np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=1e-13)
