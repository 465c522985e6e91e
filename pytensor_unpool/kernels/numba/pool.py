"""Sum and average pooling in Numba, and its transpose.

The sum over a window is separable. The lines of a plane that a line of windows covers are added up
column by column, and every window then adds up its taps among these sums. The transpose goes the
other way. Windows are done in tiles: the columns of one fit the nearest cache.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.errors import COTANGENT_DISAGREES
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.pool import PoolMode
from pytensor_unpool.geometry.windows import taps_between as plain_taps_between
from pytensor_unpool.kernels.numba.channels import (
    channels_at,
    channels_back,
    channels_inside,
    flat_index,
    layout_chooser,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_unpool import unpooled_lengths
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.pool_simd import block_shares, layer_sum, windows_of_columns
from pytensor_unpool.kernels.numba.pool_unrolled import quotient, unrolled_sum_plane
from pytensor_unpool.kernels.numba.simd import BlockWindows
from pytensor_unpool.kernels.numba.unrolled_channels import channel_sum
from pytensor_unpool.kernels.numba.windows import (
    Kernel,
    check_lengths,
    tap_finder,
    window_lengths,
    windows_counter,
)
from pytensor_unpool.kernels.tuning import LANES, TILE_COLUMNS

taps_between = device_function(plain_taps_between)


def pool(windows: Windows, mode: PoolMode) -> Kernel:
    """Compile ``x -> y``.

    Where windows are known only at run time, the kernel takes their matrix as well.
    """
    pooled = -windows.ndim
    count = windows_counter(windows)
    pool_planes = _pool_planes(windows, mode)
    if not windows.can_unroll:

        @device_function
        def pool_lines(x, *runtime_parameters):  # type: ignore[no-untyped-def]
            return pool_planes((x,), count(x.shape[pooled:], *runtime_parameters))

        return pool_lines  # type: ignore[no-any-return]
    pool_by_layout = layout_chooser(windows.ndim, pool_planes, _pool_channels(windows, mode))

    @device_function
    def pool(x):  # type: ignore[no-untyped-def]
        return pool_by_layout((x,), count(x.shape[pooled:]), True)

    return pool  # type: ignore[no-any-return]


def _pool_planes(windows: Windows, mode: PoolMode) -> Kernel:
    """Compile the pooling of every leading item on its own."""
    pooled = -windows.ndim
    if windows.can_unroll:
        pool_plane = unrolled_sum_plane(windows, mode)
    else:
        pool_plane = _pool_plane_by_lines(windows.ndim, mode)

    @device_function
    def pool_planes(arrays, arguments):  # type: ignore[no-untyped-def]
        x, axes, counts = arrays[0], arguments[0], arguments[1]
        y = np.empty(x.shape[:pooled] + counts, x.dtype)
        use_huge_pages(y)
        for item in np.ndindex(x.shape[:pooled]):
            pool_plane(axes, counts, x[item], y[item])
        return y

    return pool_planes  # type: ignore[no-any-return]


def _pool_channels(windows: Windows, mode: PoolMode) -> Kernel:
    """Compile the pooling of channels side by side, with an output laid out like the input."""
    ndim, outer = windows.ndim, -windows.ndim - 1
    pool_item = channel_sum(windows, mode)

    @device_function
    def pool_channels(arrays, arguments, channel):  # type: ignore[no-untyped-def]
        x, counts = arrays[0], arguments[1]
        moved = channels_inside(x, ndim, channel)
        stored = np.empty(moved.shape[:outer] + counts + (moved.shape[outer],), x.dtype)
        use_huge_pages(stored)
        item_size = moved.shape[outer]
        for i in range(ndim):
            item_size *= counts[i]
        for number, item in enumerate(np.ndindex(moved.shape[:outer])):
            pool_item(counts, moved[item], (stored.reshape(-1),), number * item_size)
        return channels_back(stored, channel)

    return pool_channels  # type: ignore[no-any-return]


def pool_input_grad(windows: Windows, mode: PoolMode) -> Kernel:
    """Compile ``(cotangent, lengths) -> y``, the transpose of `pool` for an input of `lengths`.

    Where windows are known only at run time, the kernel takes their matrix as well.
    """
    ndim, pooled = windows.ndim, -windows.ndim
    count = windows_counter(windows, may_be_empty=True)
    on_planes, on_channels = _input_grad_planes(windows, mode), _input_grad_channels(ndim, mode)
    grad_by_layout = layout_chooser(ndim, on_planes, on_channels)
    lengths_type = (0,) * ndim

    @device_function
    def pool_input_grad(cotangent, lengths, *runtime_parameters):  # type: ignore[no-untyped-def]
        plane = unpooled_lengths(lengths, lengths_type)
        axes, counts = count(plane, *runtime_parameters)
        check_lengths(COTANGENT_DISAGREES, cotangent.shape, cotangent.shape[:pooled] + counts, 0)
        for length in plane:
            if length == 0:
                return np.empty(cotangent.shape[:pooled] + plane, cotangent.dtype)
        return grad_by_layout((cotangent,), (axes, counts, plane), True)

    return pool_input_grad  # type: ignore[no-any-return]


def _input_grad_planes(windows: Windows, mode: PoolMode) -> Kernel:
    """Compile the transpose of pooling every leading item on its own."""
    ndim, pooled = windows.ndim, -windows.ndim
    divide = _divider(ndim, mode)
    find_line = tap_finder(ndim - 1)
    sum_of_shares, lead, layers = _shares_summer(windows)
    add_layers = layer_sum(layers)

    @device_function
    def grad_of_plane(axes, counts, cotangent, out, scratch, layer_size, padded_shares):  # type: ignore[no-untyped-def]
        out[...] = 0
        length, count = out.shape[-1], counts[ndim - 1]
        last = axes[ndim - 1]
        tile = windows_per_tile(last)
        for index in np.ndindex(counts[:-1]):
            source = cotangent[index]
            for first in range(0, count, tile):
                shares = padded_shares[lead : lead + min(tile, count - first)]
                for w in range(len(shares)):
                    shares[np.uint64(w)] = source[np.uint64(first + w)]
                divide(axes, out.shape, index, shares, first)
                sum_of_shares(last, padded_shares, len(shares), scratch, layer_size)
                begin = first * last.stride - last.before
                columns = (len(shares) - 1) * last.stride + (last.window - 1) * last.dilation + 1
                low, high = max(0, -begin), min(columns, length - begin)
                for tap in np.ndindex(window_lengths(axes, counts)[:-1]):
                    inside, coordinates = find_line(axes, out.shape, index, tap)
                    if inside:
                        line = out[coordinates]
                        for i in range(low, high):
                            at = np.uint64(begin + i)
                            line[at] = add_layers(line[at], scratch, i, layer_size)

    @device_function
    def grad_of_planes(arrays, arguments):  # type: ignore[no-untyped-def]
        cotangent, (axes, counts, plane) = arrays[0], arguments
        y = np.empty(cotangent.shape[:pooled] + plane, cotangent.dtype)
        use_huge_pages(y)
        last = axes[ndim - 1]
        tile = min(windows_per_tile(last), counts[ndim - 1])
        # Room for whole blocks, and zeros around the shares for the taps that read beyond them.
        room = tile + 2 * (lead + LANES)
        # A layer of columns for each window that they lie in: so rounding is that of adding one
        # window after the other. Windows with many taps add theirs up in one layer first.
        layer_size = room * last.stride + (last.window - 1) * last.dilation + 1
        scratch = np.empty(layers * layer_size, y.dtype)
        shares = np.zeros(room, y.dtype)
        for item in np.ndindex(cotangent.shape[:pooled]):
            grad_of_plane(axes, counts, cotangent[item], y[item], scratch, layer_size, shares)
        return y

    return grad_of_planes  # type: ignore[no-any-return]


def _input_grad_channels(ndim: int, mode: PoolMode) -> Kernel:
    """Compile the transpose for channels side by side, with an output laid out like the input."""
    outer = -ndim - 1
    find, divisor_of = tap_finder(ndim), _divisor_of(ndim, mode)

    @device_function
    def grad_of_item(axes, counts, images, y, lengths, shares):  # type: ignore[no-untyped-def]
        channels = len(shares)
        for index in np.ndindex(counts):
            source = channels_at(images, index)
            divisor = divisor_of(axes, lengths, index)
            for i in range(channels):
                share = source[np.uint64(i)]
                shares[np.uint64(i)] = share if divisor == 1 else quotient(share, divisor)
            for tap in np.ndindex(window_lengths(axes, counts)):
                inside, coordinates = find(axes, lengths, index, tap)
                if inside:
                    begin = flat_index(coordinates, lengths) * channels
                    for i in range(channels):
                        y[np.uint64(begin + i)] += shares[np.uint64(i)]

    @device_function
    def grad_of_channels(arrays, arguments, channel):  # type: ignore[no-untyped-def]
        cotangent, (axes, counts, lengths) = arrays[0], arguments
        moved = channels_inside(cotangent, ndim, channel)
        channels = moved.shape[outer]
        stored = np.empty(moved.shape[:outer] + lengths + (channels,), cotangent.dtype)
        use_huge_pages(stored)
        shares = np.empty(channels, cotangent.dtype)
        for item in np.ndindex(moved.shape[:outer]):
            y = stored[item].reshape(-1)
            y[:] = 0
            grad_of_item(axes, counts, moved[item], y, lengths, shares)
        return channels_back(stored, channel)

    return grad_of_channels  # type: ignore[no-any-return]


def _shares_summer(windows: Windows) -> tuple[Kernel, int, int]:
    """Compile ``sum(last, shares, number, scratch, layer_size)``: the sum of what each column gets.

    There are `number` windows of a line, `last` on its axis. The number returned is how
    many other shares precede that of the first; then comes the number of layers of `scratch`.
    """
    if windows.can_unroll:
        block = BlockWindows.of(windows)
        lead, stride = (block.window - 1) * block.dilation // block.stride, block.stride
        write_block = block_shares(block)

        @device_function
        def by_blocks(last, shares, number, scratch, layer_size):  # type: ignore[no-untyped-def]
            shares[lead + number :] = 0
            for window in range(0, number + lead, LANES):
                write_block(shares, lead + window, scratch, window * stride, layer_size)

        return by_blocks, lead, max(map(len, windows_of_columns(block)))

    @device_function
    def by_taps(last, shares, number, scratch, layer_size):  # type: ignore[no-untyped-def]
        scratch[: (number - 1) * last.stride + (last.window - 1) * last.dilation + 1] = 0
        for tap in range(last.window):
            for w in range(number):
                at = np.uint64(w * last.stride + tap * last.dilation)
                scratch[at] += shares[np.uint64(w)]

    return by_taps, 0, 1


@device_function
def windows_per_tile(last):  # type: ignore[no-untyped-def]
    """Return how many windows of a line are done together: one, or as many as scratch can hold."""
    return max(1, (TILE_COLUMNS - (last.window - 1) * last.dilation - 1) // last.stride + 1)


def _pool_plane_by_lines(ndim: int, mode: PoolMode) -> Kernel:
    """Compile the pooling of one leading item: sums over lines of it, then over their taps."""
    divide = _divider(ndim, mode)
    find_line = tap_finder(ndim - 1)

    @device_function
    def pool_plane(axes, counts, plane, out):  # type: ignore[no-untyped-def]
        length, count = plane.shape[-1], counts[ndim - 1]
        last = axes[ndim - 1]
        tile = min(windows_per_tile(last), count)
        columns = (tile - 1) * last.stride + (last.window - 1) * last.dilation + 1
        column_sums = np.empty(columns, plane.dtype)
        for index in np.ndindex(counts[:-1]):
            for first in range(0, count, tile):
                sums = out[index][first : first + tile]
                begin = first * last.stride - last.before
                low, high = max(0, -begin), min(len(column_sums), length - begin)
                column_sums[:] = 0
                for tap in np.ndindex(window_lengths(axes, counts)[:-1]):
                    inside, coordinates = find_line(axes, plane.shape, index, tap)
                    if inside:
                        line = plane[coordinates]
                        for i in range(low, high):
                            column_sums[np.uint64(i)] += line[np.uint64(begin + i)]
                sums[:] = 0
                for tap in range(last.window):
                    for w in range(len(sums)):
                        at = np.uint64(w * last.stride + tap * last.dilation)
                        sums[np.uint64(w)] += column_sums[at]
                divide(axes, plane.shape, index, sums, first)

    return pool_plane  # type: ignore[no-any-return]


def _divisor_of(ndim: int, mode: PoolMode) -> Kernel:
    """Compile the number that an average divides by: ``(axes, lengths, index) -> n``.

    That is how many taps of the window at an index of `ndim` axes count; 1 for sums.
    """
    divides, with_padding = mode.is_average, mode.counts_padding

    @device_function
    def divisor_of(axes, lengths, index):  # type: ignore[no-untyped-def]
        taps = 1
        for i in range(ndim if divides else 0):
            window, stride, before, after, dilation = axes[i]
            low = -before if with_padding else 0
            high = lengths[i] + after if with_padding else lengths[i]
            taps *= taps_between(index[i], window, stride, before, dilation, low, high)
        return taps

    return divisor_of  # type: ignore[no-any-return]


def _divider(ndim: int, mode: PoolMode) -> Kernel:
    """Compile the division of sums by the number of taps that each of the windows has.

    ``divide(axes, lengths, index, sums, first)`` does so in place; the sums are those of the
    windows from number `first` on at `index` of all pooled axes but the last.
    """
    if not mode.is_average:
        return device_function(lambda axes, lengths, index, sums, first: None)  # type: ignore[no-any-return]
    outer_divisor, divisor_of = _divisor_of(ndim - 1, mode), _divisor_of(1, mode)

    @device_function
    def divide(axes, lengths, index, sums, first):  # type: ignore[no-untyped-def]
        outer = outer_divisor(axes, lengths, index)
        last, length = axes[ndim - 1], lengths[ndim - 1]
        # Windows between the two have all taps inside.
        low = min(len(sums), max(0, -(-last.before // last.stride) - first))
        reach = length - 1 - (last.window - 1) * last.dilation + last.before
        high = max(low, min(len(sums), reach // last.stride + 1 - first))
        for i in range(low, high):
            sums[np.uint64(i)] = quotient(sums[np.uint64(i)], outer * last.window)
        for edge in range(low + len(sums) - high):
            i = edge if edge < low else edge + high - low
            sums[i] = quotient(sums[i], outer * divisor_of((last,), (length,), (first + i,)))

    return divide  # type: ignore[no-any-return]
