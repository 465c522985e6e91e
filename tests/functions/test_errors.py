"""Bad input: errors when a graph is built and when it runs, the same in every mode.

An error names the argument, what was passed, what was wanted and how to fix it, and carries `got`.
"""

import pickle
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.errors import (
    POSITIONS_DISAGREE,
    ArgumentError,
    DTypeError,
    LengthError,
    PositionError,
    ShapeError,
    UnpoolError,
    WindowError,
)
from pytensor_unpool.geometry import Windows
from pytensor_unpool.ops import MaxGather, MaxPool, MaxUnpool, TiedGather, TiedUnpool
from tests.support.modes import MODES, every_mode


def unknown(name: str, ndim: int, dtype: str = "float64") -> Any:
    """Make a variable without static lengths."""
    return pt.tensor(name, dtype=dtype, shape=(None,) * ndim)


class Failing(NamedTuple):
    """A graph with run-time parameters, with valid arguments and their outputs."""

    inputs: list[Any]
    outputs: list[Any]
    good: tuple[Any, ...]
    wanted: tuple[Any, ...]


def unpool_line(dtype: str) -> Failing:
    values, positions, length = unknown("v", 1), unknown("p", 1, dtype), pt.lscalar("n")
    good = (np.array([7.0, 8.0]), np.array([4, 0], dtype), 5)
    unpooled = pu.max_unpool(values, positions, length)
    return Failing([values, positions, length], [unpooled], good, ([8.0, 0, 0, 0, 7],))


def unpool_planes() -> Failing:
    values, positions = unknown("v", 3), unknown("p", 3, "int64")
    rows, columns = pt.lscalars("rows", "columns")
    good = (np.ones((2, 2, 1)), np.array([[[0], [5]], [[2], [3]]]), 2, 3)
    unpooled = pu.max_unpool(values, positions, (rows, columns))
    planes = [[[1, 0, 0], [0, 0, 1]], [[0, 0, 1], [1, 0, 0]]]
    return Failing([values, positions, rows, columns], [unpooled], good, (planes,))


def unpool_vector_of_lengths() -> Failing:
    values, positions = unknown("v", 2), unknown("p", 2, "int64")
    shape = pt.lvector("shape")
    good = (np.ones((1, 1)), np.array([[3]]), [2, 2])
    unpooled = MaxUnpool(2, "last")(values, positions, shape)
    return Failing([values, positions, shape], [unpooled], good, ([[0, 0], [0, 1]],))


def pool_symbolic() -> Failing:
    x = unknown("x", 2)
    numbers = pt.lscalars("window", "stride", "before", "after", "dilation")
    window, stride, before, after, dilation = numbers
    pooled = pu.max_pool(x, [window], [stride], [(before, after)], [dilation])
    good = (np.array([[3.0, 1.0, 4.0, 1.0, 5.0]]), 2, 2, 1, 0, 1)
    return Failing([x, *numbers], list(pooled), good, ([[3, 4, 5]], [[0, 2, 4]]))


def pool_narrow() -> Failing:
    x = unknown("x", 2)
    pooled = pu.max_pool(x, (3, 3), 2, pad=1, positions_dtype="int8")
    return Failing([x], list(pooled), (np.arange(9.0).reshape(3, 3),), ([[4, 5], [7, 8]],) * 2)


def gather(duplicates: str) -> Failing:
    x, positions = unknown("x", 2), unknown("p", 2, "int64")
    good = (np.array([[3.0, 4.0]]), np.array([[1, 0]]))
    gathered = MaxGather(1, duplicates)(x, positions)
    return Failing([x, positions], [gathered], good, ([[4, 3]],))


def tied() -> Failing:
    windows = Windows((2,), (2,), (0,), (0,), (1,))
    x, values, moved = unknown("x", 1), unknown("values", 1), unknown("moved", 1)
    good = (np.array([1.0, 1.0]), np.array([1.0]), np.array([3.0]), np.array([3.0, 4.0]))
    tangent = unknown("tangent", 1)
    outputs = [TiedUnpool(windows)(x, values, moved), TiedGather(windows)(x, values, tangent)]
    return Failing([x, values, moved, tangent], outputs, good, ([3, 3], [7]))


