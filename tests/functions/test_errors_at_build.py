"""Bad input that is refused when the graph is built, because it is static."""

import re

import numpy as np
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.errors import (
    ArgumentError,
    DTypeError,
    LengthError,
    PositionError,
    ShapeError,
    WindowError,
)
from pytensor_unpool.geometry import Windows
from pytensor_unpool.ops import MaxGather, MaxUnpool, TiedGather, TiedUnpool

INTEGER = "Pass an int, or one int for each axis"
EACH = "Pass one int, or one for each pooled axis"
OUTSIDE = "wanted 0 <= position < 5. Pass in `shape` the lengths that were pooled"


def x(*lengths, dtype="float64"):
    return pt.tensor("x", dtype=dtype, shape=lengths)


def vector(dtype="int64", length=None):
    return pt.tensor("n", dtype=dtype, shape=(length,))


def scalar(dtype="int64"):
    return pt.tensor("n", dtype=dtype, shape=())


# Arguments and options of max_pool, exception, what its message says, `got`.
BAD_POOLINGS = [
    (x(5), 6, {}, WindowError,
     ["window=6 is too long for axis -1: it spans 6 elements", "the axis has 5, 5 with padding",
      "Pass a shorter window, more pad, or partial_windows=True"], 6),
    (x(None, 5), (2, 3), {"dilation": 3}, WindowError, ["for axis -1: it spans 7"], 7),
    (x(5, None), (8, 3), {"pad": 1}, WindowError, ["for axis -2", "the axis has 5, 7 with"], 8),
    (x(None), 2, {"pad": 2}, WindowError,
     ["pad must be smaller than the window: got pad=2 for axis -1", "spans 2",
      "pass a pad of at most 1"], 2),
    (x(None), 2, {"pad": [(0, 2)]}, WindowError, ["pad must be smaller than the window"], 2),
    (x(None), 2, {"pad": [(-1, 0)]}, WindowError,
     ["pad must be at least 0: got pad=-1 for axis -1", EACH], -1),
    (x(1), 2, {"pad": 2, "dilation": 3}, WindowError,
     ["a window on axis -1 would hold no element", "Pass a smaller dilation or less pad"], 3),
    (x(None), 0, {}, WindowError, ["window must be at least 1: got window=0 for axis -1", EACH], 0),
    (x(None, 4), (-2, 2), {}, WindowError, ["got window=-2 for axis -2", EACH], -2),
    (x(None), 2, {"stride": 0}, WindowError, ["stride must be at least 1: got stride=0", EACH], 0),
    (x(None), 2, {"stride": -1}, WindowError, ["stride must be at least 1: got stride=-1"], -1),
    (x(None), 2, {"dilation": 0}, WindowError, ["dilation must be at least 1: got dilation=0"], 0),
    (x(None), 2**70, {"partial_windows": True}, WindowError,
     ["window, stride, pad and dilation must be at most", f"got {2**70} for axis -1"], 2**70),
    (x(None), 2, {"stride": 2**70}, WindowError, ["must be at most", f"got {2**70}"], 2**70),
    (x(None), 1, {"dilation": 2**64 + 1}, WindowError, ["must be at most"], 2**64 + 1),
    (x(4, 0), 2, {}, WindowError, ["x must have elements to pool: axis -1 is empty"], 0),
    (x(0, 4), (2, 2), {}, WindowError, ["axis -2 is empty. Only leading axes may"], 0),
    (x(5), (2, 2), {}, ShapeError,
     ["x needs at least the 2 pooled axes: got 1 axes", "Pass as many lengths as axes"], 1),
    (x(), 2, {}, ShapeError, ["x needs at least the 1 pooled axes: got 0 axes"], 0),
    (x(None), (), {}, ShapeError, ["window needs a length for at least one pooled axis: got"], 0),
    (x(None, None), (2, 2), {"stride": (1, 2, 3)}, ShapeError,
     ["stride needs one number for each of the 2 pooled axes: got stride=[1, 2, 3]",
      "Pass one int for all of them, or 2 ints"], 3),
    (x(None), 2, {"pad": [(1, 1, 1)]}, ShapeError,
     ["pad needs an int or a pair (before, after) for each of the 1 pooled axes", "1 ints or"],
     [[1, 1, 1]]),
    (x(None), 2.0, {}, DTypeError, ["window must be integer: got 2.0", INTEGER], 2.0),
    (x(None), np.array([2.0]), {}, DTypeError, ["window must be integer: got 2.0"], 2.0),
    (x(None), True, {}, DTypeError, ["window must be integer: got True", INTEGER], True),
    (x(None), None, {}, DTypeError, ["window must be integer: got None"], None),
    (x(None), 2, {"stride": 1.5}, DTypeError, ["stride must be integer: got 1.5", INTEGER], 1.5),
    (x(None), 2, {"pad": "same"}, DTypeError, ["pad must be integer: got 'same'"], "same"),
    (x(None), 2, {"dilation": "1"}, DTypeError, ["dilation must be integer: got '1'"], "1"),
    (x(None), scalar("float64"), {}, DTypeError,
     ["window must be integer", "float64", "astype('int64')"], "float64"),
    (x(None), 2, {"stride": scalar("bool")}, DTypeError, ["stride must be int", "bool"], "bool"),
    (x(None), vector(), {}, ShapeError,
     ["window", "unknown length", "Pass a list of symbolic integers", "specify_shape"], (None,)),
    (x(None), 2, {"pad": pt.lmatrix()}, ShapeError, ["got 2 axes"], 2),
    (x(None, dtype="complex128"), 2, {}, DTypeError,
     ["x must hold real numbers: got dtype complex128", "Take real and imaginary parts separately"],
     "complex128"),
    (x(None), 2, {"ties": "last"}, ArgumentError,
     ["ties must be 'first' or 'all': got 'last'"], "last"),
    (x(None), 2, {"positions_dtype": "uint8"}, DTypeError,
     ["positions_dtype must be a signed integer dtype: got 'uint8'", "Pass 'int64'"], "uint8"),
    (x(None), 2, {"positions_dtype": "float64"}, DTypeError, ["positions_dtype must"], "float64"),
    (x(None), 2, {"positions_dtype": "foo"}, DTypeError, ["positions_dtype must", "foo"], "foo"),
    (x(2, 65), (2, 2), {"positions_dtype": "int8"}, LengthError,
     ["positions_dtype cannot index the pooled axes: the last position is 129, but the dtype ends "
      "at 127", "Pass positions_dtype='int64'"], 129),
]  # fmt: skip


