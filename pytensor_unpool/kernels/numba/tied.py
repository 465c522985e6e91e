"""Un-pooling to, and gathering from, all maxima of a window at once, in Numba."""

from __future__ import annotations

import numpy as np

from pytensor_unpool.errors import MOVED_DISAGREES, POOLED_DISAGREE
from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.channel_layout import (
    channels_back,
    channels_inside,
    common_channel_axis,
    place_of,
    row_at,
    strided_layout,
)
from pytensor_unpool.kernels.numba.intermediate import inner
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

    @inner
    def spread_planes(x, values, cotangent, rows, counts):  # type: ignore[no-untyped-def]
        out = np.empty(x.shape, cotangent.dtype)
        use_huge_pages(out)
        columns = min(COLUMNS, x.shape[-1])
        maxima, shares = np.empty(columns, values.dtype), np.empty(columns, cotangent.dtype)
        for item in np.ndindex(x.shape[:pooled]):
            arrays = x[item], values[item], cotangent[item]
            spread_plane(rows, counts, arrays, out[item], maxima, shares)
        return out

    @inner
    def spread_either(x, values, cotangent, rows, counts, layout):  # type: ignore[no-untyped-def]
        if layout is None:
            return spread_planes(x, values, cotangent, rows, counts)
        channel = common_channel_axis((x, values, cotangent), -pooled)
        if channel >= 0:
            return spread_channels(x, values, cotangent, rows, counts, channel)
        return spread_planes(x, values, cotangent, rows, counts)

    @inner
    def tied_unpool(x, values, cotangent, *numbers):  # type: ignore[no-untyped-def]
        rows, counts = count(x.shape[pooled:], *numbers)
        check_lengths(POOLED_DISAGREE, values.shape, x.shape[:pooled] + counts, 0)
        check_lengths(MOVED_DISAGREES, cotangent.shape, x.shape[:pooled] + counts, 0)
        layout = strided_layout((x, values, cotangent), counts)
        return spread_either(x, values, cotangent, rows, counts, layout)

    return tied_unpool  # type: ignore[no-any-return]


def _spread_plane(ndim: int) -> Kernel:
    """Compile un-pooling to all maxima of one leading item.

    For a row of windows, each column gets the maximum and the cotangent of the window that it lies
    in; then whole rows of x are compared with the maxima. Taps whose columns coincide, which are as
    many as windows overlap, are done in layers.
    """
    find = tap_finder(ndim - 1)

    @inner
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

    @inner
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

    @inner
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

    @inner
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

    @inner
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
