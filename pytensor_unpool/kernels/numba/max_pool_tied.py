"""Un-pooling to, and gathering from, all maxima of a window at once, in Numba."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba.extending import overload

from pytensor_unpool.errors import MOVED_DISAGREES, POOLED_DISAGREE
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels.numba.channels import (
    channels_at,
    channels_back,
    channels_inside,
    flat_index,
    layout_chooser,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_pool_taps import is_contiguous
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import (
    Kernel,
    check_lengths,
    tap_finder,
    taps_walker,
    window_lengths,
    windows_counter,
)
from pytensor_unpool.kernels.tuning import TILE_COLUMNS


def tied_unpool(windows: Windows) -> Kernel:
    """Compile ``(x, values, cotangent) -> y``: `cotangent` added to all of a window's maxima.

    Where windows are known only at run time, the kernel takes their matrix as well.
    """
    ndim, pooled = windows.ndim, -windows.ndim
    count = windows_counter(windows)
    unpool = layout_chooser(ndim, _unpool_planes(windows), _unpool_channels(ndim))

    @device_function
    def tied_unpool(x, values, cotangent, *runtime_parameters):  # type: ignore[no-untyped-def]
        axes, counts = count(x.shape[pooled:], *runtime_parameters)
        check_lengths(POOLED_DISAGREE, values.shape, x.shape[:pooled] + counts, 0)
        check_lengths(MOVED_DISAGREES, cotangent.shape, x.shape[:pooled] + counts, 0)
        return unpool((x, values, cotangent), (axes, counts), True)

    return tied_unpool  # type: ignore[no-any-return]


def _unpool_planes(windows: Windows) -> Kernel:
    """Compile the un-pooling of every leading item on its own, to a contiguous output."""
    pooled = -windows.ndim
    unpool_plane = _unpool_plane(windows.ndim)
    unpool_lines, are_apart = _unpool_lines(windows), windows.are_apart

    @device_function
    def unpool_planes(arrays, arguments):  # type: ignore[no-untyped-def]
        (x, values, cotangent), (axes, counts) = arrays, arguments
        out = np.empty(x.shape, cotangent.dtype)
        use_huge_pages(out)
        if are_apart and is_contiguous(x) and is_contiguous(values) and is_contiguous(cotangent):
            flat = as_flat(x), as_flat(values), as_flat(cotangent)
            unpool_lines(x.shape[pooled:], counts, flat, out.reshape(-1))
            return out
        columns = min(TILE_COLUMNS, x.shape[-1])
        maxima, shares = np.empty(columns, values.dtype), np.empty(columns, cotangent.dtype)
        for item in np.ndindex(x.shape[:pooled]):
            items = x[item], values[item], cotangent[item]
            unpool_plane(axes, counts, items, out[item], maxima, shares)
        return out

    return unpool_planes  # type: ignore[no-any-return]


def _unpool_lines(windows: Windows) -> Kernel:
    """Compile un-pooling to windows that are apart, line by line of the output.

    ``unpool_lines(lengths, counts, (x, values, cotangent), out)``, flat arrays: each element of the
    output is written once.
    """
    axes = windows.axes() if windows.are_apart else [AxisWindows(1, 1, 0, 0, 1)]
    outer_axes, last = len(axes) - 1, axes[-1]
    find_windows = _windows_finder(axes[:-1])

    @device_function(forceinline=True)
    def unpool_line(arrays, begin, out, at, length, whole, count):  # type: ignore[no-untyped-def]
        x, values, cotangent = arrays
        zero = out.dtype.type(0)
        for w in range(whole):
            maximum, share = values[np.uint64(begin + w)], cotangent[np.uint64(begin + w)]
            for k in range(last.stride):
                i = np.uint64(at + w * last.stride + k)
                out[i] = share if k < last.window and x[i] == maximum else zero
        end = np.uint64(begin + whole)
        for k in range(length - whole * last.stride):
            i = np.uint64(at + whole * last.stride + k)
            tied = whole < count and k < last.window and x[i] == values[end]
            out[i] = cotangent[end] if tied else zero

    @device_function
    def unpool_lines(lengths, counts, arrays, out):  # type: ignore[no-untyped-def]
        length, count, zero = lengths[-1], counts[-1], out.dtype.type(0)
        whole = min(count, length // last.stride)
        lines, lines_of_windows = 1, 1
        for i in range(outer_axes):
            lines *= lengths[i]
            lines_of_windows *= counts[i]
        at = first = 0
        while at < len(out):
            for line in range(lines):
                number = find_windows(line, lengths, counts)
                if number < 0:
                    for i in range(length):
                        out[np.uint64(at + i)] = zero
                else:
                    unpool_line(arrays, first + number * count, out, at, length, whole, count)
                at += length
            first += lines_of_windows * count

    return unpool_lines  # type: ignore[no-any-return]


def _windows_finder(axes: Sequence[AxisWindows]) -> Kernel:
    """Compile ``(line, lengths, counts) -> number``: the line of windows that a line lies in.

    Both are counted in C order; -1 stands for a line that is between windows or beyond the last.
    """
    ndim = len(axes)
    # Numba has no tuples without elements that are like others.
    axes = tuple(axes) or (AxisWindows(1, 1, 0, 0, 1),)

    @device_function(forceinline=True)
    def find_windows(line, lengths, counts):  # type: ignore[no-untyped-def]
        number, step = 0, 1
        for i in range(ndim - 1, -1, -1):
            at, line = line % lengths[i], line // lengths[i]
            window = at // axes[i].stride
            if at % axes[i].stride >= axes[i].window or window >= counts[i]:
                return -1
            number += window * step
            step *= counts[i]
        return number

    return find_windows  # type: ignore[no-any-return]


def as_flat(array: Any) -> Any:
    """Return a contiguous array with one axis; of others none of their elements."""
    raise NotImplementedError("only compiled code calls this")


@overload(as_flat)
def _as_flat(array):  # type: ignore[no-untyped-def]
    if array.layout == "C":
        return lambda array: array.reshape(-1)
    return lambda array: np.empty(0, array.dtype)


def _unpool_plane(ndim: int) -> Kernel:
    """Compile un-pooling to all maxima of one leading item.

    For a line of windows, each column gets the maximum and the cotangent of the window that it
    lies in; then whole lines of x are compared with the maxima. Where windows overlap, several taps
    have the same column: these are done in layers.
    """
    find_line = tap_finder(ndim - 1)

    @device_function
    def unpool_plane(axes, counts, arrays, out, maxima, shares):  # type: ignore[no-untyped-def]
        plane, values, cotangent = arrays
        out[...] = 0
        length, count, last = plane.shape[-1], counts[ndim - 1], axes[ndim - 1]
        taps_per_layer = last.stride // np.gcd(last.stride, last.dilation)
        zero = out.dtype.type(0)
        for index in np.ndindex(counts[:-1]):
            value, share = values[index], cotangent[index]
            for begin in range(0, length, TILE_COLUMNS):
                columns = min(TILE_COLUMNS, length - begin)
                for layer in range(0, last.window, taps_per_layer):
                    maxima[:columns] = 0
                    shares[:columns] = 0
                    for k in range(layer, min(layer + taps_per_layer, last.window)):
                        shift = k * last.dilation - last.before - begin
                        low = max(0, -(shift // last.stride))
                        high = min(count, (columns - 1 - shift) // last.stride + 1)
                        for w in range(low, high):
                            column = np.uint64(w * last.stride + shift)
                            maxima[column] = value[np.uint64(w)]
                            shares[column] = share[np.uint64(w)]
                    for tap in np.ndindex(window_lengths(axes, counts)[:-1]):
                        inside, coordinates = find_line(axes, plane.shape, index, tap)
                        if inside:
                            line, target = plane[coordinates][begin:], out[coordinates][begin:]
                            for column in range(columns):
                                # Unsigned, so that Numba does not check for negative indices.
                                i = np.uint64(column)
                                target[i] += shares[i] if line[i] == maxima[i] else zero

    return unpool_plane  # type: ignore[no-any-return]


def _unpool_channels(ndim: int) -> Kernel:
    """Compile the same for channels side by side, with an output laid out like the inputs."""
    pooled, outer = -ndim, -ndim - 1
    find = tap_finder(ndim)

    @device_function
    def unpool_item(axes, counts, x, values, cotangent, out):  # type: ignore[no-untyped-def]
        channels = x.shape[0]
        for index in np.ndindex(counts):
            maxima, shares = channels_at(values, index), channels_at(cotangent, index)
            for tap in np.ndindex(window_lengths(axes, counts)):
                inside, coordinates = find(axes, x.shape[1:], index, tap)
                if inside:
                    elements = channels_at(x, coordinates)
                    begin = flat_index(coordinates, x.shape[1:]) * channels
                    for i in range(channels):
                        before = out[np.uint64(begin + i)]
                        after = before + shares[np.uint64(i)]
                        tied = elements[np.uint64(i)] == maxima[np.uint64(i)]
                        out[np.uint64(begin + i)] = after if tied else before

    @device_function
    def unpool_channels(arrays, arguments, channel):  # type: ignore[no-untyped-def]
        axes, counts = arguments
        x = channels_inside(arrays[0], ndim, channel)
        values = channels_inside(arrays[1], ndim, channel)
        cotangent = channels_inside(arrays[2], ndim, channel)
        stored = np.empty(x.shape[:outer] + x.shape[pooled:] + (x.shape[outer],), cotangent.dtype)
        use_huge_pages(stored)
        for item in np.ndindex(x.shape[:outer]):
            out = stored[item].reshape(-1)
            out[:] = 0
            unpool_item(axes, counts, x[item], values[item], cotangent[item], out)
        return channels_back(stored, channel)

    return unpool_channels  # type: ignore[no-any-return]


def tied_gather(windows: Windows) -> Kernel:
    """Compile ``(x, values, tangent) -> y``: `tangent` summed over all of a window's maxima.

    Where windows are known only at run time, the kernel takes their matrix as well.
    """
    pooled = -windows.ndim
    count = windows_counter(windows)

    @device_function
    def add(line, line_start, shift, stride, low, high, index, arrays):  # type: ignore[no-untyped-def]
        values, out = arrays[0][index], arrays[2][index]
        tangent = arrays[1].flat
        for window in range(low, high):
            w, at = np.uint64(window), np.uint64(window * stride + shift)
            tied = line[at] == values[w]
            before = out[w]
            after = before + tangent[np.uint64(line_start) + at]
            out[w] = after if tied else before

    walk = taps_walker(windows.ndim, add)

    @device_function
    def tied_gather(x, values, tangent, *runtime_parameters):  # type: ignore[no-untyped-def]
        axes, counts = count(x.shape[pooled:], *runtime_parameters)
        check_lengths(POOLED_DISAGREE, values.shape, x.shape[:pooled] + counts, 0)
        check_lengths(MOVED_DISAGREES, tangent.shape, x.shape, 0)
        out = np.empty(values.shape, tangent.dtype)
        use_huge_pages(out)
        for item in np.ndindex(x.shape[:pooled]):
            out_item = out[item]
            out_item[...] = 0
            walk(axes, counts, x[item], (values[item], tangent[item], out_item))
        return out

    return tied_gather  # type: ignore[no-any-return]
