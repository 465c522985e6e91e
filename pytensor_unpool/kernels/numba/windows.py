"""What all windowed Numba kernels share: the arithmetic of windows, and a walk over them.

Every function that Numba compiles costs some 50 ms when a cache is cold: what is short stands
in the functions that use it. With ``error_model="numpy"`` an integer division needs no code for
a divisor of zero; strides and dilations are checked to be positive first.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.errors import WRONG_NUMBERS, LengthError, WindowError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry import windows as geometry
from pytensor_unpool.kernels.numba.device import device_function

Kernel = Callable[..., Any]

# How many columns are held in scratch rows, so that these are short and near.
COLUMNS = 4096


def _compile_together(*functions: Callable[..., Any]) -> list[Kernel]:
    """Compile plain functions that call one another by name, callees first.

    Numba compiles a call only if the name is bound to a compiled function, so they get a
    namespace of their own in which it is, with the numbers that their modules name.
    """
    namespace: dict[str, Any] = {"__builtins__": builtins}
    for function in functions:
        named = function.__globals__.items()
        namespace |= {name: value for name, value in named if isinstance(value, int | float)}
        twin = FunctionType(function.__code__, namespace, function.__name__)
        namespace[function.__name__] = device_function(twin)
    return [namespace[function.__name__] for function in functions]


count_windows, holds_windows = _compile_together(geometry.count_windows, geometry.holds_windows)


@device_function
def check_lengths(kind, got, wanted, trailing):  # type: ignore[no-untyped-def]
    """Raise `LengthError` for the first axis, all but `trailing` ones, that is not as wanted."""
    for i in range(len(wanted) - trailing):
        if got[i] != wanted[i]:
            # A name would be taken for the first constant that any caller passed.
            raise LengthError(kind + 0, i - len(wanted), got[i], wanted[i])


def windows_counter(windows: Windows, *, may_be_empty: bool = False) -> Kernel:
    """Compile ``(lengths, *numbers) -> (rows, counts)``, with all windows checked.

    `rows` has the numbers ``(window, stride, before, after, dilation)`` of each pooled axis,
    `counts` its number of windows. `numbers` is their matrix, where some are known only at run
    time; else it is left out. An axis without elements has no windows, if it `may_be_empty`.
    """
    ndim, is_static, partial_windows = windows.ndim, windows.is_static, windows.partial_windows
    static_rows = tuple(windows.rows()) if is_static else ((0, 0, 0, 0, 0),) * ndim

    @device_function
    def count(lengths, *numbers):  # type: ignore[no-untyped-def]
        rows = static_rows
        counts = lengths
        if not is_static and (numbers[0].shape[0] != ndim or numbers[0].shape[1] != 5):
            raise LengthError(WRONG_NUMBERS, 0, numbers[0].size, ndim)
        for i in range(ndim):
            if not is_static:
                n = numbers[0]
                rows = tuple_setitem(rows, i, (n[i, 0], n[i, 1], n[i, 2], n[i, 3], n[i, 4]))
            window, stride, before, after, dilation = rows[i]
            length = lengths[i]
            if may_be_empty and length == 0:
                counts = tuple_setitem(counts, i, 0)
                continue
            if not holds_windows(length, window, stride, before, after, dilation, partial_windows):
                raise WindowError(i - ndim, length, window, stride, before, after, dilation)
            number = count_windows(length, window, stride, before, after, dilation, partial_windows)
            counts = tuple_setitem(counts, i, number)
        return rows, counts

    return count  # type: ignore[no-any-return]


def tap_finder(axes: int) -> Kernel:
    """Compile the way from a window's index and one of its taps, on so many axes, to an element.

    ``find(rows, lengths, index, tap) -> (inside, coordinates)``.
    """

    @device_function(forceinline=True)
    def find(rows, lengths, index, tap):  # type: ignore[no-untyped-def]
        coordinates = tap
        inside = True
        for i in range(axes):
            at = index[i] * rows[i][1] - rows[i][2] + tap[i] * rows[i][4]
            inside = inside and 0 <= at < lengths[i]
            coordinates = tuple_setitem(coordinates, i, at)
        return inside, coordinates

    return find  # type: ignore[no-any-return]


@device_function
def window_lengths(rows, counts):  # type: ignore[no-untyped-def]
    """Return the number of taps of each axis as a tuple like `counts`."""
    taps = counts
    for i in range(len(taps)):
        taps = tuple_setitem(taps, i, rows[i][0])
    return taps


def taps_walker(ndim: int, visit: Kernel) -> Kernel:
    """Compile a walk that brings every tap together with all windows of a row that have it inside.

    ``walk(rows, counts, plane, arrays)`` calls ``visit(line, place, shift, stride, low, high,
    index, arrays)`` for each: tap ``window * stride + shift`` of `line`, a row of the plane whose
    first element has the flat place `place`, belongs to window number `window` of those at
    `index` of all pooled axes but the last, for ``low <= window < high``. For each window the
    taps come in C order.
    """

    @device_function
    def walk(rows, counts, plane, arrays):  # type: ignore[no-untyped-def]
        lengths = plane.shape
        length, count = lengths[-1], counts[-1]
        window, stride, before, _, dilation = rows[ndim - 1]
        taps = counts
        for i in range(ndim):
            taps = tuple_setitem(taps, i, rows[i][0])
        for index in np.ndindex(counts[:-1]):
            for outer_tap in np.ndindex(taps[:-1]):
                coordinates = outer_tap
                place = 0
                inside = True
                for i in range(ndim - 1):
                    coordinate = index[i] * rows[i][1] - rows[i][2] + outer_tap[i] * rows[i][4]
                    inside = inside and 0 <= coordinate < lengths[i]
                    coordinates = tuple_setitem(coordinates, i, coordinate)
                    place = place * lengths[i] + coordinate
                if inside:
                    line = plane[coordinates]
                    for tap in range(window):
                        shift = tap * dilation - before
                        low = max(0, -(shift // stride))
                        high = min(count, (length - 1 - shift) // stride + 1)
                        visit(line, place * length, shift, stride, low, high, index, arrays)

    return walk  # type: ignore[no-any-return]
