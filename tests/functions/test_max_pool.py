"""`max_pool` in every mode: by hand, then the table of cases against loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.ops import MaxPool
from tests.support import oracle
from tests.support.cases import (
    CASES,
    CORE,
    DATA,
    Array,
    PoolCase,
    assert_pooled,
    assert_same,
    distinct,
    mostly_lowest,
    tied,
    with_nan,
)
from tests.support.modes import ALL, MODES, MODES_OF_MANY, compiled_modes, every_mode

Function = Callable[..., Any]


BY_HAND = np.array([[1, 5, 2, 0, 0], [4, 3, 8, 8, 9], [9, 9, 0, 1, 9]])


def compiled(case: PoolCase, mode: str, dtype: str = "float32") -> Function:
    return _compiled(tuple(case.arguments.items()), len(case.shape), mode, dtype)


@cache
def _compiled(arguments: tuple[Any, ...], ndim: int, mode: str, dtype: str) -> Function:
    x = pt.tensor("x", dtype=dtype, shape=(None,) * ndim)
    return pytensor.function([x], list(pu.max_pool(x, **dict(arguments))), mode=mode)


@every_mode
def test_values_and_positions_by_hand(mode: str) -> None:
    x = pt.tensor("x", dtype="float64", shape=(3, 5))
    values, positions = pytensor.function(
        [x], list(pu.max_pool(x, (2, 2), stride=(1, 2))), mode=mode
    )(BY_HAND)
    assert_same(values, np.array([[5.0, 8.0], [9.0, 8.0]]))
    assert_same(positions, np.array([[1, 7], [10, 7]]))


# Python runs all cases, Numba and C some each.
@pytest.mark.parametrize(
    ("mode", "case"),
    [
        *((mode, case) for mode in MODES_OF_MANY for case in CASES),
        *(("NUMBA", case) for case in CASES[::4] if not ALL),
        *(("CVM", case) for case in CASES[2::4] if not ALL),
    ],
    ids=str,
)
def test_table(mode: str, case: PoolCase, rng: np.random.Generator) -> None:
    """Distinct numbers reveal wrong windows; ties, NaN and -inf reveal wrong comparisons."""
    for data in DATA:
        x = data(rng, case.shape)
        assert_pooled(compiled(case, mode)(x), x, case, data.__name__)


@pytest.mark.parametrize("case", CORE, ids=str)
@every_mode
def test_positions_read_the_values_back(
    case: PoolCase, mode: str, rng: np.random.Generator
) -> None:
    x = tied(rng, case.shape)
    values, positions = compiled(case, mode)(x)
    flat = x.reshape(*case.leading, prod(case.lengths))
    read = np.take_along_axis(flat, positions.reshape(*case.leading, -1), axis=-1)
    assert_same(read.reshape(values.shape), values)


@pytest.mark.parametrize("case", CORE[::2], ids=str)
@every_mode
def test_values_alone(case: PoolCase, mode: str, rng: np.random.Generator) -> None:
    """Kernels without positions do not track whether a window has an element yet."""
    x = pt.tensor("x", dtype="float32", shape=case.shape)
    function = pytensor.function([x], pu.max_pool(x, **case.arguments)[0], mode=mode)
    ops = [node.op for node in function.maker.fgraph.apply_nodes]
    assert [op.output for op in ops if isinstance(op, MaxPool)] == ["values"]
    for data in DATA:
        array = data(rng, case.shape)
        wanted, _ = oracle.max_pool(array, case.rows, case.partial_windows)
        assert_same(function(array), wanted)


class TestSpecialNumbers:
    """Windows of 3 on an axis of 30: 10 windows, so that most are pooled as a vector."""

    case = PoolCase((30,), 3)
    padded = PoolCase((30,), 3, pad=1)

    @pytest.mark.parametrize("where", [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]])
    @every_mode
    def test_a_window_with_nan_gives_its_first(self, mode: str, where: list[int]) -> None:
        """Comparing with > forgets a NaN that comes first, and ignores one that comes later."""
        x = np.tile(np.array([1, 3, 2], "float32"), (2, 10))
        x[:, where] = x[:, [w + 15 for w in where]] = np.nan
        values, positions = compiled(self.case, mode)(x)
        wanted = np.full((2, 10), 3, "float32")
        wanted[:, [0, 5]] = np.nan
        assert_same(values, wanted)
        assert_same(positions[:, [0, 5]], np.array([[where[0], 15 + where[0]]] * 2))

    @every_mode
    def test_minus_infinity_wins_over_padding(self, mode: str) -> None:
        """The padding's place, -1, must not become a position."""
        values, positions = compiled(self.padded, mode)(np.full((2, 30), -np.inf, "float32"))
        assert_same(values, np.full((2, 10), -np.inf, "float32"))
        assert_same(positions, np.array([[0, *range(2, 29, 3)]] * 2))

    @every_mode
    def test_infinity_is_a_maximum_like_any_other(self, mode: str) -> None:
        x = np.zeros((2, 30), "float32")
        x[:, 4:6] = np.inf
        values, positions = compiled(self.case, mode)(x)
        assert_same(values[:, :3], np.array([[0, np.inf, 0]] * 2, "float32"))
        assert_same(positions[:, :3], np.array([[0, 4, 6]] * 2))

    @every_mode
    def test_both_zeros_are_equal_and_the_first_is_taken_with_its_sign(self, mode: str) -> None:
        x = np.tile(np.array([-0.0, 0.0, 0.0, 0.0, -0.0, 0.0], "float32"), (2, 5))
        values, positions = compiled(self.case, mode)(x)
        assert_same(positions, np.array([range(0, 30, 3)] * 2))
        assert_same(np.signbit(values), np.array([[True, False] * 5] * 2))


