"""`max_unpool` in every mode: by hand, then against loops, and back again through `max_pool`."""

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

import pytensor_unpool as pu
from pytensor_unpool.ops import MaxGather, MaxUnpool
from tests.support import oracle
from tests.support.cases import CASES, Array, PoolCase, assert_same, distinct, tied
from tests.support.modes import ALL, MODES, MODES_OF_MANY, compiled_modes, every_mode
from tests.support.strategies import repeatable, seeds

Function = Callable[..., Any]

either = pytest.mark.parametrize("duplicates", ["last", "sum"])

VALUES = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
POSITIONS = np.array([[2, 0, 2, 5], [4, 4, 4, 0]])
LAST = np.array([[2, 0, 3, 0, 0, 4], [8, 0, 0, 0, 7, 0]])
SUM = np.array([[2, 0, 4, 0, 0, 4], [8, 0, 0, 0, 18, 0]])


@cache
def compiled(
    ndim: int,
    axes: int,
    duplicates: str,
    mode: str,
    dtype: str = "float32",
    positions_dtype: str = "int64",
) -> Function:
    """Compile un-pooling of `ndim` axes in arrays of `axes`, and gathering from the result."""
    values = pt.tensor("values", dtype=dtype, shape=(None,) * axes)
    positions = pt.tensor("positions", dtype=positions_dtype, shape=(None,) * axes)
    lengths = [pt.lscalar() for _ in range(ndim)]
    unpooled = pu.max_unpool(values, positions, lengths, duplicates=duplicates)
    gathered = MaxGather(ndim, duplicates)(unpooled, positions)
    return pytensor.function([values, positions, *lengths], [unpooled, gathered], mode=mode)


def check(function: Function, values: Array, positions: Array, lengths: Any, rule: str) -> None:
    """Compare with the oracle."""
    unpooled, gathered = function(values, positions, *lengths)
    assert_same(unpooled, oracle.max_unpool(values, positions, lengths, rule))
    assert_same(gathered, oracle.max_gather(unpooled, positions, len(lengths), rule))


@every_mode
@pytest.mark.parametrize(("duplicates", "wanted"), [("last", LAST), ("sum", SUM)])
def test_by_hand(mode: str, duplicates: str, wanted: Array) -> None:
    unpooled, _ = compiled(1, 2, duplicates, mode, "float64")(VALUES, POSITIONS, 6)
    assert_same(unpooled, wanted.astype("float64"))


@every_mode
def test_gathering_by_hand(mode: str) -> None:
    x, positions = pt.dmatrix("x"), pt.lmatrix("positions")
    both = [MaxGather(1, "sum")(x, positions), MaxGather(1, "last")(x, positions)]
    every, last = pytensor.function([x, positions], both, mode=mode)(LAST, POSITIONS)
    assert_same(every, np.array([[3, 2, 3, 4], [7, 7, 7, 8.0]]))
    assert_same(last, np.array([[0, 2, 3, 4], [0, 0, 7, 8.0]]))


@st.composite
def unpoolings(draw: Callable[..., Any]) -> tuple[list[int], list[int], list[int], int]:
    """Draw leading, pooled and un-pooled lengths, and a seed; often there are too few places."""
    ndim = draw(st.integers(1, 4))
    leading = draw(st.lists(st.integers(0, 3), max_size=2))
    pooled, lengths = (
        draw(st.lists(st.integers(least, 4), min_size=ndim, max_size=ndim)) for least in (0, 1)
    )
    return leading, pooled, lengths, draw(seeds)


@either
@repeatable(max_examples=200)
@given(unpoolings())
def test_any_shape_in_python(
    duplicates: str, unpooling: tuple[list[int], list[int], list[int], int]
) -> None:
    leading, pooled, lengths, seed = unpooling
    rng, shape = np.random.default_rng(seed), (*leading, *pooled)
    positions = rng.integers(0, prod(lengths), size=shape)
    function = compiled(len(lengths), len(shape), duplicates, "FAST_COMPILE")
    check(function, distinct(rng, shape), positions, lengths, duplicates)


# Leading, pooled and un-pooled lengths.
SHAPES = [
    ((), (7,), (5,)),
    ((3,), (20,), (9,)),
    ((0,), (4,), (5,)),
    ((1,), (0,), (4,)),
    ((2, 3), (3, 4), (5, 6)),
    ((2, 0), (3, 4), (1, 1)),
    ((1, 2), (6, 5), (1, 3)),
    ((), (2, 3, 2), (3, 2, 4)),
    ((2,), (2, 1, 3, 2), (1, 4, 2, 3)),
]


@either
@pytest.mark.parametrize(
    ("mode", "leading", "pooled", "lengths"),
    [
        *((mode, *shape) for mode in MODES_OF_MANY for shape in SHAPES),
        *(("NUMBA", *shape) for shape in SHAPES[::3] if not ALL),
        *(("CVM", *shape) for shape in SHAPES[2::3] if not ALL),
    ],
    ids=str,
)
def test_shapes(
    leading: tuple[int, ...],
    pooled: tuple[int, ...],
    lengths: tuple[int, ...],
    duplicates: str,
    mode: str,
    rng: np.random.Generator,
) -> None:
    """With more values than places, and with more places than values."""
    shape = leading + pooled
    positions = rng.integers(0, prod(lengths), size=shape)
    function = compiled(len(lengths), len(shape), duplicates, mode)
    check(function, distinct(rng, shape), positions, lengths, duplicates)