def raises(error, says):
    return pytest.raises(error, match=re.escape(says[0]))


def assert_says(caught, error, says, got):
    assert type(caught.value) is error
    assert [part for part in says if part not in str(caught.value)] == []
    assert caught.value.got == got


@pytest.mark.parametrize(
    ("tensor", "window", "options", "error", "says", "got"),
    BAD_POOLINGS,
    ids=[f"{n}-{case[4][0][:30]}" for n, case in enumerate(BAD_POOLINGS)],
)
def test_max_pool_refuses(tensor, window, options, error, says, got):
    with raises(error, says) as caught:
        pu.max_pool(tensor, window, **options)
    assert_says(caught, error, says, got)


# Values, positions, shape, options of max_unpool, exception, what its message says, `got`.
BAD_UNPOOLINGS = [
    ([1.0, 2.0], [0, 5], 5, {}, PositionError,
     ["positions holds 5, but the un-pooled axes have 5 elements", OUTSIDE], 5),
    ([1.0, 2.0], [-1, 0], 5, {}, PositionError, ["positions holds -1", OUTSIDE], -1),
    ([[1.0, 2.0]], [[0, 6]], (2, 3), {}, PositionError, ["positions holds 6", "have 6 ele"], 6),
    ([1.0, 2.0], np.array([0, -128], "int8"), 5, {}, PositionError, ["holds -128", OUTSIDE], -128),
    ([1.0], [0], 0, {}, PositionError, ["positions holds 0, but the un-pooled axes have 0"], 0),
    ([1.0, 2.0], [0, -1], scalar(), {}, PositionError, ["positions holds -1: wanted 0 <= "], -1),
    ([1.0, 2.0], [0], 5, {}, ShapeError,
     ["positions must have the shape of the other arrays: axis -1 has length 1, wanted 2",
      "`pytensor.tensor.broadcast_to`"], 1),
    ([1.0, 2.0], [0, 1, 2], 5, {}, ShapeError, ["positions must", "length 3, wanted 2"], 3),
    (x(None, 3), np.zeros((4, 1), int), 5, {}, ShapeError, ["positions must", "axis -1"], 1),
    ([[1.0, 2.0]], [0, 1], 5, {}, ShapeError, ["positions must have the 2 axes", "got 1"], 1),
    ([1.0], [0], (2, 2), {}, ShapeError, ["values needs at least the 2 pooled axes: got 1"], 1),
    (1.0, 0, 3, {}, ShapeError, ["values needs at least the 1 pooled axes: got 0 axes"], 0),
    ([1.0, 2.0], [0.0, 1.0], 5, {}, DTypeError,
     ["positions must be integer: got dtype float64", "`.astype('int64')`"], "float64"),
    ([1.0, 2.0], [True, False], 5, {}, DTypeError,
     ["positions must be integer: got dtype bool", "`pytensor.tensor.argmax`"], "bool"),
    ([1j], [0], 5, {}, DTypeError,
     ["values must hold real numbers: got dtype complex128", "Take real"], "complex128"),
    ([1.0], [0], -1, {}, LengthError,
     ["shape must hold lengths: got -1 for axis -1, wanted 0 or more", "`x.shape[-2:]`"], -1),
    ([[1.0]], [[0]], (-3, scalar()), {}, LengthError, ["shape", "got -3 for axis -2"], -3),
    ([[1.0]], [[0]], (2**40, 2**40), {}, LengthError,
     ["shape asks for more elements than an array can hold", f"axis -1 of length {2**40}",
      "Pass the lengths of the axes that were pooled"], 2**40),
    ([1.0], [0], 2**70, {}, LengthError, ["shape asks for more elements"], 2**70),
    ([1.0], [0], (), {}, ShapeError, ["shape needs a length for at least one un-pooled axis"], 0),
    ([1.0], [0], 5.0, {}, DTypeError, ["shape must be integer: got 5.0", "Pass an int"], 5.0),
    ([1.0], [0], True, {}, DTypeError, ["shape must be integer: got True", "Pass an int"], True),
    ([1.0], [0], None, {}, DTypeError, ["shape must be integer: got None"], None),
    ([1.0], [0], scalar("float64"), {}, DTypeError,
     ["shape must be integer", "float64", "astype('int64')"], "float64"),
    ([1.0], [0], vector(), {}, ShapeError, ["shape", "unknown length", "specify_shape"], (None,)),
    ([1.0], [0], pt.lmatrix(), {}, ShapeError, ["shape", "got 2 axes"], 2),
    ([1.0], [0], 5, {"duplicates": "first"}, ArgumentError,
     ["duplicates must be 'last' or 'sum': got 'first'"], "first"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "positions", "shape", "options", "error", "says", "got"),
    BAD_UNPOOLINGS,
    ids=[f"{n}-{case[5][0][:30]}" for n, case in enumerate(BAD_UNPOOLINGS)],
)
def test_max_unpool_refuses(values, positions, shape, options, error, says, got):
    if isinstance(values, list):
        values = np.array(values)
    with raises(error, says) as caught:
        pu.max_unpool(values, positions, shape, **options)
    assert_says(caught, error, says, got)


