"""The three un-pooling techniques as plain graphs."""

from functools import cache

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytensor.gradient import verify_grad

from pytensor_unpool.errors import DTypeError, LengthError, PositionError, ShapeError
from pytensor_unpool.symbolic import unpool_arange, unpool_flat, unpool_loop
from tests.support.modes import MODES_OF_MANY, PYTHON, every_mode
from tests.support.strategies import repeatable

TECHNIQUES = (unpool_loop, unpool_flat, unpool_arange)
# Compiling with Numba or C takes seconds: what holds for any mode is tested in Python alone.

every_technique = pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda f: f.__name__)

CODES = np.arange(24.0).reshape(2, 3, 4)
POSITIONS = np.arange(24).reshape(2, 3, 4) % 5 + np.arange(4) * 5
# fmt: off
UNPOOLED = np.array([
    [[0, 0, 0, 0, 0,  0, 1, 0, 0, 0,  0, 0, 2, 0, 0,  0, 0, 0, 3, 0],
     [0, 0, 0, 0, 4,  5, 0, 0, 0, 0,  0, 6, 0, 0, 0,  0, 0, 7, 0, 0],
     [0, 0, 0, 8, 0,  0, 0, 0, 0, 9,  10, 0, 0, 0, 0,  0, 11, 0, 0, 0]],
    [[0, 0, 12, 0, 0,  0, 0, 0, 13, 0,  0, 0, 0, 0, 14,  15, 0, 0, 0, 0],
     [0, 16, 0, 0, 0,  0, 0, 17, 0, 0,  0, 0, 0, 18, 0,  0, 0, 0, 0, 19],
     [20, 0, 0, 0, 0,  0, 21, 0, 0, 0,  0, 0, 22, 0, 0,  0, 0, 0, 23, 0]],
])
# fmt: on


def unpool_by_hand(values, positions, shape):
    """Write one value after another: slow, but easy to read."""
    leading = values.shape[: values.ndim - len(shape)]
    unpooled = np.zeros((*leading, int(np.prod(shape))), values.dtype)
    for item in np.ndindex(*leading):
        for value, position in zip(values[item].flat, positions[item].flat, strict=True):
            unpooled[item][position] = value
    return unpooled.reshape(*leading, *shape)


def gather_by_hand(cotangent, positions, ndim):
    """Read one number for each position: the gradient of what writes there."""
    leading = positions.shape[: positions.ndim - ndim]
    read = np.zeros(positions.shape, cotangent.dtype)
    for item in np.ndindex(*leading):
        for where in np.ndindex(*positions.shape[len(leading) :]):
            read[item][where] = cotangent[item].reshape(-1)[positions[item][where]]
    return read


@cache
def compiled(technique, mode, values_shape=(2, 3, 4), shape=(20,)):
    """Compile the un-pooled array and its gradient; positions come without a static shape."""
    values = pt.tensor("values", dtype="float64", shape=values_shape)
    positions = pt.tensor("positions", dtype="int64", shape=(None,) * len(values_shape))
    unpooled = technique(values, positions, shape)
    cotangent = unpooled.type("cotangent")
    gradient = pt.grad((unpooled * cotangent).sum(), values)
    return pytensor.function([values, positions, cotangent], [unpooled, gradient], mode=mode)


