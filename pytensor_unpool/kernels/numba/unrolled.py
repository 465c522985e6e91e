"""A walk over windows with all their taps unrolled: in blocks, and one by one.

Windows that reach over an edge need no code of their own: a tap outside is replaced by the
nearest tap inside. That tap is then seen twice, under its own number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd import LANES
from pytensor_unpool.kernels.numba.windows import Kernel

LARGEST_INT32 = 2**31 - 1


def unrolled_walk(
    windows: Windows, block: Kernel, visit: Kernel, *, by_taps: bool, extra: Kernel | None = None
) -> Kernel:
    """Compile a walk over all windows of a leading item.

    ``walk(counts, plane, arrays, in_blocks)`` calls ``block(plane, begins, begin, numbers, extra,
    arrays, at)``, a kernel of `blocks`, where windows lie inside on the last axis and their
    elements are neighbours in `plane`, if `in_blocks`. Some windows may be in two blocks.

    For every other window it calls ``visit(plane, arrays, index, starts, firsts, lasts)`` with
    three numbers each: the window's index, where it starts, its first and last taps inside. The
    index has a fourth, the number of the window in C order, which is `at` of a block.

    Taps are numbered in C order, by the taps of a window (`by_taps`) or by the elements of the
    plane, counted from one that blocks get as `extra`. Or they get what ``extra(start_a, start_b,
    length_a, length_b)`` returns of a line of windows.
    """
    (wa, sa, ba, _, da), (wb, sb, bb, _, db), (wc, sc, bc, _, dc) = three_axes(windows)
    three_lengths = three_lengths_of(windows.ndim)
    inside = windows_inside(windows)
    no_begins = (0,) * (wa * wb)

    @device_function
    def walk(counts, plane, arrays, in_blocks):  # type: ignore[no-untyped-def]
        at = 0
        length_a, length_b, length_c = three_lengths(plane.shape)
        count_a, count_b, count_c = three_lengths(counts)
        stride_a, stride_b, stride_c = three_lengths(plane.strides)
        low, high = inside(length_c, count_c)
        reach = ((wa - 1) * da * length_b + (wb - 1) * db) * length_c + (wc - 1) * dc
        is_countable = by_taps or reach <= LARGEST_INT32
        if not (in_blocks and stride_c == plane.itemsize and is_countable):
            high = low
        # The last block begins early where they do not divide: its first windows are done twice.
        blocks = -(-(high - low) // LANES)
        begins = numbers = no_begins
        for a in range(count_a):
            start_a = a * sa - ba
            first_a = max(0, -(start_a // da))
            last_a = min(wa - 1, (length_a - 1 - start_a) // da)
            for b in range(count_b):
                start_b = b * sb - bb
                first_b = max(0, -(start_b // db))
                last_b = min(wb - 1, (length_b - 1 - start_b) // db)
                place = (start_a + first_a * da) * length_b + start_b + first_b * db
                place = 0 if by_taps else place * length_c
                of_line = place if extra is None else extra(start_a, start_b, length_a, length_b)
                if blocks > 0:
                    for i in range(wa * wb):
                        tap_a = min(max(i // wb, first_a), last_a)
                        tap_b = min(max(i % wb, first_b), last_b)
                        at_a, at_b = start_a + tap_a * da, start_b + tap_b * db
                        number = (at_a * length_b + at_b) * length_c - place
                        number = (tap_a * wb + tap_b) * wc if by_taps else number
                        begins = tuple_setitem(begins, i, at_a * stride_a + at_b * stride_b)
                        numbers = tuple_setitem(numbers, i, number)
                for i in range(blocks):
                    c = min(low + i * LANES, high - LANES)
                    block(plane, begins, c * sc - bc, numbers, of_line, arrays, at + c)
                for edge in range(count_c - (high - low)):
                    c = edge if edge < low else edge + high - low
                    start_c = c * sc - bc
                    first_c = max(0, -(start_c // dc))
                    last_c = min(wc - 1, (length_c - 1 - start_c) // dc)
                    index, starts = (a, b, c, at + c), (start_a, start_b, start_c)
                    firsts, lasts = (first_a, first_b, first_c), (last_a, last_b, last_c)
                    visit(plane, arrays, index, starts, firsts, lasts)
                at += count_c

    return walk  # type: ignore[no-any-return]


def windows_inside(windows: Windows) -> Kernel:
    """Compile ``(length, count) -> (low, high)`` for the last axis.

    Windows from `low` to `high` lie inside at all of their taps. They fill a block, or are none.
    """
    wc, sc, bc, _, dc = windows.rows()[-1]

    @device_function
    def inside(length, count):  # type: ignore[no-untyped-def]
        low = min(count, -(-bc // sc))
        high = max(low, min(count, (length - 1 - (wc - 1) * dc + bc) // sc + 1))
        return low, (high if high - low >= LANES else low)

    return inside  # type: ignore[no-any-return]


def three_axes(windows: Windows) -> list[tuple[Any, ...]]:
    """Return the rows of three axes: missing ones are axes of one window with one tap."""
    return [(1, 1, 0, 0, 1)] * (3 - windows.ndim) + windows.rows()


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