@every_mode
@either
def test_no_values_give_zeros(duplicates: str, mode: str) -> None:
    """Memory that is not written to must be zeroed all the same."""
    empty = np.zeros((2, 0))
    unpooled, _ = compiled(1, 2, duplicates, mode)(empty.astype("f4"), empty.astype("i8"), 1000)
    assert_same(unpooled, np.zeros((2, 1000), "float32"))


@every_mode
@either
def test_no_places_take_no_values(duplicates: str, mode: str) -> None:
    empty = np.zeros((2, 0))
    unpooled, gathered = compiled(1, 2, duplicates, mode)(empty.astype("f4"), empty.astype("i8"), 0)
    assert unpooled.shape == gathered.shape == (2, 0)


@every_mode
@pytest.mark.parametrize("special", [np.nan, np.inf, -0.0])
def test_last_overwrites_whatever_was_there(mode: str, special: float) -> None:
    """Subtracting the old value would leave a NaN behind."""
    values = np.array([special, 1.0, 2.0, special], "float32")
    unpooled, gathered = compiled(1, 1, "last", mode)(values, np.array([0, 0, 1, 2]), 4)
    assert_same(unpooled, np.array([1, 2, special, 0], "float32"))
    assert np.signbit(unpooled[2]) == np.signbit(special)
    assert_same(gathered, np.array([0, 1, 2, special], "float32"))


DTYPES = ("bool", "int8", "uint8", "int16", "int32", "int64", "uint64", "float32", "float64")


@pytest.mark.parametrize(
    ("mode", "dtype"),
    [(m, d) for m in MODES for d in (DTYPES if m in MODES_OF_MANY else DTYPES[::3])],
)
def test_sums_of_every_dtype(mode: str, dtype: str, rng: np.random.Generator) -> None:
    """Integers wrap around as NumPy's do: 256 ones are 0 in a byte, but True as a boolean."""
    values = np.concatenate([np.ones(256), rng.integers(0, 120, size=256)]).astype(dtype)
    positions = np.repeat([3, 0, 1], [256, 128, 128])
    function = compiled(1, 1, "sum", mode, dtype)
    check(function, values, positions, (5,), "sum")
    if dtype == "bool":
        unpooled, _ = function(values, positions, 5)
        assert_same(unpooled.view("uint8"), np.array([1, 1, 0, 1, 0], "uint8"))


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "NUMBA"])
@either
def test_float16_where_it_exists(duplicates: str, mode: str) -> None:
    """Numba has no float16 on the CPU."""
    values = np.array([1, 2, 3, 0.5], "float16")
    check(compiled(1, 1, duplicates, mode, "float16"), values, POSITIONS[0], (6,), duplicates)


@pytest.mark.parametrize(
    ("mode", "positions_dtype"),
    [
        *((m, d) for m in MODES_OF_MANY for d in ("int8", "uint8", "int32", "uint64")),
        *((m, d) for m in ("NUMBA", "CVM") for d in ("int8", "uint64") if not ALL),
    ],
)
def test_positions_of_any_integer_dtype(
    mode: str, positions_dtype: str, rng: np.random.Generator
) -> None:
    """Position 200 does not fit into int8, and is no negative number in uint8."""
    places = 128 if positions_dtype == "int8" else 201
    positions = rng.permutation(places)[:20].astype(positions_dtype)
    positions[3] = positions[17] = places - 1
    values = distinct(rng, (20,))
    function = compiled(1, 1, "last", mode, positions_dtype=positions_dtype)
    check(function, values, positions, (places,), "last")


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "rows and columns swapped": lambda x: x.swapaxes(1, 2),
    "every second column": lambda x: x[..., ::2],
    "columns reversed": lambda x: x[..., ::-1],
    "rows and items reversed": lambda x: x[::-1, ::-1],
    "an inner part": lambda x: x[:, 1:-1, 1:-1],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@every_mode
@either
def test_values_and_positions_of_any_layout(
    mode: str, duplicates: str, layout: Callable[[Array], Array], rng: np.random.Generator
) -> None:
    """The last in C order is the last of the array as seen, not the last in memory."""
    values = layout(distinct(rng, (4, 6, 8)))
    positions = layout(rng.integers(0, 6, size=(4, 6, 8)))
    check(compiled(2, 3, duplicates, mode), values, positions, (2, 3), duplicates)


