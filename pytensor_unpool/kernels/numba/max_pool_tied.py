"""Un-pooling to, and gathering from, all maxima of a window at once, in Numba."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba.extending import overload

from pytensor_unpool.errors import MOVED_DISAGREES, POOLED_DISAGREE
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import Row
from pytensor_unpool.kernels.numba.channels import (
    channels_back,
    channels_inside,
    common_channel_axis,
    place_of,
    row_at,
    strided_layout,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_pool_taps import is_contiguous
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import (
    COLUMNS,
    Kernel,
    check_lengths,
    tap_finder,
    taps_walker,
    window_lengths,
    windows_counter,
)


def tied_unpool(windows: Windows) -> Kernel:
    """Compile ``(x, values, cotangent) -> y``: `cotangent` added to all of a window's maxima.

    Where a number in `windows` is not known, the kernel takes their matrix as well.
    """
    pooled = -windows.ndim
    count = windows_counter(windows)
    spread_plane = _spread_plane(windows.ndim)
    spread_channels = _spread_channels(windows.ndim)
    spread_rows, are_apart = _spread_rows(windows), windows.are_apart

    @device_function
    def spread_planes(x, values, cotangent, rows, counts):  # type: ignore[no-untyped-def]
        out = np.empty(x.shape, cotangent.dtype)
        use_huge_pages(out)
        if are_apart and is_contiguous(x) and is_contiguous(values) and is_contiguous(cotangent):
            lengths, flat = x.shape[pooled:], (as_flat(x), as_flat(values), as_flat(cotangent))
            spread_rows(lengths, counts, flat, out.reshape(-1))
            return out
        columns = min(COLUMNS, x.shape[-1])
        maxima, shares = np.empty(columns, values.dtype), np.empty(columns, cotangent.dtype)
        for item in np.ndindex(x.shape[:pooled]):
            arrays = x[item], values[item], cotangent[item]
            spread_plane(rows, counts, arrays, out[item], maxima, shares)
        return out

    @device_function
    def spread_either(x, values, cotangent, rows, counts, layout):  # type: ignore[no-untyped-def]
        if layout is None:
            return spread_planes(x, values, cotangent, rows, counts)
        channel = common_channel_axis((x, values, cotangent), -pooled)
        if channel >= 0:
            return spread_channels(x, values, cotangent, rows, counts, channel)
        return spread_planes(x, values, cotangent, rows, counts)

    @device_function
    def tied_unpool(x, values, cotangent, *numbers):  # type: ignore[no-untyped-def]
        rows, counts = count(x.shape[pooled:], *numbers)
        check_lengths(POOLED_DISAGREE, values.shape, x.shape[:pooled] + counts, 0)
        check_lengths(MOVED_DISAGREES, cotangent.shape, x.shape[:pooled] + counts, 0)
        layout = strided_layout((x, values, cotangent), counts)
        return spread_either(x, values, cotangent, rows, counts, layout)

    return tied_unpool  # type: ignore[no-any-return]


def _spread_rows(windows: Windows) -> Kernel:
    """Compile un-pooling to windows that are apart, row by row of the output.

    ``spread_rows(lengths, counts, (x, values, cotangent), out)``, flat arrays: each element of the
    output is written once.
    """
    *outer, (window, stride, _, _, _) = windows.rows() if windows.are_apart else [(1, 1, 0, 0, 1)]
    place_of_row = _row_finder(outer)
    axes = len(outer)

    @device_function(forceinline=True)
    def spread_row(arrays, begin, out, at, length, whole, count):  # type: ignore[no-untyped-def]
        x, values, cotangent = arrays
        nothing = out.dtype.type(0)
        for w in range(whole):
            maximum, share = values[np.uint64(begin + w)], cotangent[np.uint64(begin + w)]
            for k in range(stride):
                i = np.uint64(at + w * stride + k)
                out[i] = share if k < window and x[i] == maximum else nothing
        last = np.uint64(begin + whole)
        for k in range(length - whole * stride):
            i = np.uint64(at + whole * stride + k)
            tied = whole < count and k < window and x[i] == values[last]
            out[i] = cotangent[last] if tied else nothing

    @device_function
    def spread_rows(lengths, counts, arrays, out):  # type: ignore[no-untyped-def]
        length, count, nothing = lengths[-1], counts[-1], out.dtype.type(0)
        whole = min(count, length // stride)
        rows, rows_of_windows = 1, 1
        for i in range(axes):
            rows *= lengths[i]
            rows_of_windows *= counts[i]
        at = first = 0
        while at < len(out):
            for row in range(rows):
                place = place_of_row(row, lengths, counts)
                if place < 0:
                    for i in range(length):
                        out[np.uint64(at + i)] = nothing
                else:
                    spread_row(arrays, first + place * count, out, at, length, whole, count)
                at += length
            first += rows_of_windows * count

    return spread_rows  # type: ignore[no-any-return]


def _row_finder(rows: Sequence[Row]) -> Kernel:
    """Compile ``(row, lengths, counts) -> place``: which row of windows has a row of elements.

    Both are counted in C order; -1 stands for a row that is between windows or behind the last.
    """
    axes = len(rows)
    # Numba has no tuples without elements that are like others.
    taps, strides = tuple(row[0] for row in rows) or (1,), tuple(row[1] for row in rows) or (1,)

    @device_function(forceinline=True)
    def place_of_row(row, lengths, counts):  # type: ignore[no-untyped-def]
        place, step = 0, 1
        for i in range(axes - 1, -1, -1):
            at, row = row % lengths[i], row // lengths[i]
            number = at // strides[i]
            if at % strides[i] >= taps[i] or number >= counts[i]:
                return -1
            place += number * step
            step *= counts[i]
        return place

    return place_of_row  # type: ignore[no-any-return]


def as_flat(array: Any) -> Any:
    """Return a contiguous array with one axis; of others none of their elements."""
    raise NotImplementedError("only compiled code calls this")


@overload(as_flat)
def _as_flat(array):  # type: ignore[no-untyped-def]
    if array.layout == "C":
        return lambda array: array.reshape(-1)
    return lambda array: np.empty(0, array.dtype)


def _spread_plane(ndim: int) -> Kernel:
    """Compile un-pooling to all maxima of one leading item.

    For a row of windows, each column gets the maximum and the cotangent of the window that it lies
    in; then whole rows of x are compared with the maxima. Taps whose columns coincide, which are as
    many as windows overlap, are done in layers.
    """
    find = tap_finder(ndim - 1)

    @device_function
    def spread_plane(rows, counts, arrays, out, maxima, shares):  # type: ignore[no-untyped-def]
        plane, values, cotangent = arrays
        out[...] = 0
        length, count = plane.shape[-1], counts[ndim - 1]
        window, stride, before, _, dilation = rows[ndim - 1]
        taps_a_layer = stride // np.gcd(stride, dilation)
        nothing = out.dtype.type(0)
        for index in np.ndindex(counts[:-1]):
            value, share = values[index], cotangent[index]
            for begin in range(0, length, COLUMNS):
                columns = min(COLUMNS, length - begin)
                for layer in range(0, window, taps_a_layer):
                    maxima[:columns] = 0
                    shares[:columns] = 0
                    for k in range(layer, min(layer + taps_a_layer, window)):
                        shift = k * dilation - before - begin
                        low = max(0, -(shift // stride))
                        high = min(count, (columns - 1 - shift) // stride + 1)
                        for w in range(low, high):
                            column = np.uint64(w * stride + shift)
                            maxima[column] = value[np.uint64(w)]
                            shares[column] = share[np.uint64(w)]
                    for tap in np.ndindex(window_lengths(rows, counts)[:-1]):
                        inside, coordinates = find(rows, plane.shape, index, tap)
                        if inside:
                            line, target = plane[coordinates][begin:], out[coordinates][begin:]
                            for column in range(columns):
                                # Unsigned, so that Numba looks for none that counts from the end.
                                i = np.uint64(column)
                                target[i] += shares[i] if line[i] == maxima[i] else nothing

    return spread_plane  # type: ignore[no-any-return]


def _spread_channels(ndim: int) -> Kernel:
    """Compile the same for channels side by side, with an output laid out like the inputs."""
    pooled, outer = -ndim, -ndim - 1
    find = tap_finder(ndim)

    @device_function
    def spread_item(rows, counts, x, values, cotangent, out):  # type: ignore[no-untyped-def]
        channels = x.shape[0]
        for index in np.ndindex(counts):
            maxima, shares = row_at(values, index), row_at(cotangent, index)
            for tap in np.ndindex(window_lengths(rows, counts)):
                inside, coordinates = find(rows, x.shape[1:], index, tap)
                if inside:
                    elements = row_at(x, coordinates)
                    begin = place_of(x.shape[1:], coordinates) * channels
                    for i in range(channels):
                        before = out[np.uint64(begin + i)]
                        after = before + shares[np.uint64(i)]
                        tied = elements[np.uint64(i)] == maxima[np.uint64(i)]
                        out[np.uint64(begin + i)] = after if tied else before

    @device_function
    def spread_channels(x, values, cotangent, rows, counts, channel):  # type: ignore[no-untyped-def]
        x = channels_inside(x, ndim, channel)
        values = channels_inside(values, ndim, channel)
        cotangent = channels_inside(cotangent, ndim, channel)
        stored = np.empty(x.shape[:outer] + x.shape[pooled:] + (x.shape[outer],), cotangent.dtype)
        use_huge_pages(stored)
        for item in np.ndindex(x.shape[:outer]):
            out = stored[item].reshape(-1)
            out[:] = 0
            spread_item(rows, counts, x[item], values[item], cotangent[item], out)
        return channels_back(stored, ndim, channel)

    return spread_channels  # type: ignore[no-any-return]


def tied_gather(windows: Windows) -> Kernel:
    """Compile ``(x, values, tangent) -> y``: `tangent` summed over all of a window's maxima.

    Where a number in `windows` is not known, the kernel takes their matrix as well.
    """
    pooled = -windows.ndim
    count = windows_counter(windows)

    @device_function
    def add(line, place, shift, stride, low, high, index, arrays):  # type: ignore[no-untyped-def]
        values, out = arrays[0][index], arrays[2][index]
        tangent = arrays[1].flat
        for window in range(low, high):
            w, at = np.uint64(window), np.uint64(window * stride + shift)
            tied = line[at] == values[w]
            before = out[w]
            after = before + tangent[np.uint64(place) + at]
            out[w] = after if tied else before

    walk = taps_walker(windows.ndim, add)

    @device_function
    def tied_gather(x, values, tangent, *numbers):  # type: ignore[no-untyped-def]
        rows, counts = count(x.shape[pooled:], *numbers)
        check_lengths(POOLED_DISAGREE, values.shape, x.shape[:pooled] + counts, 0)
        check_lengths(MOVED_DISAGREES, tangent.shape, x.shape, 0)
        out = np.empty(values.shape, tangent.dtype)
        use_huge_pages(out)
        for item in np.ndindex(x.shape[:pooled]):
            out_item = out[item]
            out_item[...] = 0
            walk(rows, counts, x[item], (values[item], tangent[item], out_item))
        return out

    return tied_gather  # type: ignore[no-any-return]