DTYPES = ("bool", "int8", "uint8", "int16", "int32", "int64", "uint64")
FLOATS = ("float16", "float32", "float64")

# Why a mode has no kernel for a dtype.
WITHOUT = {("NUMBA", "float16"): "Numba has no float16 on processors"}


def extremes(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Array:
    """Return the smallest and largest numbers of a dtype, and their neighbours."""
    if dtype == "bool":
        return rng.random(shape) < 0.1
    limits = np.finfo(dtype) if dtype in FLOATS else np.iinfo(dtype)
    ends = np.array([limits.min, limits.max], dtype)
    inner = np.array([limits.min, limits.max], dtype) // 2
    return rng.choice(np.concatenate([ends[[0] * 6], ends, inner]), shape)


SOME_DTYPES = ("bool", "uint8", "int64", "float16", "float64")


@pytest.mark.parametrize(
    ("mode", "dtype"),
    [(m, d) for m in MODES for d in (DTYPES + FLOATS if m in MODES_OF_MANY else SOME_DTYPES)],
)
def test_every_dtype_unrolled(mode: str, dtype: str, rng: np.random.Generator) -> None:
    """Comparing unsigned numbers as signed, or int64 as float64, misses the largest."""
    case = PoolCase((4, 21), (2, 2), pad=(1, 1))
    if (mode, dtype) in WITHOUT:
        with pytest.raises(NotImplementedError, match="float16"):
            compiled(case, mode, dtype)(np.zeros(case.shape, dtype))
        return
    x = extremes(rng, case.shape, dtype)
    assert_pooled(compiled(case, mode, dtype)(x), x, case)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float64"])
@every_mode
def test_every_kind_of_dtype_tap_by_tap(mode: str, dtype: str, rng: np.random.Generator) -> None:
    """These kernels start from the smallest value of the dtype."""
    case = PoolCase((2, 2, 3, 12), (2, 2, 2, 2), pad=(1, 0, 1, 1))
    x = extremes(rng, case.shape, dtype)
    assert_pooled(compiled(case, mode, dtype)(x), x, case)


def repeated(x: Array, axis: int) -> Array:
    """Return `x` with its first element on `axis` in place of all: a stride of 0, yet writeable."""
    strides = [0 if i == axis else stride for i, stride in enumerate(x.strides)]
    return np.lib.stride_tricks.as_strided(x, x.shape, strides)


# None of them is contiguous, so that Numba has to compile once for all.
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "rows and columns swapped": lambda x: x.swapaxes(1, 2),
    "items and columns swapped": lambda x: x[:, :, :3].swapaxes(0, 2),
    "every second column": lambda x: x[..., ::2],
    "every second row": lambda x: x[:, ::2],
    "columns reversed": lambda x: x[..., ::-1],
    "rows and items reversed": lambda x: x[::-1, ::-1],
    "one item for all": lambda x: repeated(x, 0),
    "one row for all": lambda x: repeated(x, 1),
    "one column for all": lambda x: repeated(x, 2),
    "an inner part": lambda x: x[:, 1:-1, 1:-1],
}


