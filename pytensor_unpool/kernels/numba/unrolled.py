"""A walk over windows with all their taps unrolled: in blocks, and one by one.

Windows that reach over an edge need no code of their own: a tap outside is replaced by the
nearest tap inside. That tap is then seen twice, under its own number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.windows import Kernel
from pytensor_unpool.kernels.tuning import LANES

LARGEST_INT32 = 2**31 - 1


def unrolled_walk(
    windows: Windows, block: Kernel, visit: Kernel, *, by_taps: bool, extra: Kernel | None = None
) -> Kernel:
    """Compile a walk over all windows of a leading item.

    ``walk(counts, plane, arrays, in_blocks)`` calls ``block(plane, line_offsets, start,
    tap_numbers, extra, arrays, index)``, a kernel of `max_pool_simd` or `pool_simd`, where windows
    lie inside on the last axis and their elements are neighbours in `plane`, if `in_blocks`. Some
    windows may be in two blocks.

    For every other window it calls ``visit(plane, arrays, index, starts, firsts, lasts)`` with
    three integers each: the window's index, where it starts, its first and last taps inside. The
    index has a fourth, the number of the window in C order, which is the `index` of a block.

    Taps are numbered in C order, by the taps of a window (`by_taps`) or by the elements of the
    plane, counted from one that blocks get as `extra`. Or they get what ``extra(start_a, start_b,
    length_a, length_b)`` returns for a line of windows.
    """
    three = three_axes(windows)
    window_a, window_b, window_c = three.window
    stride_a, stride_b, stride_c = three.stride
    before_a, before_b, before_c = three.before
    dilation_a, dilation_b, dilation_c = three.dilation
    three_lengths = three_lengths_of(windows.ndim)
    inside = windows_inside(windows)
    lines = window_a * window_b
    no_offsets, last_tap = (0,) * lines, last_tap_of(three)

    @device_function
    def walk(counts, plane, arrays, in_blocks):  # type: ignore[no-untyped-def]
        at, line_offsets, tap_numbers = 0, no_offsets, no_offsets
        length_a, length_b, length_c = three_lengths(plane.shape)
        count_a, count_b, count_c = three_lengths(counts)
        byte_stride_a, byte_stride_b, byte_stride_c = three_lengths(plane.strides)
        low, high = inside(length_c, count_c)
        fits_int32 = by_taps or last_tap(length_b, length_c) <= LARGEST_INT32
        high = high if in_blocks and byte_stride_c == plane.itemsize and fits_int32 else low
        # If they do not divide, the last block overlaps the one before, doing some windows twice.
        blocks = -(-(high - low) // LANES)
        for a in range(count_a):
            start_a = a * stride_a - before_a
            first_a, last_a = taps_inside(start_a, window_a, dilation_a, length_a)
            for b in range(count_b):
                start_b = b * stride_b - before_b
                first_b, last_b = taps_inside(start_b, window_b, dilation_b, length_b)
                counted_from = (start_a + first_a * dilation_a) * length_b
                counted_from += start_b + first_b * dilation_b
                counted_from = 0 if by_taps else counted_from * length_c
                of_line = counted_from
                if extra is not None:
                    of_line = extra(start_a, start_b, length_a, length_b)
                if blocks > 0:
                    for i in range(lines):
                        tap_a = min(max(i // window_b, first_a), last_a)
                        tap_b = min(max(i % window_b, first_b), last_b)
                        at_a = start_a + tap_a * dilation_a
                        at_b = start_b + tap_b * dilation_b
                        number = (at_a * length_b + at_b) * length_c - counted_from
                        number = (tap_a * window_b + tap_b) * window_c if by_taps else number
                        offset = at_a * byte_stride_a + at_b * byte_stride_b
                        line_offsets = tuple_setitem(line_offsets, i, offset)
                        tap_numbers = tuple_setitem(tap_numbers, i, number)
                for i in range(blocks):
                    c = min(low + i * LANES, high - LANES)
                    start_c = c * stride_c - before_c
                    block(plane, line_offsets, start_c, tap_numbers, of_line, arrays, at + c)
                for edge in range(count_c - (high - low)):
                    c = edge if edge < low else edge + high - low
                    start_c = c * stride_c - before_c
                    first_c, last_c = taps_inside(start_c, window_c, dilation_c, length_c)
                    index, starts = (a, b, c, at + c), (start_a, start_b, start_c)
                    firsts, lasts = (first_a, first_b, first_c), (last_a, last_b, last_c)
                    visit(plane, arrays, index, starts, firsts, lasts)
                at += count_c

    return walk  # type: ignore[no-any-return]


@device_function
def taps_inside(start, window, dilation, length):  # type: ignore[no-untyped-def]
    """Return the first and the last tap of a window that lie inside the axis."""
    return max(0, -(start // dilation)), min(window - 1, (length - 1 - start) // dilation)


def last_tap_of(three: ThreeAxes) -> Kernel:
    """Compile ``(length_b, length_c) -> offset``: how far the last tap is from the first one."""
    steps = [(n - 1) * d for n, d in zip(three.window, three.dilation, strict=True)]
    step_a, step_b, step_c = steps

    @device_function
    def last_tap(length_b, length_c):  # type: ignore[no-untyped-def]
        return (step_a * length_b + step_b) * length_c + step_c

    return last_tap  # type: ignore[no-any-return]


def windows_inside(windows: Windows) -> Kernel:
    """Compile ``(length, count) -> (low, high)`` for the last axis.

    Windows from `low` to `high` lie inside at all of their taps. They fill a block, or are none.
    """
    window, stride, before, _, dilation = windows.axes()[-1]

    @device_function
    def inside(length, count):  # type: ignore[no-untyped-def]
        low = min(count, -(-before // stride))
        reach = length - 1 - (window - 1) * dilation + before
        high = max(low, min(count, reach // stride + 1))
        return low, (high if high - low >= LANES else low)

    return inside  # type: ignore[no-any-return]


class ThreeAxes(NamedTuple):
    """The windows of three axes, field by field."""

    window: tuple[int, int, int]
    stride: tuple[int, int, int]
    before: tuple[int, int, int]
    after: tuple[int, int, int]
    dilation: tuple[int, int, int]

    def axes(self) -> list[AxisWindows]:
        """Return the same, axis by axis."""
        return [AxisWindows(*axis) for axis in zip(*self, strict=True)]


def three_axes(windows: Windows) -> ThreeAxes:
    """Return static windows on three axes: missing ones are axes of one window with one tap."""
    axes = [AxisWindows(1, 1, 0, 0, 1)] * (3 - windows.ndim) + windows.axes()
    return ThreeAxes(*zip(*axes, strict=True))


def three_lengths_of(ndim: int) -> Kernel:
    """Compile the step from a tuple of `ndim` lengths to those of three axes."""
    if ndim == 1:
        return device_function(lambda lengths: (1, 1, lengths[0]))  # type: ignore[no-any-return]
    if ndim == 2:
        return device_function(lambda lengths: (1, lengths[0], lengths[1]))  # type: ignore[no-any-return]
    return device_function(lambda lengths: (lengths[0], lengths[1], lengths[2]))  # type: ignore[no-any-return]


def element_of(ndim: int) -> Kernel:
    """Compile ``(plane, a, b, c) -> element`` for planes of `ndim` axes."""
    # Numba lets a signed index count from the end, which hides from the vectoriser that
    # elements are neighbours. Unsigned ones are taken as they are.
    if ndim == 1:

        @device_function(forceinline=True)
        def at(plane, a, b, c):  # type: ignore[no-untyped-def]
            return plane[np.uint64(c)]

    elif ndim == 2:

        @device_function(forceinline=True)
        def at(plane, a, b, c):  # type: ignore[no-untyped-def]
            return plane[np.uint64(b), np.uint64(c)]

    else:

        @device_function(forceinline=True)
        def at(plane, a, b, c):  # type: ignore[no-untyped-def]
            return plane[np.uint64(a), np.uint64(b), np.uint64(c)]

    return at  # type: ignore[no-any-return]
