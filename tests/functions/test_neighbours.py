"""Windows as rows and back: by hand, against loops, in every backend.

The arrays hold whole numbers wherever sums are compared, so that their order does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given

import pytensor_unpool as pu
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels.reference import neighbours as reference
from tests.support import oracle
from tests.support.cases import CASES, CORE, Array, PoolCase, assert_same, distinct
from tests.support.modes import ALL, PYTHON, every_mode
from tests.support.strategies import poolings, repeatable, seeds

Pooling = tuple[tuple[int, ...], list[AxisWindows], bool]
Function = Callable[..., Any]

BORDERS = ("zeros", "wrap")

either_border = pytest.mark.parametrize("border", BORDERS)


# By hand.

TWO_BY_THREE = np.array([[1, 2, 3], [4, 5, 6]], "int16")


@pytest.mark.parametrize(
    ("border", "wanted", "times"),
    [
        ("zeros", [[[0, 0, 0, 1], [0, 0, 2, 3]], [[0, 4, 0, 0], [5, 6, 0, 0]]], [1, 1, 1]),
        # The last column is also the border before the first one.
        ("wrap", [[[6, 4, 3, 1], [5, 6, 2, 3]], [[6, 4, 3, 1], [5, 6, 2, 3]]], [2, 2, 4]),
    ],
)
def test_rows_by_hand(border: str, wanted: list[Any], times: list[int]) -> None:
    """A picture with one element of border on three sides, in four quarters."""
    pad = (1, (1, 0))
    rows = pu.windows_to_rows(TWO_BY_THREE, (2, 2), pad=pad, border=border)
    assert_same(rows.eval(mode=PYTHON), np.array(wanted, "int16"))
    back = pu.rows_to_windows(rows, (2, 3), (2, 2), pad=pad, border=border).eval(mode=PYTHON)
    assert_same(back, TWO_BY_THREE * np.array(times, "int16"))


def test_windows_that_overlap_leave_gaps_or_are_partial_by_hand() -> None:
    x = np.arange(1.0, 8)
    overlapping = pu.windows_to_rows(x, 3, stride=2)
    assert overlapping.eval(mode=PYTHON).tolist() == [[1, 2, 3], [3, 4, 5], [5, 6, 7]]
    back = pu.rows_to_windows(overlapping, 7, 3, stride=2).eval(mode=PYTHON)
    assert back.tolist() == [1, 2, 6, 4, 10, 6, 7]
    apart = pu.windows_to_rows(x, 2, stride=4, dilation=2, partial_windows=True)
    assert apart.eval(mode=PYTHON).tolist() == [[1, 3], [5, 7]]
    back = pu.rows_to_windows(apart, 7, 2, 4, dilation=2, partial_windows=True).eval(mode=PYTHON)
    assert back.tolist() == [1, 0, 3, 0, 5, 0, 7]
    for border, tail in (("zeros", [7, 0, 0]), ("wrap", [7, 1, 2])):
        partial = pu.windows_to_rows(x, 3, partial_windows=True, border=border)
        assert partial.eval(mode=PYTHON).tolist() == [[1, 2, 3], [4, 5, 6], tail]


def test_windows_that_wrap_several_times_by_hand() -> None:
    """The padding is longer than the axis."""
    rows = pu.windows_to_rows([1, 2], 6, stride=1, pad=((5, 0),), border="wrap")
    assert rows.eval(mode=PYTHON).tolist() == [[2, 1, 2, 1, 2, 1], [1, 2, 1, 2, 1, 2]]


# The reference against the loops, and the compiled kernels on the same.


@either_border
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_reference_equals_the_oracle(
    case: PoolCase, border: str, rng: np.random.Generator
) -> None:
    options = case.rows, case.partial_windows, border
    x = distinct(rng, case.shape)
    rows = reference.windows_to_rows(x, *options)
    assert_same(rows, oracle.windows_to_rows(x, *options))
    moved = distinct(rng, rows.shape)
    back = reference.rows_to_windows(moved, case.lengths, *options)
    assert_same(back, oracle.rows_to_windows(moved, case.lengths, *options))


@repeatable(max_examples=100)
@given(poolings(), seeds)
def test_the_reference_equals_the_oracle_for_any_windows(pooling: Pooling, seed: int) -> None:
    shape, windows, partial_windows = pooling
    rng = np.random.default_rng(seed)
    for border in BORDERS:
        options = windows, partial_windows, border
        x = distinct(rng, shape)
        rows = reference.windows_to_rows(x, *options)
        assert_same(rows, oracle.windows_to_rows(x, *options))
        lengths = shape[-len(windows) :]
        back = reference.rows_to_windows(rows, lengths, *options)
        assert_same(back, oracle.rows_to_windows(rows, lengths, *options))


@cache
def numba_kernels(partial_windows: bool, border: str) -> tuple[Function, Function]:
    """Return kernels of run-time numbers: one compilation serves all windows of two axes."""
    from numba import njit

    from pytensor_unpool.kernels.numba import neighbours
    from pytensor_unpool.kernels.numba.by_address import kernel_by_address

    unknown = (None, None)
    windows = Windows(unknown, unknown, unknown, unknown, unknown, partial_windows)
    to_rows = neighbours.windows_to_rows(windows, border)
    to_windows = neighbours.rows_to_windows(windows, border)
    to_rows, to_windows = (
        kernel_by_address(kernel, f"{kernel.__name__}_{border}") for kernel in (to_rows, to_windows)
    )
    return njit(to_rows.py_func), njit(to_windows.py_func)


@repeatable(max_examples=150)
@given(poolings(most_axes=2), seeds)
def test_numba_equals_the_reference_for_any_windows_and_layout(pooling: Pooling, seed: int) -> None:
    """Catches taps read or written outside the array, which Numba does silently."""
    shape, windows, partial_windows = pooling
    if len(windows) == 1:
        shape, windows = (*shape[:-1], 1, shape[-1]), [AxisWindows(1, 1, 0, 0, 1), *windows]
    # Two leading axes, as kernels are compiled for a rank.
    shape = (1,) * (4 - len(shape)) + shape
    rng = np.random.default_rng(seed)
    # Each of the two properties with one of the other: it halves what is compiled.
    border = "zeros" if partial_windows else "wrap"
    lengths, numbers = shape[-2:], np.array(windows)
    to_rows, to_windows = numba_kernels(partial_windows, border)
    options = windows, partial_windows, border
    x = loosely(rng, distinct(rng, shape))
    rows = to_rows(x, numbers)
    assert_same(rows, reference.windows_to_rows(x, *options))
    moved = loosely(rng, distinct(rng, rows.shape))
    back = to_windows(moved, np.array(lengths), numbers)
    assert_same(back, reference.rows_to_windows(moved, lengths, *options))


def loosely(rng: np.random.Generator, array: Array) -> Array:
    """Return the array with axes in any order in memory, gaps between elements, and backwards."""
    order = rng.permutation(array.ndim)
    steps = rng.choice([1, 2, -1, -2], size=array.ndim)
    room = np.full([array.shape[i] * abs(steps[i]) for i in order], -99, array.dtype)
    view = room.transpose(np.argsort(order))[tuple(slice(None, None, s) for s in steps)]
    view[...] = array
    # Numba compiles for a layout: contiguous arrays get gaps too.
    return view if not view.flags.c_contiguous else np.repeat(view, 2, -1)[..., ::2]


@cache
def compiled(case: PoolCase, border: str, mode: str) -> Function:
    """Compile rows and their sums, also of an input that is reversed in memory."""
    x = pt.tensor("x", dtype="float32", shape=(None,) * len(case.shape))
    options = {**case.arguments, "border": border}
    rows, again = (pu.windows_to_rows(v, **options) for v in (x, x[..., ::-1]))
    shape = x.shape[-case.ndim :]
    back, shuffled = (pu.rows_to_windows(r, shape, **options) for r in (rows, again[..., ::-1]))
    return pytensor.function([x], [rows, back, again, shuffled], mode=mode)


LONG = PoolCase((60,), 33, stride=5, pad=16)  # longer than C unrolls
COMPILED = [
    (CORE[4], "wrap", "NUMBA"),
    (CORE[4], "wrap", "CVM"),
    (CORE[6], "zeros", "CVM"),
    (LONG, "zeros", "CVM"),
]


@pytest.mark.parametrize(("case", "border", "mode"), COMPILED, ids=str)
def test_compiled_functions_equal_the_reference(
    case: PoolCase, border: str, mode: str, rng: np.random.Generator
) -> None:
    options = case.rows, case.partial_windows, border
    x = distinct(rng, case.shape)
    rows, again = (reference.windows_to_rows(v, *options) for v in (x, x[..., ::-1]))
    back = [reference.rows_to_windows(r, case.lengths, *options) for r in (rows, again[..., ::-1])]
    wanted = [rows, back[0], again, back[1]]
    for got, result in zip(compiled(case, border, mode)(x), wanted, strict=True):
        assert_same(got, result)


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_symbolic_windows_serve_all_cases(mode: str, rng: np.random.Generator) -> None:
    """One compiled function serves every case of two axes. Numba's kernel has a test above."""
    x = pt.tensor("x", dtype="float32", shape=(None,) * 4)
    window, stride, pad = (pt.tensor(n, dtype="int64", shape=(2,)) for n in "wsp")
    outputs = []
    for border in BORDERS:
        rows = pu.windows_to_rows(x, window, stride, pad, border=border)
        shape = x.shape[-2:]
        back = pu.rows_to_windows(rows, shape, window, stride, pad, border=border)
        outputs += [rows, back]
    run = pytensor.function([x, window, stride, pad], outputs, mode=mode)
    checked = 0
    for case in CASES:
        numbers = [list(column) for column in zip(*case.rows, strict=True)]
        if case.ndim != 2 or case.partial_windows or numbers[2] != numbers[3]:
            continue
        if numbers[4] != [1, 1] or len(case.shape) > 4:
            continue
        array = loosely(rng, distinct(rng, (1,) * (4 - len(case.shape)) + case.shape))
        results = run(array, *numbers[:3])
        for border, rows, back in zip(BORDERS, results[::2], results[1::2], strict=True):
            options = case.rows, False, border
            assert_same(rows, reference.windows_to_rows(array, *options))
            assert_same(back, reference.rows_to_windows(rows, case.lengths, *options))
        checked += 1
    assert checked >= 6


@every_mode
def test_every_dtype_keeps_its_own(mode: str) -> None:
    """Numba has no float16. Sums of small integers wrap around, as everywhere."""
    dtypes = ["bool", "int8"]
    if mode != "NUMBA":
        dtypes += ["float16", "float32"]
    if mode == "FAST_COMPILE" or ALL:
        dtypes += ["uint16", "int64", "uint64"]
    xs = [pt.vector(dtype, dtype=dtype) for dtype in dtypes]
    rows = [pu.windows_to_rows(x, 2, 1, pad=1) for x in xs]
    back = [pu.rows_to_windows(r, 3, 2, 1, pad=1) for r in rows[1:]]
    run = pytensor.function(xs, rows + back, mode=mode)
    array = np.array([1, 0, 100])
    got = run(*(array.astype(dtype) for dtype in dtypes))
    for dtype, result in zip(dtypes, got, strict=False):
        wanted = np.array([[0, 1], [1, 0], [0, 100], [100, 0]]).astype(dtype)
        assert_same(result, wanted)
    for dtype, result in zip(dtypes[1:], got[len(dtypes) :], strict=True):
        assert_same(result, (2 * array).astype(dtype))