@cache
def compiled_for_any_length(mode: str, window: tuple[int, int]) -> Function:
    x = pt.tensor("x", dtype="float64", shape=(None, None, None))
    outputs = pu.max_pool(x, window, stride=(1, 2), pad=((1, 0), (0, 1)))
    return pytensor.function([x], list(outputs), mode=mode)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("window", [(2, 3), (5, 7)], ids=["unrolled", "tap by tap"])
@every_mode
def test_inputs_of_any_layout_and_length(
    mode: str, window: tuple[int, int], layout: Callable[[Array], Array], rng: np.random.Generator
) -> None:
    """Kernels that take memory as contiguous read the wrong elements, or beyond the array."""
    x = layout(rng.normal(size=(12, 24, 36)))
    assert not x.flags.c_contiguous
    assert not x.flags.f_contiguous
    case = PoolCase(x.shape[1:], window, stride=(1, 2), pad=((1, 0), (0, 1)))
    assert_pooled(compiled_for_any_length(mode, window)(x), x, case)


@every_mode
def test_read_only_inputs(mode: str, rng: np.random.Generator) -> None:
    """Numba has a separate type for them."""
    case = PoolCase((16,), 2)
    x = distinct(rng, case.shape)
    x.flags.writeable = False
    assert_pooled(compiled(case, mode)(x), x, case)


@every_mode
def test_one_function_serves_any_length(mode: str, rng: np.random.Generator) -> None:
    for lengths in ((2, 2), (3, 19), (17, 5), (8, 18)):
        x = rng.normal(size=(2, lengths[0], 2 * lengths[1]))[..., ::2]
        case = PoolCase(lengths, (2, 3), stride=(1, 2), pad=((1, 0), (0, 1)))
        assert_pooled(compiled_for_any_length(mode, (2, 3))(x), x, case)


SYMBOLIC = [(1, False), (1, True), (2, False), (2, True), (3, False)]


@pytest.mark.parametrize(
    ("mode", "ndim", "partial_windows"),
    [
        *((mode, *kind) for mode in MODES_OF_MANY for kind in SYMBOLIC),
        *(("NUMBA", *kind) for kind in SYMBOLIC[1::2] if not ALL),
        *(("CVM", *kind) for kind in SYMBOLIC[2::2] if not ALL),
    ],
)
def test_table_with_symbolic_windows(
    mode: str, ndim: int, partial_windows: bool, rng: np.random.Generator
) -> None:
    """One function serves all cases; kernels are not unrolled here."""
    x = pt.tensor("x", dtype="float32", shape=(None,) * (ndim + 1))
    columns = [[pt.lscalar() for _ in range(ndim)] for _ in range(4)]
    window, stride, before, after = columns
    pads = list(zip(before, after, strict=True))
    pooled = pu.max_pool(x, window, stride, pads, partial_windows=partial_windows)
    scalars = [number for column in columns for number in column]
    function = pytensor.function([x, *scalars], list(pooled), mode=mode)
    for case in CASES:
        if (case.ndim, case.partial_windows, case.dilation) == (ndim, partial_windows, 1):
            numbers = [row[column] for column in range(4) for row in case.rows]
            for data in (distinct, with_nan, mostly_lowest):
                array = data(rng, (prod(case.leading), *case.lengths))
                message = f"{case} {data.__name__}"
                assert_pooled(function(array, *numbers), array, case, message)


@every_mode
def test_symbolic_windows_of_many_kinds(mode: str, rng: np.random.Generator) -> None:
    """Scalars of small dtypes, vectors, constants and ints side by side."""
    x = pt.tensor3("x", dtype="float64")
    window = pt.tensor("window", dtype="int32", shape=(2,))
    stride, pad = pt.tensor("stride", dtype="uint8", shape=()), pt.lscalar("pad")
    pooled = pu.max_pool(x, window, [stride, pt.constant(2, dtype="int8")], [(pad, 0), 1])
    function = pytensor.function([x, window, stride, pad], list(pooled), mode=mode)
    array = rng.normal(size=(2, 6, 9))
    case = PoolCase((6, 9), (3, 2), stride=(3, 2), pad=((2, 0), 1))
    assert_pooled(function(array, np.array([3, 2], "int32"), np.uint8(3), 2), array, case)


