"""Un-pooling to, and gathering from, the taps of windows that do not overlap, in Numba.

A number that is no tap of its window inside the axes stands for no element: every kernel either
compares it with those that are, or checks it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from pytensor_unpool.errors import POOLED_DISAGREE, POSITIONS_DISAGREE
from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.channels import (
    channels_back,
    channels_inside,
    layout_chooser,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_pool_simd import block_gather, block_unpool
from pytensor_unpool.kernels.numba.max_unpool import unpooled_lengths
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.simd import BlockWindows
from pytensor_unpool.kernels.numba.unrolled import (
    element_of,
    three_axes,
    three_lengths_of,
    unrolled_walk,
    windows_inside,
)
from pytensor_unpool.kernels.numba.unrolled_channels import channel_tap_unpool
from pytensor_unpool.kernels.numba.windows import Kernel, check_lengths, windows_counter


def tap_unpool(windows: Windows) -> Kernel:
    """Compile ``(values, taps, shape) -> y``: every window's value at its tap."""
    ndim, pooled = windows.ndim, -windows.ndim
    lengths_type = (0,) * ndim
    count = windows_counter(windows)
    unpool = layout_chooser(ndim, _unpool_planes(windows), _unpool_channels(windows))

    @device_function
    def tap_unpool(values, taps, shape):  # type: ignore[no-untyped-def]
        check_lengths(POSITIONS_DISAGREE, taps.shape, values.shape, 0)
        lengths = unpooled_lengths(shape, lengths_type)
        _, counts = count(lengths)
        check_lengths(POOLED_DISAGREE, taps.shape, taps.shape[:pooled] + counts, 0)
        return unpool((values, taps), (lengths, counts), True)

    return tap_unpool  # type: ignore[no-any-return]


def _unpool_planes(windows: Windows) -> Kernel:
    """Compile the un-pooling of every leading item on its own, to a contiguous output."""
    pooled = -windows.ndim
    has_all_elements, inside = _coverage(windows), windows_inside(windows)
    block, write = block_unpool(BlockWindows.of(windows)), _write(windows)
    walk = unrolled_walk(windows, block, write, by_taps=True)

    @device_function
    def unpool_planes(arrays, arguments):  # type: ignore[no-untyped-def]
        (values, taps), (lengths, counts) = arrays, arguments
        y = np.empty(taps.shape[:pooled] + lengths, values.dtype)
        use_huge_pages(y)
        in_blocks = is_contiguous(values) and is_contiguous(taps)
        low, high = inside(lengths[-1], counts[-1])
        is_covered = in_blocks and low == 0 and high == counts[-1]
        is_covered = is_covered and has_all_elements(lengths, counts)
        for item in np.ndindex(taps.shape[:pooled]):
            plane = y[item]
            flat = plane.reshape(-1)
            if not is_covered:
                flat[:] = 0
            walk(counts, plane, (values[item], taps[item], flat), in_blocks)
        return y

    return unpool_planes  # type: ignore[no-any-return]


def _unpool_channels(windows: Windows) -> Kernel:
    """Compile the un-pooling of channels side by side, to an output laid out like the input."""
    ndim, outer = windows.ndim, -windows.ndim - 1
    has_all_elements = _coverage(windows)
    unpool_item = channel_tap_unpool(windows)

    @device_function
    def unpool_channels(arrays, arguments, channel):  # type: ignore[no-untyped-def]
        lengths, counts = arguments
        values = channels_inside(arrays[0], ndim, channel)
        taps = channels_inside(arrays[1], ndim, channel)
        stored = np.empty(values.shape[:outer] + lengths + (values.shape[outer],), values.dtype)
        use_huge_pages(stored)
        is_covered = has_all_elements(lengths, counts)
        y = channels_back(stored, values.ndim - ndim - 1)
        for item in np.ndindex(values.shape[:outer]):
            if not is_covered:
                stored[item].reshape(-1)[:] = 0
            unpool_item(counts, y[item], (values[item], taps[item]), 0)
        return channels_back(stored, channel)

    return unpool_channels  # type: ignore[no-any-return]


