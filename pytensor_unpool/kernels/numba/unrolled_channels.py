"""Pooling with all taps of a window unrolled, of arrays with neighbours on a leading axis.

The vectors run along the channels, one window after the other.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.channels import row_at
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_pool_simd import block_maximum, block_unpool
from pytensor_unpool.kernels.numba.pool_simd import block_sum
from pytensor_unpool.kernels.numba.pool_unrolled import number_of_taps_on_axis
from pytensor_unpool.kernels.numba.simd import LANES, WindowRow, tuple_of
from pytensor_unpool.kernels.numba.unrolled import three_axes, three_lengths_of
from pytensor_unpool.kernels.numba.windows import Kernel

# Along the channels, all that neighbours have is one tap: windows are walked through outside.
ONE_TAP = WindowRow(1, 1, 1)


def channel_pool(windows: Windows, *, by_taps: bool) -> Kernel:
    """Compile ``(counts, item, outputs, row) -> None``.

    `item` has the channels first and the pooled axes behind them; its channels are neighbours in
    memory, `LANES` of them or more. They are so in the flat outputs too, the values and what else
    is wanted, which are written from element `row` on. Without `by_taps` the elements of a plane
    must be no more than an int32 counts.
    """
    maxima = block_maximum(ONE_TAP, number_step=0, place_step=None)

    @device_function(forceinline=True)
    def pool_window(item, begins, numbers, starts, outputs, row):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        # The last block begins early where they do not divide: its first channels are done twice.
        for block in range(-(-channels // LANES)):
            channel = min(block * LANES, channels - LANES)
            maxima(item, begins, channel, numbers, 0, outputs, row + channel)

    return _walk_windows(windows, pool_window, by_taps)


def channel_sum(windows: Windows, mode: str) -> Kernel:
    """Compile ``(counts, item, outputs, row) -> None``: as `channel_pool`, with one output."""
    (wa, _, ba, aa, da), (wb, _, bb, ab, db), (wc, _, bc, ac, dc) = three_axes(windows)
    three_lengths = three_lengths_of(windows.ndim)
    number_of_taps = number_of_taps_on_axis(mode == "average_inc_pad")
    divides = mode != "sum"
    may_be_outside = windows.partial_windows or ba + aa + bb + ab + bc + ac > 0
    sums = block_sum(ONE_TAP, divides=divides, may_be_outside=may_be_outside)

    @device_function(forceinline=True)
    def pool_window(item, begins, numbers, starts, outputs, row):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        length_a, length_b, length_c = three_lengths(item.shape[1:])
        taps = 1
        if divides:
            taps *= number_of_taps(starts[0], wa, da, length_a, ba, aa)
            taps *= number_of_taps(starts[1], wb, db, length_b, bb, ab)
            taps *= number_of_taps(starts[2], wc, dc, length_c, bc, ac)
        for block in range(-(-channels // LANES)):
            channel = min(block * LANES, channels - LANES)
            sums(item, begins, channel, numbers, taps, outputs, row + channel)

    return _walk_windows(windows, pool_window, by_taps=True)


def channel_tap_unpool(windows: Windows) -> Kernel:
    """Compile ``(counts, item, inputs, 0) -> None``: each window's value to its tap.

    `item`, to which is written, and the `inputs`, the values and the taps, have their channels
    first, neighbours in memory. The windows' other taps get zeros.
    """
    (_, sa, ba, _, _), (_, sb, bb, _, _), (_, sc, bc, _, _) = three_axes(windows)
    index_of = _index_of(windows.ndim)
    unpool = block_unpool(ONE_TAP)

    @device_function(forceinline=True)
    def unpool_window(item, begins, numbers, starts, inputs, row):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        index = index_of((starts[0] + ba) // sa, (starts[1] + bb) // sb, (starts[2] + bc) // sc)
        moved = row_at(inputs[0], index), row_at(inputs[1], index)
        for block in range(-(-channels // LANES)):
            channel = min(block * LANES, channels - LANES)
            unpool(item, begins, channel, numbers, 0, moved, channel)

    return _walk_windows(windows, unpool_window, by_taps=True)


def _index_of(ndim: int) -> Kernel:
    """Compile the step from an index on three axes to that on the last `ndim` of them."""
    if ndim == 1:
        return device_function(lambda a, b, c: (c,))  # type: ignore[no-any-return]
    if ndim == 2:
        return device_function(lambda a, b, c: (b, c))  # type: ignore[no-any-return]
    return device_function(lambda a, b, c: (a, b, c))  # type: ignore[no-any-return]


def _walk_windows(windows: Windows, visit: Kernel, by_taps: bool) -> Kernel:
    """Compile the way through all windows of an item.

    ``visit(item, begins, numbers, starts, outputs, row)`` learns where every tap begins in memory,
    and its number: among the taps of the window (`by_taps`) or the elements of the plane. For a tap
    outside, they are those of the nearest inside. The window starts at `starts` on three axes, and
    its outputs at `row`.
    """
    (wa, sa, ba, _, da), (wb, sb, bb, _, db), (wc, sc, bc, _, dc) = three_axes(windows)
    three_lengths = three_lengths_of(windows.ndim)
    taps = wa * wb * wc
    as_tuple = tuple_of(taps)

    @device_function
    def pool_item(counts, item, outputs, row):  # type: ignore[no-untyped-def]
        length_a, length_b, length_c = three_lengths(item.shape[1:])
        stride_a, stride_b, stride_c = three_lengths(item.strides[1:])
        count_a, count_b, count_c = three_lengths(counts)
        # Of the taps' rows: where they begin, and their numbers.
        lines = np.empty((2, wa * wb), np.int64)
        begins, numbers = np.empty((2, taps), np.int64)
        for line in range(count_a * count_b):
            a, b = line // count_b * sa - ba, line % count_b * sb - bb
            first_a, last_a = max(0, -(a // da)), min(wa - 1, (length_a - 1 - a) // da)
            first_b, last_b = max(0, -(b // db)), min(wb - 1, (length_b - 1 - b) // db)
            for i in range(wa * wb):
                tap_a = min(max(i // wb, first_a), last_a)
                tap_b = min(max(i % wb, first_b), last_b)
                at_a, at_b = a + tap_a * da, b + tap_b * db
                lines[0, i] = at_a * stride_a + at_b * stride_b
                number = (tap_a * wb + tap_b) * wc
                lines[1, i] = number if by_taps else (at_a * length_b + at_b) * length_c
            for window in range(count_c):
                c = window * sc - bc
                first_c, last_c = max(0, -(c // dc)), min(wc - 1, (length_c - 1 - c) // dc)
                for i in range(wa * wb):
                    for k in range(wc):
                        tap_c = min(max(k, first_c), last_c)
                        at_c = c + tap_c * dc
                        begins[i * wc + k] = lines[0, i] + at_c * stride_c
                        numbers[i * wc + k] = lines[1, i] + (tap_c if by_taps else at_c)
                visit(item, as_tuple(begins), as_tuple(numbers), (a, b, c), outputs, row)
                row += item.shape[0]

    return pool_item  # type: ignore[no-any-return]
