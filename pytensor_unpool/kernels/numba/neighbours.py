"""Windows as rows, and rows added up into windows, in Numba: im2col and col2im without channels.

A row holds the taps of one window.
"""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.errors import ROWS_DISAGREE, TOO_MANY_TAPS, LengthError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.max_unpool import MOST_ELEMENTS
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_unpool import unpooled_lengths
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel, check_lengths, windows_counter


def windows_to_rows(windows: Windows, border: str) -> Kernel:
    """Compile ``x -> rows``, all taps of every window along a new last axis.

    Where windows are known only at run time, the kernel takes their matrix as well.
    """
    pooled = -windows.ndim
    count = windows_counter(windows)

    @device_function
    def take(line, at, row, tap):  # type: ignore[no-untyped-def]
        row[tap] = line[at]

    @device_function
    def clear(row, tap):  # type: ignore[no-untyped-def]
        row[tap] = 0

    walk = _taps_walker(windows, border, take, clear)

    @device_function
    def windows_to_rows(x, *runtime_parameters):  # type: ignore[no-untyped-def]
        axes, counts = count(x.shape[pooled:], *runtime_parameters)
        y = np.empty(x.shape[:pooled] + counts + (count_taps(axes),), x.dtype)
        use_huge_pages(y)
        for item in np.ndindex(x.shape[:pooled]):
            walk(axes, counts, x[item], y[item])
        return y

    return windows_to_rows  # type: ignore[no-any-return]


def rows_to_windows(windows: Windows, border: str) -> Kernel:
    """Compile ``(rows, shape) -> y``: zeros of lengths `shape`, to which all taps are added.

    Where windows are known only at run time, the kernel takes their matrix as well.
    """
    last_axes = -windows.ndim - 1
    count = windows_counter(windows)
    lengths_type = (0,) * windows.ndim

    @device_function
    def add(line, at, row, tap):  # type: ignore[no-untyped-def]
        line[at] += row[tap]

    @device_function
    def skip(row, tap):  # type: ignore[no-untyped-def]
        pass

    walk = _taps_walker(windows, border, add, skip)

    @device_function
    def rows_to_windows(rows, shape, *runtime_parameters):  # type: ignore[no-untyped-def]
        lengths = unpooled_lengths(shape, lengths_type)
        axes, counts = count(lengths, *runtime_parameters)
        items = rows.shape[:last_axes]
        check_lengths(ROWS_DISAGREE, rows.shape, items + counts + (count_taps(axes),), 0)
        y = np.empty(items + lengths, rows.dtype)
        use_huge_pages(y)
        for item in np.ndindex(items):
            plane = y[item]
            plane[...] = 0
            walk(axes, counts, plane, rows[item])
        return y

    return rows_to_windows  # type: ignore[no-any-return]


@device_function
def count_taps(axes):  # type: ignore[no-untyped-def]
    """Return the number of taps of a window; raise `LengthError` if it is beyond an index."""
    taps = 1
    for i in range(len(axes)):
        window = axes[i].window
        if taps > MOST_ELEMENTS // window:
            raise LengthError(TOO_MANY_TAPS, i - len(axes), window + 0, 0)
        taps *= window
    return taps


def _taps_walker(windows: Windows, border: str, move: Kernel, leave: Kernel) -> Kernel:
    """Compile a walk over all taps of all windows, by lines of windows.

    ``walk(axes, counts, plane, rows)`` calls ``move(line, at, row, tap)`` where tap number `tap` of
    the window with the taps `row` is element `at` of `line`, along the last axis of the plane, and
    ``leave(row, tap)`` where the tap lies in a border of zeros.
    """
    ndim, is_static, wraps = windows.ndim, windows.is_static, border == "wrap"
    # Loops as long as a window are unrolled where the compiler sees how long it is.
    static_axes = tuple(windows.axes() if is_static else [AxisWindows(0, 0, 0, 0, 0)] * ndim)

    @device_function
    def walk(axes, counts, plane, rows):  # type: ignore[no-untyped-def]
        if is_static:
            axes = static_axes
        lengths = plane.shape
        length, count = lengths[-1], counts[-1]
        window, stride, before, _, dilation = axes[ndim - 1]
        taps = counts
        for i in range(ndim):
            taps = tuple_setitem(taps, i, axes[i].window)
        # The windows that lie inside the line with all their taps: low <= number < high.
        low = min(count, -(-before // stride))
        high = (length - 1 + before - (window - 1) * dilation) // stride + 1
        high = max(low, min(count, high))
        for index in np.ndindex(counts[:-1]):
            line_of_rows = rows[index]
            first = 0
            for outer_tap in np.ndindex(taps[:-1]):
                coordinates = outer_tap
                inside = True
                for i in range(ndim - 1):
                    axis = axes[i]
                    coordinate = index[i] * axis.stride - axis.before + outer_tap[i] * axis.dilation
                    if wraps:
                        coordinate %= lengths[i]
                    inside = inside and 0 <= coordinate < lengths[i]
                    coordinates = tuple_setitem(coordinates, i, coordinate)
                if inside:
                    line = plane[coordinates]
                    for number in range(low, high):
                        start = number * stride - before
                        for tap in range(window):
                            # Unsigned, so that Numba does not check for negative indices.
                            at = np.uint64(start + tap * dilation)
                            move(line, at, line_of_rows[number], np.uint64(first + tap))
                    for begin, end in ((0, low), (high, count)):
                        for number in range(begin, end):
                            start = number * stride - before
                            for tap in range(window):
                                at = start + tap * dilation
                                if wraps:
                                    at %= length
                                if 0 <= at < length:
                                    move(line, np.uint64(at), line_of_rows[number], first + tap)
                                else:
                                    leave(line_of_rows[number], first + tap)
                else:
                    for number in range(count):
                        for tap in range(window):
                            leave(line_of_rows[number], first + tap)
                first += window

    return walk  # type: ignore[no-any-return]