def tap_gather(windows: Windows) -> Kernel:
    """Compile ``(x, taps) -> y``: the element of `x` at every window's tap."""
    ndim, pooled = windows.ndim, -windows.ndim
    count = windows_counter(windows)
    block = block_gather(BlockWindows.of(windows))
    walk = unrolled_walk(windows, block, _read(windows), by_taps=True)

    @device_function
    def tap_gather(x, taps):  # type: ignore[no-untyped-def]
        check_lengths(POSITIONS_DISAGREE, taps.shape, x.shape, ndim)
        _, counts = count(x.shape[pooled:])
        check_lengths(POOLED_DISAGREE, taps.shape, taps.shape[:pooled] + counts, 0)
        y = np.empty(taps.shape, x.dtype)
        use_huge_pages(y)
        in_blocks = is_contiguous(taps)
        for item in np.ndindex(taps.shape[:pooled]):
            walk(counts, x[item], (taps[item], y[item].reshape(-1)), in_blocks)
        return y

    return tap_gather  # type: ignore[no-any-return]


def _coverage(windows: Windows) -> Kernel:
    """Compile ``(lengths, counts) -> bool``: whether every element is a tap of a window."""
    three = three_axes(windows)
    stride_a, stride_b, stride_c = three.stride
    before_a, before_b, before_c = three.before
    three_lengths = three_lengths_of(windows.ndim)
    has_gaps = any(axis.stride > axis.window or axis.dilation > 1 for axis in windows.axes())

    @device_function
    def has_all_elements(lengths, counts):  # type: ignore[no-untyped-def]
        if has_gaps:
            return False
        length_a, length_b, length_c = three_lengths(lengths)
        count_a, count_b, count_c = three_lengths(counts)
        return (
            count_a * stride_a - before_a >= length_a
            and count_b * stride_b - before_b >= length_b
            and count_c * stride_c - before_c >= length_c
        )

    return has_all_elements  # type: ignore[no-any-return]


# In the next two, a name for an array would count as a reference to it, window by window.


def _write(windows: Windows) -> Kernel:
    """Compile the un-pooling of one window."""
    find = _tap_finder(windows)
    element_at = element_of(windows.ndim)
    three_lengths = three_lengths_of(windows.ndim)

    @device_function(forceinline=True)
    def write(plane, arrays, index, starts, firsts, lasts):  # type: ignore[no-untyped-def]
        a, b, c, _ = index
        is_inside, at_a, at_b, at_c = find(element_at(arrays[1], a, b, c), starts, firsts, lasts)
        if is_inside:
            _, length_b, length_c = three_lengths(plane.shape)
            at = (at_a * length_b + at_b) * length_c + at_c
            arrays[2][np.uint64(at)] = element_at(arrays[0], a, b, c)

    return write  # type: ignore[no-any-return]


def _read(windows: Windows) -> Kernel:
    """Compile the gathering for one window."""
    find = _tap_finder(windows)
    element_at = element_of(windows.ndim)

    @device_function(forceinline=True)
    def read(plane, arrays, index, starts, firsts, lasts):  # type: ignore[no-untyped-def]
        a, b, c, at = index
        is_inside, at_a, at_b, at_c = find(element_at(arrays[0], a, b, c), starts, firsts, lasts)
        if is_inside:
            arrays[1][np.uint64(at)] = element_at(plane, at_a, at_b, at_c)
        else:
            arrays[1][np.uint64(at)] = 0

    return read  # type: ignore[no-any-return]


def _tap_finder(windows: Windows) -> Kernel:
    """Compile the step from a tap's number to whether it is inside, and to its coordinates."""
    three = three_axes(windows)
    _, window_b, window_c = three.window
    dilation_a, dilation_b, dilation_c = three.dilation

    @device_function(forceinline=True)
    def find(number, starts, firsts, lasts):  # type: ignore[no-untyped-def]
        tap = np.int64(number)
        line, tap_c = tap // window_c, tap % window_c
        tap_a, tap_b = line // window_b, line % window_b
        is_inside = (firsts[0] <= tap_a <= lasts[0]) & (firsts[1] <= tap_b <= lasts[1])
        is_inside &= firsts[2] <= tap_c <= lasts[2]
        at_a = starts[0] + tap_a * dilation_a
        at_b = starts[1] + tap_b * dilation_b
        return is_inside, at_a, at_b, starts[2] + tap_c * dilation_c

    return find  # type: ignore[no-any-return]


def is_contiguous(array: Any) -> Any:
    """Return whether the type of the array says that it is C contiguous."""
    raise NotImplementedError("only compiled code calls this")


@overload(is_contiguous)
def _is_contiguous(array):  # type: ignore[no-untyped-def]
    if array.layout == "C":
        return lambda array: True
    return lambda array: False