@every_mode
@either
@pytest.mark.parametrize("stride", [1, -1, 2])
def test_gathering_from_any_layout(mode: str, duplicates: str, stride: int) -> None:
    """The flat index of an element is not its offset in memory."""
    function = _gather(duplicates, mode)
    array = np.arange(2 * 4 * 6.0).reshape(2, 4, 6)[:, ::stride, ::stride].swapaxes(1, 2)
    positions = np.arange(array.size).reshape(2, -1, 2)[:, ::-1] % 6
    assert_same(function(array, positions), oracle.max_gather(array, positions, 2, duplicates))


@cache
def _gather(duplicates: str, mode: str) -> Function:
    x, positions = pt.dtensor3("x"), pt.ltensor3("positions")
    return pytensor.function([x, positions], MaxGather(2, duplicates)(x, positions), mode=mode)


@compiled_modes
def test_last_of_a_plane_beyond_the_scratch_memory(mode: str) -> None:
    """Positions seen so far are recorded for one part of the plane at a time."""
    places = 2**21 + 5
    positions = np.array([2**20, 3, 2**21 + 4, 2**20 - 1, 3, 2**20, 2**21])
    values = np.arange(1.0, 8.0, dtype="float32")
    unpooled, gathered = compiled(1, 1, "last", mode)(values, positions, places)
    assert np.flatnonzero(unpooled).tolist() == sorted(set(positions.tolist()))
    assert_same(gathered, np.array([0, 0, 3, 4, 5, 6, 7], "float32"))


def non_overlapping(case: PoolCase) -> bool:
    return all(
        stride >= (window - 1) * dilation + 1 for window, stride, _, _, dilation in case.rows
    )


@pytest.mark.parametrize("mode", MODES_OF_MANY)
@pytest.mark.parametrize("case", [c for c in CASES if non_overlapping(c)], ids=str)
def test_pooling_what_was_un_pooled_gives_the_same_back(
    case: PoolCase, mode: str, rng: np.random.Generator
) -> None:
    """For windows that do not overlap, and values above zero."""
    x = pt.tensor("x", dtype="float32", shape=case.shape)
    values, positions = pu.max_pool(x, **case.arguments)
    unpooled = pu.max_unpool(values, positions, x.shape[-case.ndim :])
    again = pu.max_pool(unpooled, **case.arguments)
    function = pytensor.function([x], [values, positions, *again], mode=mode)
    array = tied(rng, case.shape) + 1
    values, positions, values_again, positions_again = function(array)
    assert_same(values_again, values)
    assert_same(positions_again, positions)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_un_pooling_keeps_the_maxima_and_nothing_else(
    case: PoolCase, rng: np.random.Generator
) -> None:
    """Overlapping windows write the same element twice, with the same value."""
    x = pt.tensor("x", dtype="float32", shape=case.shape)
    values, positions = pu.max_pool(x, **case.arguments)
    unpooled = pu.max_unpool(values, positions, case.lengths)
    assert unpooled.type.shape == case.shape
    array = distinct(rng, case.shape)
    got = pytensor.function([x], unpooled, mode="FAST_COMPILE")(array)
    _, places = oracle.max_pool(array, case.rows, case.partial_windows)
    won = oracle.max_unpool(np.ones_like(places), places, case.lengths)
    assert_same(got, np.where(won, array, np.float32(0)))


class TestShapes:
    """What the graph knows before it runs."""

    values, positions = pt.ftensor3("values"), pt.ltensor3("positions")

    def test_static_lengths_are_in_the_type(self) -> None:
        values = pt.tensor("values", dtype="int8", shape=(2, None, 3))
        unpooled = pu.max_unpool(values, self.positions, (5, 7))
        assert unpooled.type == pt.TensorType("int8", (2, 5, 7))
        assert pu.max_unpool(values, self.positions, 9).type.shape == (2, None, 9)

    def test_the_number_of_un_pooled_axes_need_not_be_that_of_lengths_known(self) -> None:
        x = pt.tensor("x", dtype="float32", shape=(2, None, 7))
        assert pu.max_unpool(self.values, self.positions, x.shape[-2:]).type.shape == (
            None,
            None,
            7,
        )

    def test_shapes_are_inferred_without_un_pooling(self) -> None:
        lengths = pt.lvector("lengths")
        unpooled = pu.max_unpool(self.values, self.positions, pt.specify_shape(lengths, (2,)))
        shape = pytensor.function(
            [self.values, self.positions, lengths],
            unpooled.shape,
            mode="FAST_COMPILE",
            on_unused_input="ignore",
        )
        assert not any(isinstance(node.op, MaxUnpool) for node in shape.maker.fgraph.apply_nodes)
        values = np.zeros((2, 3, 4), "float32")
        assert shape(values, values.astype("int64"), [5, 6]).tolist() == [2, 5, 6]

    @pytest.mark.parametrize(
        "shape", [6, (6,), [6], np.int64(6), np.array([6]), pt.constant(6), pt.constant([6])]
    )
    def test_shape_may_be_given_in_many_ways(self, shape: Any) -> None:
        unpooled = pu.max_unpool(VALUES, POSITIONS, shape)
        assert unpooled.type.shape == (2, 6)
        assert_same(unpooled.eval(mode="FAST_COMPILE"), LAST)
