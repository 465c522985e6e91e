"""`pool` by sums and averages, and its transpose, in every mode: by hand, against loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytensor.gradient import pushforward, verify_grad
from pytensor.graph.basic import Variable

import pytensor_unpool as pu
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import MOST_UNROLLED_TAPS
from pytensor_unpool.kernels import reference
from pytensor_unpool.ops import Pool, PoolInputGrad
from tests.support import oracle
from tests.support.cases import CASES, CORE, Array, PoolCase, assert_same, distinct, with_nan
from tests.support.modes import ALL, MODES, MODES_OF_MANY, PYTHON, compiled_modes, every_mode
from tests.support.strategies import poolings, repeatable, seeds

Function = Callable[..., Any]

POOLINGS = ("sum", "average_inc_pad", "average_exc_pad")

every_pooling = pytest.mark.parametrize("pooling", POOLINGS)

# Python is quick to compile, so it takes the whole table; the others are not.
TABLE = {"NUMBA": CORE[::3], "CVM": CORE[1::4], **dict.fromkeys(MODES_OF_MANY, CASES)}
case_and_mode = pytest.mark.parametrize(
    ("case", "mode"), [(case, mode) for mode in MODES for case in TABLE[mode]], ids=str
)


def assert_close(got: Array, wanted: Array, dtype: str = "float64") -> None:
    """The oracle divides before it adds up: where terms cancel, their rounding remains."""
    assert got.dtype == dtype
    tolerance = 16 * np.finfo(dtype).eps
    np.testing.assert_allclose(
        got, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max(initial=1)
    )


def graph(x: Variable, case: PoolCase, pooling: str) -> Variable:
    return pu.pool(x, **case.arguments, mode=pooling)


@every_mode
def test_by_hand(mode: str) -> None:
    """Windows in the last column are partial; those in the first row begin in the padding."""
    x = pt.dmatrix("x")
    arguments = {"stride": (2, 2), "pad": ((1, 0), 0), "partial_windows": True}
    outputs = [pu.pool(x, (3, 2), **arguments, mode=pooling) for pooling in POOLINGS]
    sums, with_padding, without = pytensor.function([x], outputs, mode=mode)(
        np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    )
    np.testing.assert_array_equal(sums, [[12, 9], [24, 15]])
    np.testing.assert_array_equal(with_padding, [[12 / 6, 9 / 3], [24 / 4, 15 / 2]])
    np.testing.assert_array_equal(without, [[12 / 4, 9 / 2], [24 / 4, 15 / 2]])


@every_mode
def test_the_gradient_by_hand(mode: str) -> None:
    """Overlapping windows add up, each divided by its own count."""
    x, cotangent = pt.dvector("x"), pt.dvector("cotangent")
    gradients = [
        pt.grad(None, x, known_grads={pu.pool(x, 3, 2, 1, mode=pooling): cotangent})
        for pooling in POOLINGS
    ]
    sums, with_padding, without = pytensor.function([x, cotangent], gradients, mode=mode)(
        np.zeros(5), np.array([6.0, 60, 600])
    )
    np.testing.assert_array_equal(sums, [6, 66, 60, 660, 600])
    np.testing.assert_array_equal(with_padding, [2, 22, 20, 220, 200])
    np.testing.assert_array_equal(without, [3, 23, 20, 320, 300])


@cache
def compiled(arguments: tuple[Any, ...], ndim: int, mode: str) -> Function:
    x = pt.tensor("x", dtype="float64", shape=(None,) * ndim)
    g = pt.tensor("g", dtype="float64", shape=(None,) * ndim)
    # One that divides, and one that does not: the rest of the table is Python's.
    poolings = POOLINGS if mode == "FAST_COMPILE" else POOLINGS[::2]
    values = [pu.pool(x, **dict(arguments), mode=pooling) for pooling in poolings]
    gradients = [pt.grad(None, x, known_grads={value: g}) for value in values]
    return pytensor.function([x, g], [*values, *gradients], mode=mode)


@case_and_mode
def test_table(case: PoolCase, mode: str, rng: np.random.Generator) -> None:
    shape = oracle.pooled_shape(case.shape, case.rows, case.partial_windows)
    x, g = distinct(rng, case.shape, "float64"), distinct(rng, shape, "float64")
    results = compiled(tuple(case.arguments.items()), len(case.shape), mode)(x, g)
    poolings = POOLINGS if len(results) == 6 else POOLINGS[::2]
    for pooling, y, gradient in zip(
        poolings, results[: len(poolings)], results[len(poolings) :], strict=True
    ):
        arguments = (case.rows, case.partial_windows, pooling)
        assert_close(y, oracle.pool(x, *arguments))
        assert_close(gradient, oracle.pool_input_grad(g, case.lengths, *arguments))
        # To the last bit, as Theano's: one window after the other gives its share.
        if prod(row[0] for row in case.rows) <= MOST_UNROLLED_TAPS and len(case.rows) < 4:
            expected = reference.pool_input_grad(g, case.lengths, *arguments)
            np.testing.assert_array_equal(gradient, expected)


@repeatable(max_examples=2000)
@given(poolings(), st.sampled_from(POOLINGS), seeds)
def test_the_reference_equals_loops(pooling: Any, mode: str, seed: int) -> None:
    shape, rows, partial_windows = pooling
    rng = np.random.default_rng(seed)
    x = distinct(rng, shape, "float64")
    y = reference.pool(x, rows, partial_windows, mode)
    assert_close(y, oracle.pool(x, rows, partial_windows, mode))
    lengths = shape[len(shape) - len(rows) :]
    g = distinct(rng, y.shape, "float64")
    gradient = reference.pool_input_grad(g, lengths, rows, partial_windows, mode)
    wanted = oracle.pool_input_grad(g, lengths, rows, partial_windows, mode)
    assert_close(gradient, wanted)


@cache
def compiled_symbolic(ndim: int, partial_windows: bool, pooling: str, mode: str) -> Function:
    x, g = (pt.tensor(name, dtype="float64", shape=(None,) * (ndim + 1)) for name in "xg")
    columns = [[pt.lscalar() for _ in range(ndim)] for _ in range(5)]
    window, stride, before, after, dilation = columns
    y = pu.pool(
        x,
        window,
        stride,
        list(zip(before, after, strict=True)),
        dilation,
        mode=pooling,
        partial_windows=partial_windows,
    )
    numbers = [number for column in columns for number in column]
    return pytensor.function([x, g, *numbers], [y, pt.grad(None, x, known_grads={y: g})], mode=mode)


@compiled_modes
@repeatable(max_examples=300)
@given(poolings(most_axes=2 if ALL else 1), seeds)
def test_windows_known_at_run_time_only(mode: str, pooling: Any, seed: int) -> None:
    """One function for each number of axes: windows of every kind, on arrays of every length."""
    shape, rows, partial_windows = pooling
    rng = np.random.default_rng(seed)
    n = len(rows)
    x = distinct(rng, (prod(shape[:-n]), *shape[-n:]), "float64")
    name = "average_inc_pad" if partial_windows else "average_exc_pad"
    g = distinct(rng, oracle.pooled_shape(x.shape, rows, partial_windows), "float64")
    numbers = [row[column] for column in range(5) for row in rows]
    y, gradient = compiled_symbolic(n, partial_windows, name, mode)(x, g, *numbers)
    assert_close(y, oracle.pool(x, rows, partial_windows, name))
    wanted = oracle.pool_input_grad(g, shape[-n:], rows, partial_windows, name)
    assert_close(gradient, wanted)


@every_mode
def test_a_window_with_nan_gives_nan_and_no_other_does(mode: str, rng: np.random.Generator) -> None:
    """Rows outside are read, but must not be added."""
    case = PoolCase((7, 19), (3, 3), stride=(2, 2), pad=(1, 1))
    function = compiled(tuple(case.arguments.items()), 3, mode)
    x = with_nan(rng, case.shape, "float64")
    x[~np.isfinite(x) & ~np.isnan(x)] = 0
    sums = function(x, np.zeros(oracle.pooled_shape(x.shape, case.rows, False)))[0]
    nans = oracle.pool(np.isnan(x).astype(float), case.rows) > 0
    assert nans.any()
    np.testing.assert_array_equal(np.isnan(sums), nans)


@every_mode
def test_infinities_and_overflow_give_no_warning(mode: str) -> None:
    """NumPy warns of both; compiled code does not."""
    case = CORE[2]
    function = compiled(tuple(case.arguments.items()), 3, mode)
    x = np.full(case.shape, np.finfo("float64").max)
    x[0, 0, :2] = [np.inf, -np.inf]
    g = np.full(oracle.pooled_shape(x.shape, case.rows, False), np.finfo("float64").max)
    g[0, 0, :2] = [np.inf, -np.inf]
    results = function(x, g)
    for y in (results[0], results[len(results) // 2]):
        assert np.isnan(y[0]).any()
        assert np.isinf(y[1]).any()


DTYPES = dict.fromkeys(MODES, ("float32", "int8"))
DTYPES["FAST_COMPILE"] += ("float16", "uint16", "int32", "int64", "uint64")
UNROLLED, BY_LINES = CORE[2], CORE[5]
EVERY = [(mode, d, case) for mode in MODES for d in DTYPES[mode] for case in (UNROLLED, BY_LINES)]
SOME = (("float32", UNROLLED), ("int8", BY_LINES))


@pytest.mark.parametrize(
    ("mode", "dtype", "case"), [e for e in EVERY if e[0] in MODES_OF_MANY or e[1:] in SOME], ids=str
)
def test_every_dtype(mode: str, dtype: str, case: PoolCase, rng: np.random.Generator) -> None:
    """Sums of integers wrap around; their averages are truncated towards zero, as in C."""
    x = pt.tensor("x", dtype=dtype, shape=(None,) * len(case.shape))
    outputs = [graph(x, case, pooling) for pooling in ("sum", "average_exc_pad")]
    function = pytensor.function([x], outputs, mode=mode)
    if np.dtype(dtype).kind == "f":
        array = distinct(rng, case.shape, dtype)
        sums, averages = function(array)
        assert_close(sums, oracle.pool(array, case.rows), dtype)
        assert_close(averages, oracle.pool(array, case.rows, mode="average_exc_pad"), dtype)
        return
    limits = np.iinfo(dtype)
    array = rng.integers(limits.min, limits.max, size=case.shape, dtype=dtype, endpoint=True)
    sums, averages = function(array)
    wanted, wanted_averages = integer_pool(array, case)
    np.testing.assert_array_equal(sums, wanted, strict=True)
    np.testing.assert_array_equal(averages, wanted_averages, strict=True)


def integer_pool(x: Array, case: PoolCase) -> tuple[Array, Array]:
    """Return sums that wrap, and what C makes of them divided by the number of elements."""
    sums = np.zeros(oracle.pooled_shape(x.shape, case.rows, case.partial_windows), x.dtype)
    averages = sums.copy()
    for item in np.ndindex(*case.leading):
        flat = x[item].reshape(-1)
        for index, places in oracle.windows_of(case.lengths, case.rows, case.partial_windows):
            total = flat[places].sum(dtype=x.dtype)
            sums[item + index] = total
            magnitude = abs(int(total)) // len(places)
            averages[item + index] = magnitude if total >= 0 else -magnitude
    return sums, averages


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "rows and columns swapped": lambda x: x.swapaxes(1, 2),
    "every second column": lambda x: x[..., ::2],
    "columns reversed": lambda x: x[..., ::-1],
    "rows and items reversed": lambda x: x[::-1, ::-1],
    "an inner part": lambda x: x[:, 1:-1, 1:-1],
}


@every_mode
def test_arrays_of_any_layout_and_length(mode: str, rng: np.random.Generator) -> None:
    """Kernels that take memory as contiguous read the wrong elements, or beyond the array."""
    unrolled = PoolCase((0, 0), (2, 3), stride=(1, 2), pad=((1, 0), (0, 1)))
    for case in (unrolled,) if mode == "NUMBA" else (unrolled, CORE[5]):
        function = compiled(tuple(case.arguments.items()), 3, mode)
        for layout in LAYOUTS.values():
            x = layout(rng.normal(size=(12, 24, 36)))
            here = PoolCase(x.shape[1:], **case.arguments)
            shape = oracle.pooled_shape(x.shape, here.rows, False)
            g = layout(rng.normal(size=(12, 2 * shape[1] + 2, 2 * shape[2] + 2)))
            g = g[: shape[0], : shape[1], : shape[2]]
            if g.shape != shape:
                g = rng.normal(size=shape)
            results = function(x, g)
            y, gradient = results[0], results[len(results) // 2]
            np.testing.assert_allclose(y, oracle.pool(x, here.rows), atol=1e-12)
            wanted = oracle.pool_input_grad(g, x.shape[1:], here.rows)
            np.testing.assert_allclose(gradient, wanted, atol=1e-12)


@every_pooling
@pytest.mark.parametrize("case", [case for case in CASES if 0 < prod(case.shape) < 300], ids=str)
def test_the_gradient_equals_finite_differences(
    case: PoolCase, pooling: str, rng: np.random.Generator
) -> None:
    verify_grad(
        lambda x: graph(x, case, pooling) ** 2,
        [rng.normal(size=case.shape)],
        rng=np.random.default_rng(0),
        mode=PYTHON,
    )


@pytest.mark.parametrize(
    ("mode", "pooling"),
    [("NUMBA", "average_exc_pad"), ("CVM", "average_inc_pad")]
    + [("FAST_COMPILE", pooling) for pooling in POOLINGS],
)
def test_derivatives_are_made_of_the_two_ops(
    mode: str, pooling: str, rng: np.random.Generator
) -> None:
    """Forward mode, the gradient's own gradient, and <P v, g> = <v, P' g>."""
    case = CORE[4]
    x, v = (pt.tensor(name, dtype="float64", shape=case.shape) for name in "xv")
    y = graph(x, case, pooling)
    g = y.type("g")
    tangent = pushforward(y, x, v, use_op_pushforward=True)
    gradient = pt.grad(None, x, known_grads={y: g})
    tangent_of_gradient = pushforward(gradient, g, g, use_op_pushforward=True)
    second = pt.grad((gradient * v).sum(), g)
    outputs = [y, tangent, gradient, tangent_of_gradient, second]
    arrays = [distinct(rng, variable.type.shape, "float64") for variable in (x, v, g)]
    function = pytensor.function([x, v, g], outputs, mode=mode, on_unused_input="ignore")
    pooled, tangent, gradient, again, second = function(*arrays)
    wanted = oracle.pool(arrays[1], case.rows, case.partial_windows, pooling)
    assert_close(tangent, wanted)
    assert_close(second, wanted)
    assert_close(pooled, oracle.pool(arrays[0], case.rows, case.partial_windows, pooling))
    np.testing.assert_array_equal(again, gradient)
    np.testing.assert_allclose(np.vdot(tangent, arrays[2]), np.vdot(arrays[1], gradient))


@pytest.mark.parametrize("lengths", [(7,), (5, 6), (3, 4, 5)], ids=str)
def test_max_is_max_pool(lengths: tuple[int, ...], rng: np.random.Generator) -> None:
    x = distinct(rng, (2, *lengths))
    y = pu.pool(x, (2,) * len(lengths), stride=1).eval(mode="FAST_COMPILE")
    np.testing.assert_array_equal(y, oracle.max_pool(x, [(2, 1, 0, 0, 1)] * len(lengths))[0])


class TestTypes:
    x = pt.tensor("x", dtype="float32", shape=(None, 7, 9))

    @every_pooling
    def test_known_lengths_are_counted(self, pooling: str) -> None:
        y = pu.pool(self.x, (2, 3), mode=pooling)
        assert y.type == pt.TensorType("float32", (None, 3, 3))
        assert pt.grad(y.sum(), self.x).type == self.x.type

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_shapes_are_inferred_without_pooling(self, case: PoolCase) -> None:
        x = pt.tensor("x", dtype="float32", shape=(None,) * len(case.shape))
        y = graph(x, case, "sum")
        gradient = pt.grad(y.sum(), x)
        function = pytensor.function([x], [y.shape, gradient.shape], mode="FAST_COMPILE")
        ops = [node.op for node in function.maker.fgraph.apply_nodes]
        assert not any(isinstance(op, Pool | PoolInputGrad) for op in ops)
        pooled, back = function(np.zeros(case.shape, "float32"))
        assert tuple(pooled) == oracle.pooled_shape(case.shape, case.rows, case.partial_windows)
        assert tuple(back) == case.shape

    def test_a_printed_graph_says_what_is_pooled(self) -> None:
        y = pu.pool(self.x, (2, 3), mode="average_exc_pad")
        assert str(y.owner.op) == "Pool{average_exc_pad, 2x3}"


@every_mode
def test_no_cotangents_spread_to_no_elements(mode: str) -> None:
    """The transpose accepts empty axes, which pooling refuses: the result is empty."""
    op = PoolInputGrad(Windows((2, 3), (2, 3), (0, 0), (0, 0), (1, 1)), "sum")
    cotangent, lengths = pt.dtensor3("cotangent"), pt.lvector("lengths")
    spread = pytensor.function([cotangent, lengths], op(cotangent, lengths), mode=mode)
    for got, wanted in (((5, 0, 3), (0, 9)), ((5, 2, 0), (4, 0)), ((5, 0, 0), (0, 0))):
        assert_same(spread(np.zeros(got), np.array(wanted)), np.zeros((5, *wanted)))
    for got, wanted, message in (
        ((5, 1, 3), (0, 9), "axis -2 has length 1, wanted 0"),
        ((5, 0, 3), (4, 9), "axis -2 has length 0, wanted 2"),
        ((5, 0, 2), (0, 9), "axis -1 has length 2, wanted 3"),
    ):
        with pytest.raises(ShapeError, match=message):
            spread(np.zeros(got), np.array(wanted))


class TestErrors:
    def test_the_mode(self) -> None:
        with pytest.raises(ArgumentError, match=r"mode must be 'max' or 'sum' .*: got 'avg'"):
            pu.pool(np.zeros(4), 2, mode="avg")

    @every_pooling
    def test_booleans_cannot_be_added_up(self, pooling: str) -> None:
        with pytest.raises(DTypeError, match=r"x must hold numbers .* got dtype bool"):
            pu.pool(np.zeros(4, bool), 2, mode=pooling)

    @every_mode
    def test_windows_that_do_not_fit_at_run_time(self, mode: str) -> None:
        x, window, pad = pt.dvector("x"), pt.lscalar("window"), pt.lscalar("pad")
        y = pu.pool(x, window, pad=pad, mode="sum")
        function = pytensor.function([x, window, pad], [y, pt.grad(y.sum(), x)], mode=mode)
        for length, *numbers, message in (
            (3, 4, 0, "window=4 is too long"),
            (0, 1, 0, "axis -1 is empty"),
            (3, 2, 2, "pad must be smaller than the window"),
            (3, 0, 0, "window must be at least 1"),
            (3, 2, -1, "pad must be at least 0"),
        ):
            with pytest.raises(ShapeError, match=message):
                function(np.ones(length), *numbers)

    @every_mode
    def test_a_cotangent_of_another_length(self, mode: str) -> None:
        """The Op would read beyond the cotangent, or write beyond its output."""
        op = Pool(CORE[0].windows, "sum").transpose
        cotangent, x = pt.dmatrix("cotangent"), pt.dmatrix("x")
        function = pytensor.function([cotangent, x], op(cotangent, [x]), mode=mode)
        assert function(np.ones((1, 2)), np.ones((1, 9))).sum() == 8
        for lengths in ((3, 9), (1, 9), (2, 20), (2, 7), (1, 0)):
            with pytest.raises(ShapeError, match="cotangent must have one element for each window"):
                function(np.ones((1, lengths[0])), np.ones((1, lengths[1])))

    def test_static_lengths_that_disagree(self) -> None:
        with pytest.raises(ShapeError, match="axis -1 has length 3, wanted 2"):
            PoolInputGrad(CORE[0].windows, "sum")(np.ones((2, 3)), [9])
