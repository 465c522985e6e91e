"""Sum and average pooling in Numba, and its transpose.

A sum over a window is one over rows, then one over columns: the rows that a row of windows covers
are added up in a line, and every window takes its taps from that. The transpose goes the other
way. Some windows of a row are done at a time, so that the line is short and near.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.errors import COTANGENT_DISAGREES
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import taps_between as plain_taps_between
from pytensor_unpool.kernels.numba.channels import (
    channel_axis,
    channels_back,
    channels_inside,
    place_of,
    row_at,
    strided_layout,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_unpool import unpooled_lengths
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.pool_simd import block_spread, layer_sum, windows_of_columns
from pytensor_unpool.kernels.numba.pool_unrolled import quotient, unrolled_sum_plane
from pytensor_unpool.kernels.numba.simd import LANES, WindowRow
from pytensor_unpool.kernels.numba.unrolled_channels import channel_sum
from pytensor_unpool.kernels.numba.windows import (
    COLUMNS,
    Kernel,
    check_lengths,
    tap_finder,
    window_lengths,
    windows_counter,
)

taps_between = device_function(plain_taps_between)


def pool(windows: Windows, mode: str) -> Kernel:
    """Compile ``x -> y``.

    Where a number in `windows` is not known, the kernel takes their matrix as well.
    """
    pooled = -windows.ndim
    count = windows_counter(windows)
    pool_planes = _pool_planes(windows, mode)
    if not windows.can_unroll:

        @device_function
        def pool_lines(x, *numbers):  # type: ignore[no-untyped-def]
            rows, counts = count(x.shape[pooled:], *numbers)
            return pool_planes(x, rows, counts)

        return pool_lines  # type: ignore[no-any-return]
    pool_channels = _pool_channels(windows, mode)

    @device_function
    def pool_either(x, rows, counts, layout):  # type: ignore[no-untyped-def]
        if layout is None:
            return pool_planes(x, rows, counts)
        channel = channel_axis(x, -pooled)
        if channel >= 0:
            return pool_channels(x, counts, channel)
        return pool_planes(x, rows, counts)

    @device_function
    def pool(x):  # type: ignore[no-untyped-def]
        rows, counts = count(x.shape[pooled:])
        return pool_either(x, rows, counts, strided_layout((x,), counts))

    return pool  # type: ignore[no-any-return]


def _pool_planes(windows: Windows, mode: str) -> Kernel:
    """Compile the pooling of every leading item on its own."""
    pooled = -windows.ndim
    if windows.can_unroll:
        pool_plane = unrolled_sum_plane(windows, mode)
    else:
        pool_plane = _pool_plane_by_lines(windows.ndim, mode)

    @device_function
    def pool_planes(x, rows, counts):  # type: ignore[no-untyped-def]
        y = np.empty(x.shape[:pooled] + counts, x.dtype)
        use_huge_pages(y)
        for item in np.ndindex(x.shape[:pooled]):
            pool_plane(rows, counts, x[item], y[item])
        return y

    return pool_planes  # type: ignore[no-any-return]


def _pool_channels(windows: Windows, mode: str) -> Kernel:
    """Compile the pooling of channels side by side, with an output laid out like the input."""
    ndim, outer = windows.ndim, -windows.ndim - 1
    pool_item = channel_sum(windows, mode)

    @device_function
    def pool_channels(x, counts, channel):  # type: ignore[no-untyped-def]
        moved = channels_inside(x, ndim, channel)
        stored = np.empty(moved.shape[:outer] + counts + (moved.shape[outer],), x.dtype)
        use_huge_pages(stored)
        item_size = moved.shape[outer]
        for i in range(ndim):
            item_size *= counts[i]
        for number, item in enumerate(np.ndindex(moved.shape[:outer])):
            pool_item(counts, moved[item], (stored.reshape(-1),), number * item_size)
        return channels_back(stored, ndim, channel)

    return pool_channels  # type: ignore[no-any-return]


def pool_input_grad(windows: Windows, mode: str) -> Kernel:
    """Compile ``(cotangent, lengths) -> y``, the transpose of `pool` for an input of `lengths`.

    Where a number in `windows` is not known, the kernel takes their matrix as well.
    """
    ndim, pooled = windows.ndim, -windows.ndim
    count = windows_counter(windows, may_be_empty=True)
    spread_planes = _spread_planes(windows, mode)
    spread_channels = _spread_channels(ndim, mode)
    some_lengths = (0,) * ndim

    @device_function
    def spread_either(cotangent, rows, counts, plane, layout):  # type: ignore[no-untyped-def]
        if layout is None:
            return spread_planes(cotangent, rows, counts, plane)
        channel = channel_axis(cotangent, ndim)
        if channel >= 0:
            return spread_channels(cotangent, rows, counts, plane, channel)
        return spread_planes(cotangent, rows, counts, plane)

    @device_function
    def pool_input_grad(cotangent, lengths, *numbers):  # type: ignore[no-untyped-def]
        plane = unpooled_lengths(lengths, some_lengths)
        rows, counts = count(plane, *numbers)
        check_lengths(COTANGENT_DISAGREES, cotangent.shape, cotangent.shape[:pooled] + counts, 0)
        for length in plane:
            if length == 0:
                return np.empty(cotangent.shape[:pooled] + plane, cotangent.dtype)
        return spread_either(cotangent, rows, counts, plane, strided_layout((cotangent,), counts))

    return pool_input_grad  # type: ignore[no-any-return]


def _spread_planes(windows: Windows, mode: str) -> Kernel:
    """Compile the transpose of pooling every leading item on its own."""
    ndim, pooled = windows.ndim, -windows.ndim
    divide = _divider(ndim, mode)
    line_of = tap_finder(ndim - 1)
    spread, lead, layers = _spreader(windows)
    add_layers = layer_sum(layers)

    @device_function
    def spread_plane(rows, counts, cotangent, out, line, layer_size, some_shares):  # type: ignore[no-untyped-def]
        out[...] = 0
        length, count = out.shape[-1], counts[ndim - 1]
        window, stride, before, _, dilation = rows[ndim - 1]
        number = windows_a_line(window, stride, dilation)
        for index in np.ndindex(counts[:-1]):
            source = cotangent[index]
            for first in range(0, count, number):
                shares = some_shares[lead : lead + min(number, count - first)]
                for w in range(len(shares)):
                    shares[np.uint64(w)] = source[np.uint64(first + w)]
                divide(rows, out.shape, index, shares, first)
                spread(rows[ndim - 1], some_shares, len(shares), line, layer_size)
                begin = first * stride - before
                columns = (len(shares) - 1) * stride + (window - 1) * dilation + 1
                low, high = max(0, -begin), min(columns, length - begin)
                for tap in np.ndindex(window_lengths(rows, counts)[:-1]):
                    inside, coordinates = line_of(rows, out.shape, index, tap)
                    if inside:
                        target = out[coordinates]
                        for i in range(low, high):
                            at = np.uint64(begin + i)
                            target[at] = add_layers(target[at], line, i, layer_size)

    @device_function
    def spread_planes(cotangent, rows, counts, plane):  # type: ignore[no-untyped-def]
        y = np.empty(cotangent.shape[:pooled] + plane, cotangent.dtype)
        use_huge_pages(y)
        window, stride, _, _, dilation = rows[ndim - 1]
        number = min(windows_a_line(window, stride, dilation), counts[ndim - 1])
        # Room for whole blocks, and zeros around the shares for the taps that read beyond them.
        room = number + 2 * (lead + LANES)
        # A layer of columns for each window that they lie in: so rounding is that of adding one
        # window after the other. Windows with many taps add theirs up in one layer first.
        layer_size = room * stride + (window - 1) * dilation + 1
        line = np.empty(layers * layer_size, y.dtype)
        shares = np.zeros(room, y.dtype)
        for item in np.ndindex(cotangent.shape[:pooled]):
            spread_plane(rows, counts, cotangent[item], y[item], line, layer_size, shares)
        return y

    return spread_planes  # type: ignore[no-any-return]


def _spread_channels(ndim: int, mode: str) -> Kernel:
    """Compile the transpose for channels side by side, with an output laid out like the input."""
    outer = -ndim - 1
    find, divisor_of = tap_finder(ndim), _divisor_of(ndim, mode)

    @device_function
    def spread_item(rows, counts, images, y, lengths, shares):  # type: ignore[no-untyped-def]
        channels = len(shares)
        for index in np.ndindex(counts):
            source = row_at(images, index)
            divisor = divisor_of(rows, lengths, index)
            for i in range(channels):
                share = source[np.uint64(i)]
                shares[np.uint64(i)] = share if divisor == 1 else quotient(share, divisor)
            for tap in np.ndindex(window_lengths(rows, counts)):
                inside, coordinates = find(rows, lengths, index, tap)
                if inside:
                    begin = place_of(lengths, coordinates) * channels
                    for i in range(channels):
                        y[np.uint64(begin + i)] += shares[np.uint64(i)]

    @device_function
    def spread_channels(cotangent, rows, counts, lengths, channel):  # type: ignore[no-untyped-def]
        moved = channels_inside(cotangent, ndim, channel)
        channels = moved.shape[outer]
        stored = np.empty(moved.shape[:outer] + lengths + (channels,), cotangent.dtype)
        use_huge_pages(stored)
        shares = np.empty(channels, cotangent.dtype)
        for item in np.ndindex(moved.shape[:outer]):
            y = stored[item].reshape(-1)
            y[:] = 0
            spread_item(rows, counts, moved[item], y, lengths, shares)
        return channels_back(stored, ndim, channel)

    return spread_channels  # type: ignore[no-any-return]


def _spreader(windows: Windows) -> tuple[Kernel, int, int]:
    """Compile ``(row, shares, number, line, layer_size)``: a window gives its share to its taps.

    There are `number` windows; the share of the first is behind as many others as is returned, and
    then comes the number of layers that the line gets.
    """
    if windows.can_unroll:
        taps, stride, dilation = axis = WindowRow.of(windows)
        lead = (taps - 1) * dilation // stride
        spread_block = block_spread(axis)

        @device_function
        def spread(row, shares, number, line, layer_size):  # type: ignore[no-untyped-def]
            shares[lead + number :] = 0
            for block in range(0, number + lead, LANES):
                spread_block(shares, lead + block, line, block * stride, layer_size)

        return spread, lead, max(map(len, windows_of_columns(axis)))

    @device_function
    def spread_by_taps(row, shares, number, line, layer_size):  # type: ignore[no-untyped-def]
        window, stride, _, _, dilation = row
        line[: (number - 1) * stride + (window - 1) * dilation + 1] = 0
        for tap in range(window):
            for w in range(number):
                line[np.uint64(w * stride + tap * dilation)] += shares[np.uint64(w)]

    return spread_by_taps, 0, 1


@device_function
def windows_a_line(window, stride, dilation):  # type: ignore[no-untyped-def]
    """Return how many windows are done at a time: one, or several that fit into a line."""
    return max(1, (COLUMNS - (window - 1) * dilation - 1) // stride + 1)


def _pool_plane_by_lines(ndim: int, mode: str) -> Kernel:
    divide = _divider(ndim, mode)
    line_of = tap_finder(ndim - 1)

    @device_function
    def pool_plane(rows, counts, plane, out):  # type: ignore[no-untyped-def]
        length, count = plane.shape[-1], counts[ndim - 1]
        window, stride, before, _, dilation = rows[ndim - 1]
        number = min(windows_a_line(window, stride, dilation), count)
        line = np.empty((number - 1) * stride + (window - 1) * dilation + 1, plane.dtype)
        for index in np.ndindex(counts[:-1]):
            for first in range(0, count, number):
                sums = out[index][first : first + number]
                begin = first * stride - before
                low, high = max(0, -begin), min(len(line), length - begin)
                line[:] = 0
                for tap in np.ndindex(window_lengths(rows, counts)[:-1]):
                    inside, coordinates = line_of(rows, plane.shape, index, tap)
                    if inside:
                        source = plane[coordinates]
                        for i in range(low, high):
                            line[np.uint64(i)] += source[np.uint64(begin + i)]
                sums[:] = 0
                for tap in range(window):
                    for w in range(len(sums)):
                        sums[np.uint64(w)] += line[np.uint64(w * stride + tap * dilation)]
                divide(rows, plane.shape, index, sums, first)

    return pool_plane  # type: ignore[no-any-return]


def _divisor_of(axes: int, mode: str) -> Kernel:
    """Compile the number that an average divides by: ``(rows, lengths, index) -> n``.

    That is how many taps of the window at an index of so many axes count; 1 for sums.
    """
    divides, with_padding = mode != "sum", mode == "average_inc_pad"

    @device_function
    def divisor_of(rows, lengths, index):  # type: ignore[no-untyped-def]
        taps = 1
        for i in range(axes if divides else 0):
            window, stride, before, after, dilation = rows[i]
            low = -before if with_padding else 0
            high = lengths[i] + after if with_padding else lengths[i]
            taps *= taps_between(index[i], window, stride, before, dilation, low, high)
        return taps

    return divisor_of  # type: ignore[no-any-return]


def _divider(ndim: int, mode: str) -> Kernel:
    """Compile the division of a row of sums by the number of taps that each of the windows has.

    ``divide(rows, lengths, index, sums, first)`` does so in place; the sums are those of the
    windows from number `first` on at `index` of all pooled axes but the last.
    """
    if mode == "sum":
        return device_function(lambda rows, lengths, index, sums, first: None)  # type: ignore[no-any-return]
    outer_divisor, divisor_of = _divisor_of(ndim - 1, mode), _divisor_of(1, mode)

    @device_function
    def divide(rows, lengths, index, sums, first):  # type: ignore[no-untyped-def]
        outer = outer_divisor(rows, lengths, index)
        row, length = rows[ndim - 1], lengths[ndim - 1]
        window, stride, before, _, dilation = row
        # Windows between the two have all taps inside.
        low = min(len(sums), max(0, -(-before // stride) - first))
        reach = length - 1 - (window - 1) * dilation + before
        high = max(low, min(len(sums), reach // stride + 1 - first))
        for i in range(low, high):
            sums[np.uint64(i)] = quotient(sums[np.uint64(i)], outer * window)
        for edge in range(low + len(sums) - high):
            i = edge if edge < low else edge + high - low
            sums[i] = quotient(sums[i], outer * divisor_of((row,), (length,), (first + i,)))

    return divide  # type: ignore[no-any-return]
