"""Windows as rows, and rows added up in windows, in Numba."""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.errors import ROWS_DISAGREE, TOO_MANY_TAPS, LengthError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.max_unpool import MOST_ELEMENTS
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_unpool import unpooled_lengths
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel, check_lengths, windows_counter


def windows_to_rows(windows: Windows, border: str) -> Kernel:
    """Compile ``x -> rows``, all taps of every window along a new last axis.

    Where a number in `windows` is not known, the kernel takes their matrix as well.
    """
    pooled = -windows.ndim
    count = windows_counter(windows)

    @device_function
    def take(line, place, row, tap):  # type: ignore[no-untyped-def]
        row[tap] = line[place]

    @device_function
    def clear(row, tap):  # type: ignore[no-untyped-def]
        row[tap] = 0

    walk = _rows_walker(windows, border, take, clear)

    @device_function
    def windows_to_rows(x, *numbers):  # type: ignore[no-untyped-def]
        known, counts = count(x.shape[pooled:], *numbers)
        y = np.empty(x.shape[:pooled] + counts + (count_taps(known),), x.dtype)
        use_huge_pages(y)
        for item in np.ndindex(x.shape[:pooled]):
            walk(known, counts, x[item], y[item])
        return y

    return windows_to_rows  # type: ignore[no-any-return]


def rows_to_windows(windows: Windows, border: str) -> Kernel:
    """Compile ``(rows, shape) -> y``: zeros of lengths `shape`, to which all taps are added.

    Where a number in `windows` is not known, the kernel takes their matrix as well.
    """
    last_axes = -windows.ndim - 1
    count = windows_counter(windows)
    some_lengths = (0,) * windows.ndim

    @device_function
    def add(line, place, row, tap):  # type: ignore[no-untyped-def]
        line[place] += row[tap]

    @device_function
    def skip(row, tap):  # type: ignore[no-untyped-def]
        pass

    walk = _rows_walker(windows, border, add, skip)

    @device_function
    def rows_to_windows(rows, shape, *numbers):  # type: ignore[no-untyped-def]
        lengths = unpooled_lengths(shape, some_lengths)
        known, counts = count(lengths, *numbers)
        items = rows.shape[:last_axes]
        check_lengths(ROWS_DISAGREE, rows.shape, items + counts + (count_taps(known),), 0)
        y = np.empty(items + lengths, rows.dtype)
        use_huge_pages(y)
        for item in np.ndindex(items):
            plane = y[item]
            plane[...] = 0
            walk(known, counts, plane, rows[item])
        return y

    return rows_to_windows  # type: ignore[no-any-return]


@device_function
def count_taps(known):  # type: ignore[no-untyped-def]
    """Return the number of taps of a window; raise `LengthError` if it is beyond an index."""
    taps = 1
    for i in range(len(known)):
        window = known[i][0]
        if taps > MOST_ELEMENTS // window:
            raise LengthError(TOO_MANY_TAPS, i - len(known), window + 0, 0)
        taps *= window
    return taps


def _rows_walker(windows: Windows, border: str, move: Kernel, leave: Kernel) -> Kernel:
    """Compile a walk over all taps of all windows, by rows of windows.

    ``walk(known, counts, plane, rows)`` calls ``move(line, place, row, tap)`` where tap number
    `tap` of the window with the taps `row` is element `place` of `line`, a row of the plane, and
    ``leave(row, tap)`` where the tap lies in a border of zeros. `known` has the numbers of the
    windows of each axis, `counts` how many windows it has; `rows` has one entry a tap.
    """
    ndim, is_static, wraps = windows.ndim, windows.is_static, border == "wrap"
    # Loops as long as a window are unrolled where the compiler sees how long it is.
    static = tuple(windows.rows()) if is_static else ((0, 0, 0, 0, 0),) * ndim

    @device_function
    def walk(known, counts, plane, rows):  # type: ignore[no-untyped-def]
        if is_static:
            known = static
        lengths = plane.shape
        length, count = lengths[-1], counts[-1]
        window, stride, before, _, dilation = known[ndim - 1]
        taps = counts
        for i in range(ndim):
            taps = tuple_setitem(taps, i, known[i][0])
        # The windows of a row that lie inside it with all their taps: low <= number < high.
        low = min(count, -(-before // stride))
        high = (length - 1 + before - (window - 1) * dilation) // stride + 1
        high = max(low, min(count, high))
        for index in np.ndindex(counts[:-1]):
            row = rows[index]
            first = 0
            for outer_tap in np.ndindex(taps[:-1]):
                coordinates = outer_tap
                inside = True
                for i in range(ndim - 1):
                    coordinate = index[i] * known[i][1] - known[i][2] + outer_tap[i] * known[i][4]
                    if wraps:
                        coordinate %= lengths[i]
                    inside = inside and 0 <= coordinate < lengths[i]
                    coordinates = tuple_setitem(coordinates, i, coordinate)
                if inside:
                    line = plane[coordinates]
                    for number in range(low, high):
                        start = number * stride - before
                        for tap in range(window):
                            # Unsigned, so that Numba looks for no index that counts from the end.
                            place = np.uint64(start + tap * dilation)
                            move(line, place, row[number], np.uint64(first + tap))
                    for begin, end in ((0, low), (high, count)):
                        for number in range(begin, end):
                            start = number * stride - before
                            for tap in range(window):
                                place = start + tap * dilation
                                if wraps:
                                    place %= length
                                if 0 <= place < length:
                                    move(line, np.uint64(place), row[number], first + tap)
                                else:
                                    leave(row[number], first + tap)
                else:
                    for number in range(count):
                        for tap in range(window):
                            leave(row[number], first + tap)
                first += window

    return walk  # type: ignore[no-any-return]