@every_mode
@every_technique
class TestTheQuestion:
    """Codes 0 to 23 of shape (2, 3, 4), un-pooled to length 20."""

    def test_unpooled_array(self, technique, mode):
        unpooled, _ = compiled(technique, mode)(CODES, POSITIONS, np.zeros((2, 3, 20)))
        np.testing.assert_array_equal(unpooled, UNPOOLED)

    def test_gradient_is_read_at_the_positions(self, technique, mode, rng):
        cotangent = rng.normal(size=(2, 3, 20))
        _, gradient = compiled(technique, mode)(CODES, POSITIONS, cotangent)
        np.testing.assert_array_equal(gradient, np.take_along_axis(cotangent, POSITIONS, axis=-1))

    def test_last_duplicate_is_written_and_all_get_the_gradient(self, technique, mode, rng):
        positions = np.tile([3, 0, 3, 3], (2, 3, 1))
        cotangent = rng.normal(size=(2, 3, 20))
        unpooled, gradient = compiled(technique, mode)(CODES, positions, cotangent)
        np.testing.assert_array_equal(unpooled[..., 3], CODES[..., 3])
        np.testing.assert_array_equal(unpooled[..., 0], CODES[..., 1])
        np.testing.assert_array_equal(gradient, cotangent[..., [3, 0, 3, 3]])

    def test_negative_positions_count_from_the_end(self, technique, mode, rng):
        """A plain sum of offset and position would write into the previous item."""
        cotangent = rng.normal(size=(2, 3, 20))
        function = compiled(technique, mode)
        for expected, got in zip(
            function(CODES, POSITIONS, cotangent),
            function(CODES, POSITIONS - 20, cotangent),
            strict=True,
        ):
            np.testing.assert_array_equal(got, expected)

    @pytest.mark.parametrize("position", [20, -21, 10**12])
    def test_position_outside_raises(self, technique, mode, position):
        """Numba's indexed assignment does not check: far positions crash the process."""
        positions = POSITIONS.copy()
        positions[1, 2, 3] = position
        with pytest.raises(IndexError, match="-limit <= position < limit, where limit is 20"):
            compiled(technique, mode)(CODES, positions, np.zeros((2, 3, 20)))

    @pytest.mark.parametrize("shape", [(2, 3, 1), (2, 1, 4), (1, 3, 4), (2, 3, 5), (3, 3, 4)])
    def test_positions_of_another_shape_raise(self, technique, mode, shape):
        positions = np.zeros(shape, "int64")
        with pytest.raises(ShapeError, match="positions must have the shape of values"):
            compiled(technique, mode)(CODES, positions, np.zeros((2, 3, 20)))


LAYOUTS = (
    ((4,), (9,)),
    ((3, 2), (7,)),
    ((2, 1, 3, 4), (6,)),
    ((2, 3), (3, 5)),
    ((3, 2, 3), (4, 6)),
    ((2, 3, 2, 3), (4, 6)),
    ((2, 2, 1, 3), (2, 5, 3)),
    ((1, 2, 2, 2, 2), (2, 3, 2, 5)),
    ((0, 3, 4), (9,)),
    ((3, 0, 4), (9,)),
    ((2, 3, 0), (9,)),
    ((2, 0), (0,)),
)


@every_technique
@pytest.mark.parametrize(("values_shape", "shape"), LAYOUTS, ids=str)
def test_any_number_of_leading_and_unpooled_axes(technique, values_shape, shape, rng):
    plane = int(np.prod(shape))
    values = rng.normal(size=values_shape)
    positions = rng.integers(-plane, max(plane, 1), size=values_shape)
    cotangent = rng.normal(size=values_shape[: len(values_shape) - len(shape)] + shape)
    function = compiled(technique, PYTHON, values_shape, shape)
    unpooled, gradient = function(values, positions, cotangent)
    np.testing.assert_array_equal(unpooled, unpool_by_hand(values, positions, shape), strict=True)
    np.testing.assert_array_equal(
        gradient, gather_by_hand(cotangent, positions, len(shape)), strict=True
    )


@pytest.mark.parametrize("mode", MODES_OF_MANY)
def test_two_unpooled_axes_in_compiled_modes(mode, rng):
    values = rng.normal(size=(2, 3, 2, 3))
    positions = rng.integers(-24, 24, size=values.shape)
    cotangent = rng.normal(size=(2, 3, 4, 6))
    function = compiled(unpool_arange, mode, (None, None, None, None), (4, 6))
    unpooled, gradient = function(values, positions, cotangent)
    np.testing.assert_array_equal(unpooled, unpool_by_hand(values, positions, (4, 6)))
    np.testing.assert_array_equal(gradient, gather_by_hand(cotangent, positions, 2))


@st.composite
def unpoolings(draw):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    leading = draw(st.lists(st.integers(0, 3), max_size=2))
    pooled = draw(st.lists(st.integers(1, 3), min_size=len(shape), max_size=len(shape)))
    return (*leading, *pooled), shape, draw(st.integers(0, 2**32 - 1))