GRAPHS: dict[str, Callable[[], Failing]] = {
    "unpool": lambda: unpool_line("int64"),
    "unpool_uint64": lambda: unpool_line("uint64"),
    "unpool_int8": lambda: unpool_line("int8"),
    "unpool_planes": unpool_planes,
    "unpool_lengths": unpool_vector_of_lengths,
    "pool": pool_symbolic,
    "pool_narrow": pool_narrow,
    "gather_last": lambda: gather("last"),
    "gather_sum": lambda: gather("sum"),
    "tied": tied,
}


@cache
def compiled(graph: str, mode: str) -> Any:
    made = GRAPHS[graph]()
    return pytensor.function(made.inputs, made.outputs, mode=mode)


PAIR, X = np.array([1.0, 2.0]), np.array([[3.0, 1.0, 4.0, 1.0, 5.0]])
ONES, NOUGHTS = np.ones((2, 2, 1)), np.zeros((2, 2, 1), int)
OUTSIDE = "wanted 0 <= position < {n}. Pass in `shape` the lengths that were pooled"
UNLIKE = "positions must have the shape of the other arrays: axis {axis} has length {n}, wanted {m}"
EACH = "Pass one int, or one for each pooled axis"

# Graph, bad arguments, exception, what its message says, `got`.
AT_RUN_TIME: list[tuple[str, tuple[Any, ...], type[UnpoolError], list[str], Any]] = [
    ("unpool", (PAIR, [0, 5], 5), PositionError,
     ["positions holds 5, but the un-pooled axes have 5 elements", OUTSIDE.format(n=5)], 5),
    ("unpool", (PAIR, [-1, 0], 5), PositionError, ["positions holds -1,", OUTSIDE.format(n=5)], -1),
    ("unpool", (PAIR, [-(2**63), 0], 5), PositionError, [f"positions holds {-(2**63)},"], -(2**63)),
    ("unpool", (PAIR, [2**63 - 1, 0], 5), PositionError, [f"holds {2**63 - 1},"], 2**63 - 1),
    ("unpool", (PAIR, [0, 0], 0), PositionError,
     ["positions holds 0, but the un-pooled axes have 0 elements"], 0),
    # Kernels take positions as int64.
    ("unpool_uint64", (PAIR, np.array([0, 2**64 - 1], "uint64"), 5), PositionError,
     ["positions holds -1,", OUTSIDE.format(n=5)], -1),
    ("unpool_uint64", (PAIR, np.array([2**63, 0], "uint64"), 5), PositionError,
     [f"positions holds {-(2**63)},"], -(2**63)),
    ("unpool_int8", (PAIR, np.array([0, -128], "int8"), 5), PositionError,
     ["positions holds -128,"], -128),
    ("unpool_int8", (PAIR, np.array([0, 127], "int8"), 127), PositionError,
     ["positions holds 127,", OUTSIDE.format(n=127)], 127),
    ("unpool", (PAIR, [0], 5), LengthError,
     [UNLIKE.format(axis=-1, n=1, m=2), "`pytensor.tensor.broadcast_to`"], 1),
    ("unpool", (PAIR[:1], [0, 1], 5), LengthError, [UNLIKE.format(axis=-1, n=2, m=1)], 2),
    ("unpool", (PAIR, [], 5), LengthError, [UNLIKE.format(axis=-1, n=0, m=2)], 0),
    ("unpool", (PAIR, [0, 1], -5), LengthError,
     ["shape must hold lengths: got -5 for axis -1, wanted 0 or more", "such as `x.shape"], -5),
    ("unpool_planes", (ONES, NOUGHTS[:1], 2, 3), LengthError,
     [UNLIKE.format(axis=-3, n=1, m=2)], 1),
    ("unpool_planes", (ONES, NOUGHTS[:, :1], 2, 3), LengthError,
     [UNLIKE.format(axis=-2, n=1, m=2)], 1),
    ("unpool_planes", (ONES, NOUGHTS - 1, 2, 3), PositionError, ["-1,", OUTSIDE.format(n=6)], -1),
    ("unpool_planes", (ONES, NOUGHTS + 6, 2, 3), PositionError, ["6,", OUTSIDE.format(n=6)], 6),
    ("unpool_planes", (ONES, NOUGHTS, 2**40, 2**40), LengthError,
     ["shape asks for more elements than an array can hold", f"axis -1 of length {2**40}",
      "Pass the lengths of the axes that were pooled"], 2**40),
    ("unpool_planes", (ONES, NOUGHTS, -1, 3), LengthError, ["shape", "got -1 for axis -2"], -1),
    ("unpool_lengths", (ONES[0], NOUGHTS[0], [2]), LengthError,
     ["shape must be a vector of 2 lengths: got 1. Pass one for each un-pooled axis"], 1),
    ("unpool_lengths", (ONES[0], NOUGHTS[0], [2, 2, 2]), LengthError,
     ["vector of 2 lengths: got 3"], 3),
    ("pool", (X, 0, 1, 0, 0, 1), WindowError,
     ["window must be at least 1: got window=0 for axis -1", EACH], 0),
    ("pool", (X, -3, 1, 0, 0, 1), WindowError, ["window must be at least 1: got window=-3"], -3),
    ("pool", (X, 2, 0, 0, 0, 1), WindowError,
     ["stride must be at least 1: got stride=0 for axis -1", EACH], 0),
    ("pool", (X, 2, -1, 0, 0, 1), WindowError, ["stride must be at least 1: got stride=-1"], -1),
    ("pool", (X, 2, 1, 0, 0, 0), WindowError,
     ["dilation must be at least 1: got dilation=0 for axis -1", EACH], 0),
    ("pool", (X, 2, 1, -1, 0, 1), WindowError, ["pad must be at least 0: got pad=-1", EACH], -1),
    ("pool", (X, 2, 1, 0, -1, 1), WindowError, ["pad must be at least 0: got pad=-1 for"], -1),
    ("pool", (X, 2, 1, 2, 0, 1), WindowError,
     ["pad must be smaller than the window: got pad=2 for axis -1", "spans 2",
      "pass a pad of at most 1"], 2),
    ("pool", (X, 2, 1, 0, 2, 1), WindowError, ["pad must be smaller than the window"], 2),
    ("pool", (X, 2**62 + 2, 1, 0, 0, 4), WindowError,
     ["window, stride, pad and dilation must be at most", f"got {2**62 + 2} for axis -1"],
     2**62 + 2),
    ("pool", (X, 6, 1, 0, 0, 1), WindowError,
     ["window=6 is too long for axis -1: it spans 6 elements", "the axis has 5",
      "Pass a shorter window, more pad, or partial_windows=True"], 6),
    ("pool", (X, 3, 1, 0, 0, 3), WindowError, ["window=3 is too long", "spans 7", "dilation=3"], 7),
    ("pool", (X[:, :1], 2, 2, 1, 1, 3), WindowError, ["window=2 is too long", "3 with padding"], 4),
    ("pool", (X[:, :1], 2, 1, 2, 2, 3), WindowError,
     ["a window on axis -1 would hold no element", "Pass a smaller dilation or less pad"], 3),
    ("pool", (X[:, :0], 2, 1, 0, 0, 1), WindowError,
     ["x must have elements to pool: axis -1 is empty", "Only leading axes may"], 0),
    ("pool_narrow", (np.zeros((13, 10)),), LengthError,
     ["positions_dtype cannot index the pooled axes: the last position is 129, but the dtype ends "
      "at 127", "Pass positions_dtype='int64'"], 129),
    ("pool_narrow", (np.zeros((0, 4)),), WindowError, ["axis -2 is empty"], 0),
    ("gather_last", (X, [[5, 0]]), PositionError, ["positions holds 5,", OUTSIDE.format(n=5)], 5),
    ("gather_last", (X, [[0, -1]]), PositionError, ["positions holds -1,"], -1),
    ("gather_last", (X[:, :0], [[0]]), PositionError, ["positions holds 0,", "have 0 elements"], 0),
    ("gather_last", (X, [[0], [0]]), LengthError, [UNLIKE.format(axis=-2, n=2, m=1)], 2),
    ("gather_sum", (X, [[5, 0]]), PositionError, ["positions holds 5,", OUTSIDE.format(n=5)], 5),
    ("gather_sum", (X[:, :0], [[0]]), PositionError, ["positions holds 0,", "have 0 elements"], 0),
    ("gather_sum", (np.ones((2, 3)), [[0]]), LengthError, [UNLIKE.format(axis=-2, n=1, m=2)], 1),
    ("tied", (PAIR, PAIR, PAIR, PAIR), LengthError,
     ["values must have one element for each window of x: axis -1 has length 2, wanted 1",
      "Pass what max_pool returned"], 2),
    ("tied", (PAIR, PAIR[:1], PAIR, PAIR), LengthError, ["has length 2, wanted 1"], 2),
    ("tied", (PAIR, PAIR[:1], PAIR[:1], PAIR[:1]), LengthError, ["has length 1, wanted 2"], 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("graph", "arguments", "error", "says", "got"),
    AT_RUN_TIME,
    ids=[f"{case[0]}-{case[3][0][:40]}" for case in AT_RUN_TIME],
)
def test_bad_arguments_raise_the_same_in_every_mode(graph, arguments, error, says, got):
    """Catches out-of-bounds access, messages that differ between modes, and a corrupted state.

    The function runs with valid arguments before and after.
    """
    made, messages = GRAPHS[graph](), set()
    for mode in MODES:
        run = compiled(graph, mode)
        before = run(*made.good)
        with pytest.raises(error, match=re.escape(says[0])) as caught:
            run(*arguments)
        assert type(caught.value) is error
        assert caught.value.got == got, mode
        assert caught.value.wanted is not None
        assert [part for part in says if part not in str(caught.value)] == []
        messages.add(str(caught.value))
        for results in (before, run(*made.good)):
            for result, wanted in zip(results, made.wanted, strict=True):
                np.testing.assert_array_equal(result, wanted)
    assert len(messages) == 1


def test_only_the_first_of_many_bad_positions_is_named():
    """Catches a mode that visits the positions in another order."""
    for mode in MODES:
        with pytest.raises(PositionError, match="positions holds 9,"):
            compiled("unpool_planes", mode)(ONES, np.add(NOUGHTS, [[[0], [9]], [[-1], [8]]]), 2, 3)


@every_mode
def test_lengths_that_no_memory_holds_raise_and_do_not_spoil(mode):
    """Catches a size in bytes that overflows: an array too short for its length."""
    run = compiled("unpool", mode)
    for length in (2**61, 2**62, 2**63 - 1):
        with pytest.raises((ValueError, MemoryError), match=r"(?i)too (big|large)|allocat|many"):
            run(PAIR, [0, 1], length)
    np.testing.assert_array_equal(run(PAIR, [0, 1], 3)[0], [1, 2, 0])


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_the_long_message_of_pytensor_keeps_class_and_words(mode):
    """PyTensor recreates an exception from a single string when it adds notes."""
    with pytensor.config.change_flags(exception_verbosity="high"):
        for graph, bad, error, says, _ in AT_RUN_TIME:
            if graph not in ("pool", "unpool"):
                continue
            with pytest.raises(error, match=re.escape(says[0])) as caught:
                compiled(graph, mode)(*bad)
            assert "Apply node that caused the error" in str(caught.value)


BAD_ERRORS = [
    PositionError(7, 5),
    WindowError(-1, 5, 6, 1, 0, 0, 1),
    LengthError(POSITIONS_DISAGREE, -1, 2, 3),
    ShapeError("shape", got=1, wanted=2),
    DTypeError("dtype", got="float64", wanted="int"),
    ArgumentError("word", got="a", wanted="b"),
]


@pytest.mark.parametrize("error", BAD_ERRORS, ids=lambda e: type(e).__name__)
def test_errors_survive_pickling(error):
    """Workers of pytest-xdist, joblib and PyMC send them between processes."""
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), str(twin)) == (type(error), str(error))
    assert (twin.got, twin.wanted) == (error.got, error.wanted)


def test_errors_are_the_exceptions_that_users_of_numpy_expect():
    assert issubclass(PositionError, IndexError)
    assert issubclass(DTypeError, TypeError)
    for error in (ArgumentError, ShapeError, LengthError, WindowError):
        assert issubclass(error, ValueError)
    assert issubclass(LengthError, ShapeError)
    assert issubclass(WindowError, ShapeError)
    assert isinstance(PositionError(1, 1), UnpoolError)


@every_mode
def test_a_matrix_of_window_numbers_of_the_wrong_shape_is_refused(mode):
    """Catches a kernel that reads beyond the end of the matrix."""
    windows = Windows((None,), (None,), (None,), (None,), (1,))
    x, numbers = unknown("x", 1), unknown("numbers", 2, "int64")
    run = pytensor.function([x, numbers], MaxPool(windows, "first")(x, numbers), mode=mode)
    assert run(X[0], [[2, 2, 0, 0, 1]])[0].tolist() == [3, 4]
    for bad in ([[2, 2]], [[2, 2, 0, 0, 1]] * 2, np.zeros((0, 5), int), np.ones((5, 1), int)):
        with pytest.raises(ShapeError, match="the matrix of window parameters must have shape"):
            run(X[0], bad)