def test_the_ops_refuse_what_the_functions_would_not_let_through():
    """Gradients, rewrites and vectorization build Ops too."""
    with pytest.raises(ShapeError, match="shape must be a vector of 2 lengths"):
        MaxUnpool(2, "last")(x(3, 3), pt.zeros((3, 3), dtype="int64"), vector(length=3))
    with pytest.raises(DTypeError, match="shape must be integer: got dtype float64"):
        MaxUnpool(1, "last")(x(3), [0, 1, 2], vector("float64", 1))
    with pytest.raises(PositionError, match="positions holds 3, but"):
        MaxGather(1, "last")(x(3), [0, 3])
    with pytest.raises(ShapeError, match="positions must have the shape"):
        MaxGather(1, "last")(x(2, 3), [[0], [0], [0]])
    windows = Windows((2,), (2,), (0,), (0,), (1,))
    for tied in (TiedUnpool, TiedGather):
        with pytest.raises(ShapeError, match="one element for each window of x: axis -2"):
            tied(windows)(x(2, 4), x(3, 2), x(3, 2))


def test_good_input_of_every_accepted_kind_is_accepted():
    """Catches checks that are too strict: NumPy integers and arrays, lists, constants."""
    tensor = x(3, 6)
    for window in (2, np.int8(2), [2], (2,), np.array([2]), np.array(2), pt.constant(2)):
        assert pu.max_pool(tensor, window)[0].type.shape == (3, 3)
    for pad in (1, [1], [(1, 1)], [[1, 1]], np.array([[1, 1]]), pt.constant([[1, 1]])):
        assert pu.max_pool(tensor, 2, pad=pad)[0].type.shape == (3, 4)
    assert pu.max_pool(tensor, vector("uint8", 2))[0].type.shape == (None, None)
    assert pu.max_pool(x(2, 64), (2, 2), positions_dtype="int8")[1].type.shape == (1, 32)
    values, positions = x(3, 2), pt.zeros((3, 2), dtype="uint8")
    for shape in (5, np.int16(5), [5], np.array([5]), pt.constant(5), pt.constant([5])):
        assert pu.max_unpool(values, positions, shape).type.shape == (3, 5)
    assert pu.max_unpool(values, positions, vector("int8", 2)).type.shape == (None, None)
    assert pu.max_unpool(pt.zeros((0, 2)), pt.zeros((0, 2), dtype="int64"), 0).type.shape == (0, 0)