@repeatable(max_examples=30)
@given(unpoolings())
def test_techniques_agree_on_any_layout(case):
    values_shape, shape, seed = case
    rng = np.random.default_rng(seed)
    plane = int(np.prod(shape))
    values = rng.normal(size=values_shape)
    positions = rng.integers(-plane, plane, size=values_shape)
    expected = unpool_by_hand(values, positions, shape)
    symbolic = pt.tensor("values", dtype="float64", shape=values_shape)
    for technique in TECHNIQUES:
        unpooled = technique(symbolic, positions, shape)
        result = unpooled.eval({symbolic: values}, mode=PYTHON)
        np.testing.assert_array_equal(result, expected, strict=True)


@every_technique
def test_finite_differences_agree(technique, rng):
    positions = rng.permuted(np.tile(np.arange(6), (2, 1)), axis=1)[:, :4].reshape(2, 2, 2)
    verify_grad(
        lambda values: technique(values, positions, (2, 3)),
        [rng.normal(size=(2, 2, 2))],
        rng=rng,
        mode=PYTHON,
    )


@every_technique
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint16", "bool", "complex64"])
def test_result_has_the_dtype_of_values(technique, dtype):
    values = pt.tensor("values", dtype=dtype, shape=(2, 2))
    unpooled = technique(values, np.array([[1, 2], [0, 3]], "uint8"), 300)
    assert unpooled.dtype == dtype
    result = unpooled.eval({values: np.ones((2, 2), dtype)}, mode=PYTHON)
    assert result.dtype == dtype
    assert [list(np.flatnonzero(row)) for row in result] == [[1, 2], [0, 3]]


@every_technique
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64"])
def test_any_integer_dtype_of_positions(technique, dtype):
    """Five items of 100 elements exceed int8; uint64 mixed with int64 becomes float."""
    values = pt.tensor("values", dtype="float64", shape=(5, 1, 1))
    unpooled = technique(values, np.full((5, 1, 1), 99, dtype), (4, 25))
    assert unpooled.eval({values: np.ones((5, 1, 1))}, mode=PYTHON)[:, 3, 24].tolist() == [1.0] * 5


def test_known_lengths_stay_known():
    values = pt.tensor("values", shape=(2, None, None, None))
    positions = pt.tensor("positions", dtype="int32", shape=(None, 3, None, None))
    pooled = pt.tensor("pooled", shape=(None, None, 8, None))
    for technique in TECHNIQUES:
        assert technique(values, positions, (4, 5)).type.shape == (2, 3, 4, 5)
        lengths = (pooled.shape[-2], pooled.shape[-1])
        assert technique(values, positions, lengths).type.shape == (2, 3, 8, None)
    for technique in (unpool_flat, unpool_arange):
        assert technique(values, positions, (4, 5, 6)).type.shape == (2, 4, 5, 6)
        assert technique(pt.tensor3(), pt.ltensor3(), 7).type.shape == (None, None, 7)


SIX = pt.constant(6)
SHAPES = (6, (6,), [6], np.int64(6), np.array(6), np.array([6]), SIX, (SIX,), pt.stack([SIX]))


@every_technique
@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_shape_may_be_written_in_many_ways(technique, shape):
    unpooled = technique([[1.0, 2.0]], [[5, 0]], shape)
    assert unpooled.eval(mode=PYTHON).tolist() == [[2, 0, 0, 0, 0, 1]]


@every_technique
def test_shape_may_be_known_at_run_time_only(technique):
    values = pt.tensor("values", dtype="float64", shape=(1, 2))
    rows, columns = pt.lscalar("rows"), pt.iscalar("columns")
    unpooled = technique(values.reshape((1, 1, 2)), [[[5, 0]]], (rows, columns))
    function = pytensor.function([values, rows, columns], unpooled, mode=PYTHON)
    assert function([[1.0, 2.0]], 2, 3).tolist() == [[[2, 0, 0], [0, 0, 1]]]
    assert function([[1.0, 2.0]], 3, 2).tolist() == [[[2, 0], [0, 0], [0, 1]]]
    with pytest.raises(PositionError, match="where limit is the number of elements"):
        function([[1.0, 2.0]], 2, 2)
    # Loops and ranges have become Ops, which say what is wrong.
    lengths = r"shape must hold lengths: got -2 for axis -2"
    message = r"negative|limit|unknown dimension" if technique is unpool_flat else lengths
    with pytest.raises((ValueError, PositionError), match=message):
        function([[1.0, 2.0]], -2, -3)


