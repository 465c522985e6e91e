"""Pooling with all taps of a window unrolled, of arrays with neighbours on a leading axis.

The vectors run along the channels, one window after the other.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.lane_sums import block_sum
from pytensor_unpool.kernels.numba.lanes import LANES, block_maximum, tuple_of
from pytensor_unpool.kernels.numba.unrolled_pool import three_axes, three_lengths_of
from pytensor_unpool.kernels.numba.unrolled_sums import number_of_taps_on_axis
from pytensor_unpool.kernels.numba.windows import Kernel, inner


def channel_pool(windows: Windows, with_positions: bool) -> Kernel:
    """Compile ``(counts, item, outputs, row) -> None``.

    `item` has the channels first and the pooled axes behind them; its channels are neighbours in
    memory, `LANES` of them or more. They are so in the flat outputs too, the values and the
    positions, which are written from element `row` on.
    """
    maxima = block_maximum(1, 1, 1, place_step=0, with_positions=with_positions)

    @inner(forceinline=True)
    def pool_window(item, begins, insides, places, window, outputs, row):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        # The last block begins early where they do not divide: its first channels are done twice.
        for block in range(-(-channels // LANES)):
            channel = min(block * LANES, channels - LANES)
            maxima(item, begins, channel, places, 0, outputs[0], outputs[1], row + channel)

    return _walk_windows(windows, pool_window)


def channel_sum(windows: Windows, mode: str) -> Kernel:
    """Compile ``(counts, item, outputs, row) -> None``: as `channel_pool`, with one output."""
    (wa, _, ba, aa, da), (wb, _, bb, ab, db), (wc, _, bc, ac, dc) = three_axes(windows)
    three_lengths = three_lengths_of(windows.ndim)
    number_of_taps = number_of_taps_on_axis(mode == "average_inc_pad")
    divides = mode != "sum"
    may_be_outside = windows.partial_windows or ba + aa + bb + ab + bc + ac > 0
    sums = block_sum(1, 1, 1, divides=divides, may_be_outside=may_be_outside)

    @inner(forceinline=True)
    def pool_window(item, begins, insides, places, window, outputs, row):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        length_a, length_b, length_c = three_lengths(item.shape[1:])
        taps = 1
        if divides:
            taps *= number_of_taps(window[0], wa, da, length_a, ba, aa)
            taps *= number_of_taps(window[1], wb, db, length_b, bb, ab)
            taps *= number_of_taps(window[2], wc, dc, length_c, bc, ac)
        divisor = item.dtype.type(taps)
        for block in range(-(-channels // LANES)):
            channel = min(block * LANES, channels - LANES)
            sums(item, begins, insides, channel, divisor, outputs[0], row + channel)

    return _walk_windows(windows, pool_window)


def _walk_windows(windows: Windows, visit: Kernel) -> Kernel:
    """Compile the way through all windows of an item.

    ``visit(item, begins, insides, places, window, outputs, row)`` learns where every tap is: its
    first element in memory, whether it is inside, and its place in the flattened plane. For a tap
    outside, they are those of the nearest inside. `window` is where the window starts on three
    axes, and `row` where its outputs do.
    """
    (wa, sa, ba, _, da), (wb, sb, bb, _, db), (wc, sc, bc, _, dc) = three_axes(windows)
    three_lengths = three_lengths_of(windows.ndim)
    taps = wa * wb * wc
    as_tuple = tuple_of(taps)

    @inner
    def pool_item(counts, item, outputs, row):  # type: ignore[no-untyped-def]
        length_a, length_b, length_c = three_lengths(item.shape[1:])
        stride_a, stride_b, stride_c = three_lengths(item.strides[1:])
        count_a, count_b, count_c = three_lengths(counts)
        # Of the taps' rows: where they begin, whether they are inside, and their places.
        lines = np.empty((3, wa * wb), np.int64)
        begins, insides, places = np.empty((3, taps), np.int64)
        for line in range(count_a * count_b):
            a, b = line // count_b * sa - ba, line % count_b * sb - bb
            first_a, last_a = max(0, -(a // da)), min(wa - 1, (length_a - 1 - a) // da)
            first_b, last_b = max(0, -(b // db)), min(wb - 1, (length_b - 1 - b) // db)
            for i in range(wa * wb):
                tap_a = min(max(i // wb, first_a), last_a)
                tap_b = min(max(i % wb, first_b), last_b)
                at_a, at_b = a + tap_a * da, b + tap_b * db
                lines[0, i] = at_a * stride_a + at_b * stride_b
                lines[1, i] = tap_a * wb + tap_b == i
                lines[2, i] = (at_a * length_b + at_b) * length_c
            for number in range(count_c):
                c = number * sc - bc
                first_c, last_c = max(0, -(c // dc)), min(wc - 1, (length_c - 1 - c) // dc)
                for i in range(wa * wb):
                    for k in range(wc):
                        tap_c = min(max(k, first_c), last_c)
                        at_c = c + tap_c * dc
                        tap = i * wc + k
                        begins[tap] = (lines[0, i] + at_c * stride_c) // item.itemsize
                        insides[tap] = lines[1, i] & (tap_c == k)
                        places[tap] = lines[2, i] + at_c
                where = as_tuple(begins), as_tuple(insides), as_tuple(places)
                visit(item, where[0], where[1], where[2], (a, b, c), outputs, row)
                row += item.shape[0]

    return pool_item  # type: ignore[no-any-return]
