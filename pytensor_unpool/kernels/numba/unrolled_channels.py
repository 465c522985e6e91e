"""Pooling with all taps of a window unrolled, of arrays with neighbours on a leading axis.

The vectors run along the channels, one window after the other.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.pool import PoolMode
from pytensor_unpool.kernels.numba.channels import channels_at
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_pool_simd import block_maximum, block_unpool
from pytensor_unpool.kernels.numba.pool_simd import block_sum
from pytensor_unpool.kernels.numba.pool_unrolled import number_of_taps_on_axis
from pytensor_unpool.kernels.numba.simd import BlockWindows, tuple_of
from pytensor_unpool.kernels.numba.unrolled import three_axes, three_lengths_of
from pytensor_unpool.kernels.numba.windows import Kernel
from pytensor_unpool.kernels.tuning import LANES

# Along the channels, a block has just one tap: the walk through the windows is outside.
ONE_TAP = BlockWindows(1, 1, 1)


def channel_pool(windows: Windows, *, by_taps: bool) -> Kernel:
    """Compile ``(counts, item, outputs, begin) -> None``.

    `item` has the channels first and the pooled axes after them; its channels are neighbours in
    memory, `LANES` of them or more. They are so in the flat outputs too, the values and what else
    is wanted, which are written from element `begin` on. Without `by_taps` the elements of a plane
    must be no more than an int32 counts.
    """
    maxima = block_maximum(ONE_TAP, tap_step=0, position_step=None)

    @device_function(forceinline=True)
    def pool_window(item, tap_offsets, tap_numbers, starts, outputs, begin):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        # If they do not divide, the last block overlaps the one before, doing some channels twice.
        for block in range(-(-channels // LANES)):
            channel = min(block * LANES, channels - LANES)
            maxima(item, tap_offsets, channel, tap_numbers, 0, outputs, begin + channel)

    return _walk_windows(windows, pool_window, by_taps)


def channel_sum(windows: Windows, mode: PoolMode) -> Kernel:
    """Compile ``(counts, item, outputs, begin) -> None``: as `channel_pool`, with one output."""
    axis_a, axis_b, axis_c = axes = three_axes(windows).axes()
    three_lengths = three_lengths_of(windows.ndim)
    number_of_taps = number_of_taps_on_axis(mode.counts_padding)
    divides = mode.is_average
    may_be_outside = windows.partial_windows or any(axis.before + axis.after for axis in axes)
    sums = block_sum(ONE_TAP, divides=divides, may_be_outside=may_be_outside)

    @device_function(forceinline=True)
    def pool_window(item, tap_offsets, tap_numbers, starts, outputs, begin):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        length_a, length_b, length_c = three_lengths(item.shape[1:])
        taps = 1
        if divides:
            taps *= number_of_taps(axis_a, starts[0], length_a)
            taps *= number_of_taps(axis_b, starts[1], length_b)
            taps *= number_of_taps(axis_c, starts[2], length_c)
        for block in range(-(-channels // LANES)):
            channel = min(block * LANES, channels - LANES)
            sums(item, tap_offsets, channel, tap_numbers, taps, outputs, begin + channel)

    return _walk_windows(windows, pool_window, by_taps=True)


def channel_tap_unpool(windows: Windows) -> Kernel:
    """Compile ``(counts, item, inputs, 0) -> None``: each window's value to its tap.

    `item`, to which is written, and the `inputs`, the values and the taps, have their channels
    first, neighbours in memory. The windows' other taps get zeros.
    """
    three = three_axes(windows)
    stride_a, stride_b, stride_c = three.stride
    before_a, before_b, before_c = three.before
    index_of = _index_of(windows.ndim)
    unpool = block_unpool(ONE_TAP)

    @device_function(forceinline=True)
    def unpool_window(item, tap_offsets, tap_numbers, starts, inputs, begin):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        index = index_of(
            (starts[0] + before_a) // stride_a,
            (starts[1] + before_b) // stride_b,
            (starts[2] + before_c) // stride_c,
        )
        moved = channels_at(inputs[0], index), channels_at(inputs[1], index)
        for block in range(-(-channels // LANES)):
            channel = min(block * LANES, channels - LANES)
            unpool(item, tap_offsets, channel, tap_numbers, 0, moved, channel)

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

    ``visit(item, tap_offsets, tap_numbers, starts, outputs, begin)`` gets for every tap its offset
    in bytes, and its number: among the taps of the window (`by_taps`) or the elements of the plane.
    For a tap outside, they are those of the nearest inside. The window starts at `starts` on three
    axes, and its outputs at element `begin`.
    """
    three = three_axes(windows)
    window_a, window_b, window_c = three.window
    stride_a, stride_b, stride_c = three.stride
    before_a, before_b, before_c = three.before
    dilation_a, dilation_b, dilation_c = three.dilation
    three_lengths = three_lengths_of(windows.ndim)
    lines = window_a * window_b
    taps = lines * window_c
    as_tuple = tuple_of(taps)

    @device_function
    def walk(counts, item, outputs, begin):  # type: ignore[no-untyped-def]
        length_a, length_b, length_c = three_lengths(item.shape[1:])
        byte_stride_a, byte_stride_b, byte_stride_c = three_lengths(item.strides[1:])
        count_a, count_b, count_c = three_lengths(counts)
        line_offsets, line_numbers = np.empty((2, lines), np.int64)
        tap_offsets, tap_numbers = np.empty((2, taps), np.int64)
        for line in range(count_a * count_b):
            a = line // count_b * stride_a - before_a
            b = line % count_b * stride_b - before_b
            first_a = max(0, -(a // dilation_a))
            last_a = min(window_a - 1, (length_a - 1 - a) // dilation_a)
            first_b = max(0, -(b // dilation_b))
            last_b = min(window_b - 1, (length_b - 1 - b) // dilation_b)
            for i in range(lines):
                tap_a = min(max(i // window_b, first_a), last_a)
                tap_b = min(max(i % window_b, first_b), last_b)
                at_a, at_b = a + tap_a * dilation_a, b + tap_b * dilation_b
                line_offsets[i] = at_a * byte_stride_a + at_b * byte_stride_b
                number = (tap_a * window_b + tap_b) * window_c
                line_numbers[i] = number if by_taps else (at_a * length_b + at_b) * length_c
            for window in range(count_c):
                c = window * stride_c - before_c
                first_c = max(0, -(c // dilation_c))
                last_c = min(window_c - 1, (length_c - 1 - c) // dilation_c)
                for i in range(lines):
                    for k in range(window_c):
                        tap_c = min(max(k, first_c), last_c)
                        at_c = c + tap_c * dilation_c
                        tap_offsets[i * window_c + k] = line_offsets[i] + at_c * byte_stride_c
                        along = tap_c if by_taps else at_c
                        tap_numbers[i * window_c + k] = line_numbers[i] + along
                offsets, numbers = as_tuple(tap_offsets), as_tuple(tap_numbers)
                visit(item, offsets, numbers, (a, b, c), outputs, begin)
                begin += item.shape[0]

    return walk  # type: ignore[no-any-return]