THREE_AXES = pt.tensor("values", shape=(2, 3, 4))
LONG = pt.ltensor3("positions")
MISTAKES = {
    "float positions": (THREE_AXES, pt.dtensor3(), 9, DTypeError, "got dtype float64"),
    "bool positions": (THREE_AXES, pt.btensor3() > 0, 9, DTypeError, "got dtype bool"),
    "fewer position axes": (THREE_AXES, pt.lmatrix(), 9, ShapeError, "with 2 axes and values wi"),
    "other length": (
        THREE_AXES,
        pt.tensor("positions", dtype="int64", shape=(2, 3, 5)),
        9,
        ShapeError,
        "length 5 for axis 2 of positions, wanted 4",
    ),
    "length that would broadcast": (
        THREE_AXES,
        pt.tensor("positions", dtype="int64", shape=(2, 1, 4)),
        9,
        ShapeError,
        "length 1 for axis 1 of positions, wanted 3",
    ),
    "too many axes": (THREE_AXES, LONG, (2, 2, 2, 2), ShapeError, "4 lengths for values with 3"),
    "no axes": (THREE_AXES, LONG, (), ShapeError, "at least one un-pooled axis"),
    "negative length": (THREE_AXES, LONG, -9, LengthError, "got -9 for axis -1"),
    "overflow": (THREE_AXES, LONG, (2**40, 2**40), LengthError, "overflows at axis -1"),
    "overflow of one length": (THREE_AXES, LONG, 2**70, LengthError, "overflows at axis -1"),
    "float length": (THREE_AXES, LONG, 9.0, DTypeError, "shape must be integer: got 9.0"),
    "bool length": (THREE_AXES, LONG, True, DTypeError, "shape must be integer: got True"),
    "vector in shape": (THREE_AXES, LONG, [pt.lvector()], ShapeError, "its own length must"),
    "vector of unknown length": (THREE_AXES, LONG, pt.lvector(), ShapeError, "its own length must"),
    "matrix as shape": (
        THREE_AXES,
        LONG,
        pt.lmatrix(),
        ShapeError,
        "shape must be an integer or a",
    ),
}


@every_technique
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_raise_when_the_graph_is_built(technique, mistake):
    values, positions, shape, error, message = MISTAKES[mistake]
    with pytest.raises(error, match=message) as caught:
        technique(values, positions, shape)
    assert caught.value.got is not None
    assert caught.value.wanted is not None


def test_loop_needs_leading_lengths():
    values = pt.tensor("values", shape=(2, None, 4))
    with pytest.raises(ShapeError, match=r"leading lengths of values.*axis 1 is unknown") as caught:
        unpool_loop(values, LONG, 9)
    assert caught.value.got == (2, None, 4)
    # The last axis is un-pooled: its length may be unknown.
    assert unpool_loop(pt.tensor3("values", shape=(2, 3, None)), LONG, 9).type.shape == (2, 3, 9)


def test_loop_may_be_long():
    """300 assignments: building, compiling and differentiating must not recurse."""
    values = pt.tensor("values", dtype="float64", shape=(300, 1))
    unpooled = unpool_loop(values, np.ones((300, 1), "int64"), 2)
    gradient = pt.grad(unpooled.sum(), values)
    result, ones = pytensor.function([values], [unpooled, gradient], mode=PYTHON)(
        np.arange(300.0)[:, None]
    )
    np.testing.assert_array_equal(result, np.stack([np.zeros(300), np.arange(300)], axis=1))
    np.testing.assert_array_equal(ones, np.ones((300, 1)))