def test_the_lengths_of_an_array_may_be_the_window(rng: np.random.Generator) -> None:
    """Global pooling of inputs of unknown length."""
    x = pt.tensor3("x", dtype="float64")
    values, positions = pu.max_pool(x, x.shape[-2:])
    array = rng.normal(size=(2, 3, 4))
    got = pytensor.function([x], [values, positions], mode="FAST_COMPILE")(array)
    assert_pooled(got, array, PoolCase((3, 4), (3, 4)))


@pytest.mark.parametrize(
    ("positions_dtype", "window"),
    [("int32", (2, 2)), ("int16", (2, 2)), ("int8", (2, 2)), ("int8", (3, 15))],
)
@every_mode
def test_positions_of_another_dtype(
    mode: str, positions_dtype: str, window: tuple[int, int], rng: np.random.Generator
) -> None:
    """128 elements a plane: the last position is the largest that int8 has."""
    x = pt.tensor("x", dtype="float32", shape=(2, 4, 32))
    _, positions = pu.max_pool(x, window, stride=2, pad=1, positions_dtype=positions_dtype)
    array = distinct(rng, (2, 4, 32))
    array[0, 3, 31] = 1000
    _, wanted = oracle.max_pool(array, PoolCase((4, 32), window, stride=2, pad=1).rows)
    got = pytensor.function([x], positions, mode=mode)(array)
    assert_same(got, wanted.astype(positions_dtype))
    assert got.max() == 127


@compiled_modes
def test_windows_that_reach_over_more_elements_than_an_int32_counts(
    mode: str, rng: np.random.Generator
) -> None:
    """Catches positions composed of two halves of which one is too narrow."""
    columns, rows = 2**15, 2**16
    row = rng.integers(-128, 128, size=(2, 1, columns)).astype("int8")
    x = np.broadcast_to(row, (2, rows, columns))
    case = PoolCase(x.shape, (2, 2, 2), stride=(2, 64, 64), leading=())
    values, positions = compiled(case, mode, "int8")(x)
    # All rows are the same, so that the first of a window wins.
    wanted, (plane_and_column,) = oracle.max_pool(
        row, [(2, 2, 0, 0, 1), (1, 1, 0, 0, 1), (2, 64, 0, 0, 1)]
    )
    assert_same(values, np.broadcast_to(wanted, values.shape))
    plane, column = np.divmod(plane_and_column, columns)
    first_rows = np.arange(0, rows, 64)[:, None]
    assert_same(positions[0], (plane * rows + first_rows) * columns + column)


class TestTypes:
    """What the graph knows before it runs."""

    def test_known_lengths_are_counted(self) -> None:
        values, positions = pu.max_pool(pt.tensor("x", dtype="int8", shape=(None, 7, 9)), (2, 3))
        assert values.type == pt.TensorType("int8", (None, 3, 3))
        assert positions.type == pt.TensorType("int64", (None, 3, 3))

    def test_unknown_lengths_and_windows_stay_unknown(self) -> None:
        values, _ = pu.max_pool(pt.tensor("x", dtype="float32", shape=(2, None, 9)), (2, 3))
        assert values.type.shape == (2, None, 3)
        values, _ = pu.max_pool(pt.tensor("x", dtype="float32", shape=(2, 7, 9)), pt.lscalar())
        assert values.type.shape == (2, 7, None)

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_shapes_are_inferred_without_pooling(self, case: PoolCase) -> None:
        """A wrong `infer_shape` shows only where the lengths are asked for alone."""
        x = pt.tensor("x", dtype="float32", shape=(None,) * len(case.shape))
        values, positions = pu.max_pool(x, **case.arguments)
        function = pytensor.function([x], [values.shape, positions.shape], mode="FAST_COMPILE")
        ops = [node.op for node in function.maker.fgraph.apply_nodes]
        assert not any(isinstance(op, MaxPool) for op in ops)
        wanted = oracle.pooled_shape(case.shape, case.rows, case.partial_windows)
        for shape in function(np.zeros(case.shape, "float32")):
            assert tuple(shape) == wanted

    def test_an_int_is_one_pooled_axis_and_the_stride_its_window(self) -> None:
        x = np.arange(24.0).reshape(2, 12)
        for window in (3, (3,), [3], np.int64(3), np.array([3]), pt.constant([3])):
            values, _ = pu.max_pool(x, window)
            assert_same(values.eval(mode="FAST_COMPILE"), x[:, 2::3])
