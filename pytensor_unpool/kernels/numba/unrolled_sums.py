"""Sum and average pooling with all taps of a window unrolled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import overload

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.lane_sums import block_sum
from pytensor_unpool.kernels.numba.lanes import LANES
from pytensor_unpool.kernels.numba.unrolled_pool import element_at, three_axes, three_lengths_of
from pytensor_unpool.kernels.numba.windows import Kernel, inner


def unrolled_sum_plane(windows: Windows, mode: str) -> Kernel:
    """Compile ``(rows, counts, plane, out) -> None`` for one leading item.

    `out` is contiguous.
    """
    (wa, sa, ba, aa, da), (wb, sb, bb, ab, db), (wc, sc, bc, ac, dc) = three_axes(windows)
    three_lengths = three_lengths_of(windows.ndim)
    number_of_taps = number_of_taps_on_axis(mode == "average_inc_pad")
    window_sum = _window_sum(windows)
    divides = mode != "sum"
    may_be_outside = windows.partial_windows or ba + bb + aa + ab > 0
    block_sums = block_sum(wc, sc, dc, divides=divides, may_be_outside=may_be_outside)
    no_begins, no_insides = (0,) * (wa * wb), (False,) * (wa * wb)

    @inner
    def pool_plane(rows, counts, plane, out):  # type: ignore[no-untyped-def]
        out = out.reshape(-1)
        row = 0
        length_a, length_b, length_c = three_lengths(plane.shape)
        count_a, count_b, count_c = three_lengths(counts)
        stride_a, stride_b, stride_c = three_lengths(plane.strides)
        # Windows from `low` to `high` lie inside on the last axis, at all of their taps.
        low = min(count_c, -(-bc // sc))
        high = max(low, min(count_c, (length_c - 1 - (wc - 1) * dc + bc) // sc + 1))
        if high - low < LANES or stride_c != plane.itemsize:
            high = low
        # The last block begins early where they do not divide: its first windows are done twice.
        blocks = -(-(high - low) // LANES)
        begins, insides = no_begins, no_insides
        for a in range(count_a):
            start_a = a * sa - ba
            first_a, last_a = taps_inside(start_a, wa, da, 0, length_a)
            taps_a = number_of_taps(start_a, wa, da, length_a, ba, aa)
            for b in range(count_b):
                start_b = b * sb - bb
                first_b, last_b = taps_inside(start_b, wb, db, 0, length_b)
                taps = taps_a * number_of_taps(start_b, wb, db, length_b, bb, ab)
                if blocks > 0:
                    for i in range(wa * wb):
                        # In place of a row outside, which is not added, the nearest inside is read.
                        tap_a = min(max(i // wb, first_a), last_a)
                        tap_b = min(max(i % wb, first_b), last_b)
                        x_a, x_b = start_a + tap_a * da, start_b + tap_b * db
                        begin = (x_a * stride_a + x_b * stride_b) // plane.itemsize - bc
                        begins = tuple_setitem(begins, i, begin)
                        insides = tuple_setitem(insides, i, tap_a * wb + tap_b == i)
                divisor = plane.dtype.type(taps * wc)
                for block in range(blocks):
                    c = min(low + block * LANES, high - LANES)
                    block_sums(plane, begins, insides, c * sc, divisor, out, row + c)
                starts_ab = (start_a, first_a, last_a, start_b, first_b, last_b)
                for edge in range(count_c - (high - low)):
                    c = edge if edge < low else edge + high - low
                    start_c = c * sc - bc
                    first_c, last_c = taps_inside(start_c, wc, dc, 0, length_c)
                    total = window_sum(plane, starts_ab, start_c, first_c, last_c)
                    if divides:
                        n = taps * number_of_taps(start_c, wc, dc, length_c, bc, ac)
                        total = quotient(total, n)
                    out[row + c] = total
                row += count_c

    return pool_plane  # type: ignore[no-any-return]


@inner(forceinline=True)
def taps_inside(start, window, dilation, low, high):  # type: ignore[no-untyped-def]
    """Return the first and the last tap of a window between `low` and `high`."""
    first = max(0, -((start - low) // dilation))
    return first, min(window - 1, (high - 1 - start) // dilation)


def number_of_taps_on_axis(with_padding: bool) -> Kernel:
    """Compile the number of a window's taps on an axis that an average divides by."""

    @inner(forceinline=True)
    def number_of_taps(start, window, dilation, length, before, after):  # type: ignore[no-untyped-def]
        low = -before if with_padding else 0
        high = length + after if with_padding else length
        first, last = taps_inside(start, window, dilation, low, high)
        return last - first + 1

    return number_of_taps  # type: ignore[no-any-return]


def _window_sum(windows: Windows) -> Kernel:
    """Compile the sum of one window, of which each axis brings the first and last tap inside."""
    at = element_at(windows.ndim)
    (_, _, _, _, da), (_, _, _, _, db), (_, _, _, _, dc) = three_axes(windows)

    @inner(forceinline=True)
    def window_sum(plane, starts_ab, start_c, first_c, last_c):  # type: ignore[no-untyped-def]
        start_a, first_a, last_a, start_b, first_b, last_b = starts_ab
        total = plane.dtype.type(0)
        for i in range(first_a, last_a + 1):
            for j in range(first_b, last_b + 1):
                for k in range(first_c, last_c + 1):
                    element = at(plane, start_a + i * da, start_b + j * db, start_c + k * dc)
                    # Numba would make wider integers of the sum, which do not wrap.
                    total = plane.dtype.type(total + element)
        return total

    return window_sum  # type: ignore[no-any-return]


def quotient(total: Any, divisor: Any) -> Any:
    """Return what a sum gives, divided by a positive integer: cut towards zero if it is integer."""
    raise NotImplementedError("only compiled code calls this")


@overload(quotient)
def _quotient(total, divisor):  # type: ignore[no-untyped-def]
    if isinstance(total, types.Float):
        dtype = np.dtype(str(total)).type
        return lambda total, divisor: total / dtype(divisor)
    if total.signed:

        def signed(total, divisor):  # type: ignore[no-untyped-def]
            floor = total // divisor
            return floor + (total < 0 and floor * divisor != total)

        return signed
    return lambda total, divisor: np.uint64(total) // np.uint64(divisor)
