"""Convolution with 3 by 3 taps and stride 1 in Winograd's way, in Numba.

The same as kernels/c/conv/winograd.h and conv/winograd_kernel_grad.h, which say what it is.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.kernels.conv_tuning import (
    WINOGRAD_CHANNELS,
    WINOGRAD_OUTPUTS,
    WINOGRAD_TILE_BYTES,
    WINOGRAD_TILES,
    WINOGRAD_WEIGHT_BYTES,
)
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.gemm import (
    COUNT,
    argument_types,
    multiply_tile,
    packed_rows,
    panel_rows,
)
from pytensor_unpool.kernels.numba.conv.microkernel import (
    MOST_ROWS,
    MOST_SUMS,
    MOST_VECTORS,
    VECTOR_BYTES,
)
from pytensor_unpool.kernels.numba.conv.packing import (
    BEFORE,
    DILATION,
    LENGTH,
    OUTPUTS,
    SHIFT,
    START,
    STRIDE,
    TAPS,
    WEIGHT,
    copy_line,
)
from pytensor_unpool.kernels.numba.conv.winograd_transforms import (
    PLACES,
    gather_line,
    spread_line,
    spread_outputs_line,
)
from pytensor_unpool.kernels.numba.device import device_function


@device_function
def takes_winograd(axes, images, channels, rows, itemsize):  # type: ignore[no-untyped-def]
    """Return whether a convolution can be done like this, and is worth it."""
    for i in range(1, 3):
        if axes[i, TAPS] != 3 or axes[i, STRIDE] != 1 or axes[i, DILATION] != 1:
            return False
    if axes[0, LENGTH] != 1 or axes[0, TAPS] != 1 or axes[0, OUTPUTS] != 1 or axes[0, BEFORE] != 0:
        return False
    longest = max(axes[2, LENGTH], axes[2, OUTPUTS]) // 2 + 1
    # Panels have a few rows more.
    held = PLACES * itemsize * (rows + MOST_ROWS)
    return (
        channels >= WINOGRAD_CHANNELS
        and rows >= WINOGRAD_CHANNELS
        and images * axes[1, OUTPUTS] * axes[2, OUTPUTS] >= WINOGRAD_OUTPUTS
        and (held + PLACES * itemsize * channels) * longest <= WINOGRAD_TILE_BYTES
        and held * channels <= WINOGRAD_WEIGHT_BYTES
    )


@device_function
def pitch_of(tiles, itemsize):  # type: ignore[no-untyped-def]
    """Return how far rows of tiles are apart: a vector is written, a tile read, behind the last.

    No multiple of a power of two, which would have rows share a few lines of the cache.
    """
    lanes = VECTOR_BYTES // itemsize
    return (-(-(tiles + MOST_VECTORS * lanes) // lanes) | 1) * lanes


@device_function
def lines_at_a_time(lines, columns, channels, most, itemsize):  # type: ignore[no-untyped-def]
    """Return how many lines of tiles are done at a time, for so many channels in all."""
    fitting = WINOGRAD_TILE_BYTES // (PLACES * itemsize * channels)
    blocks = -(-lines // max(1, min(most, fitting) // columns))
    return -(-lines // blocks)


@device_function
def split_rows(x, image, channel, first, number, start, pairs, span, split):  # type: ignore[no-untyped-def]
    """Copy rows of a channel, `number` of them, its even columns in front of its odd ones."""
    height, width = x.shape[3], x.shape[4]
    for i in range(number):
        row = first + i
        for phase in range(2):
            begin, at = start + phase, (2 * i + phase) * span
            if 0 <= row < height:
                low = min(pairs, max(0, -(begin // 2)))
                high = max(low, min(pairs, -((begin - width) // 2)))
                offset = image * x.strides[0] + channel * x.strides[1] + row * x.strides[3]
                copy_line(x, offset, begin, 2, low, high, pairs, split, at)
            else:
                copy_line(x, 0, begin, 2, 0, 0, pairs, split, at)


@device_function
def spread_all(x, channels, starts, grid, bounds, is_output, span, split, to, pitch, step):  # type: ignore[no-untyped-def]
    """Spread the tiles of lines from `bounds[0]` on, of images or of their outputs."""
    lines, columns = grid
    first, end = bounds
    more = 0 if is_output else 2
    for channel in range(channels[1]):
        row, line = channel * pitch, first
        while line < end:
            begin = line % lines
            number = min(lines - begin, end - line)
            split_rows(
                x, line // lines, channels[0] + channel, starts[0] + 2 * begin, 2 * number + more,
                starts[1], columns + more // 2, span, split,
            )  # fmt: skip
            for i in range(number):
                if is_output:
                    spread_outputs_line(split, 4 * i * span, span, columns, to, row, step)
                else:
                    spread_line(split, 4 * i * span, span, columns, to, row, step)
                row += columns
            line += number
        # What is written behind the last tile belongs to none.
        for place in range(PLACES):
            for i in range(VECTOR_BYTES // to.itemsize):
                to[np.uint64(place * step + row + i)] = 0


@device_function
def spread_three(a, b, c, half):  # type: ignore[no-untyped-def]
    """Spread three taps of an axis; `half` is of their dtype, which Numba would widen."""
    return a, (a + c + b) * half, (a + c - b) * half, c


@device_function
def spread_weights(kernel, taps, some_rows, some_channels, is_transposed, packed):  # type: ignore[no-untyped-def]
    """Write the weights in all places: (place, panel, channel, row of the panel).

    Rows and channels are pairs (first, number).
    """
    (first_row, rows), (first_channel, channels) = some_rows, some_channels
    held, half = packed_rows(rows), packed.dtype.type(0.5)
    nine, across = np.zeros(9, packed.dtype), np.empty((3, 4), packed.dtype)
    for panel in range(0, rows, MOST_ROWS):
        number = panel_rows(min(MOST_ROWS, rows - panel))
        for channel in range(channels):
            for i in range(number):
                row, other = first_row + panel + i, first_channel + channel
                for t in range(9):
                    y, x = taps[t, WEIGHT + 1], taps[t, WEIGHT + 2]
                    at = 3 * taps[t, SHIFT + 1] + taps[t, SHIFT + 2]
                    if panel + i >= rows:
                        nine[at] = 0
                    elif is_transposed:
                        nine[at] = kernel[other, row, 0, y, x]
                    else:
                        nine[at] = kernel[row, other, 0, y, x]
                for x in range(3):
                    some = spread_three(nine[x], nine[3 + x], nine[6 + x], half)
                    across[x, 0], across[x, 1], across[x, 2], across[x, 3] = some
                to = panel * channels + channel * number + i
                for y in range(4):
                    places = spread_three(across[0, y], across[1, y], across[2, y], half)
                    for x in range(4):
                        packed[np.uint64((4 * y + x) * held * channels + to)] = places[x]


@device_function
def gather_all(summed, rows, grid, bounds, step, pitch, span, split, counts, steps, to, y):  # type: ignore[no-untyped-def]
    """Write the outputs of lines from `bounds[0]` on."""
    lines, columns = grid
    first, end = bounds
    height, width = counts
    pairs = width // 2
    for row in range(rows):
        for line in range(first, end):
            at = row * pitch + (line - first) * columns
            gather_line(summed, at, step, columns, split, span)
            top = 2 * (line % lines)
            put = to + line // lines * steps[0] + row * steps[1] + top * width
            for r in range(min(2, height - top)):
                even = 2 * r * span
                for i in range(pairs):
                    y[np.uint64(put + 2 * i)] = split[np.uint64(even + i)]
                    y[np.uint64(put + 2 * i + 1)] = split[np.uint64(even + span + i)]
                if width % 2 == 1:
                    y[np.uint64(put + width - 1)] = split[np.uint64(even + pairs)]
                put += width


@device_function
def winograd(copy, x, kernel, plan, taps, jobs, y):  # type: ignore[no-untyped-def]
    """Run the only correlation of some, with 9 taps: arguments are those of `correlate`."""
    groups, is_transposed, image_step, row_step = plan[0], plan[1] != 0, plan[2], plan[3]
    rows = kernel.shape[1] if is_transposed else kernel.shape[0] // groups
    channels = kernel.shape[0] // groups if is_transposed else kernel.shape[1]
    counts = (jobs[0, COUNT + 1], jobs[0, COUNT + 2])
    grid = (-(-counts[0] // 2), -(-counts[1] // 2))
    starts, held = (copy[1, START], copy[2, START]), packed_rows(rows)
    itemsize, lines = x.itemsize, x.shape[0] * grid[0]
    most = lines_at_a_time(lines, grid[1], channels + held, WINOGRAD_TILES, itemsize)
    pitch, span = pitch_of(most * grid[1], itemsize), grid[1] + 1 + VECTOR_BYTES // itemsize
    read_step, sum_step = (channels | 1) * pitch, (held | 1) * pitch
    read, summed = np.empty(PLACES * read_step, x.dtype), np.empty(PLACES * sum_step, x.dtype)
    packed = np.empty(PLACES * held * channels, x.dtype)
    split = np.zeros((2 * min(most, grid[0]) + 2) * 2 * span, x.dtype)
    offsets = np.arange(channels) * pitch
    for group in range(groups):
        first_row = 0 if is_transposed else group * rows
        first_channel = group * channels if is_transposed else 0
        spread_weights(
            kernel, taps, (first_row, rows), (first_channel, channels), is_transposed, packed
        )
        for first in range(0, lines, most):
            bounds = (first, min(lines, first + most))
            spread_all(
                x, (group * channels, channels), starts, grid, bounds, False, span, split, read,
                pitch, read_step,
            )  # fmt: skip
            for place in range(PLACES):
                for panel in range(0, rows, MOST_ROWS):
                    number = panel_rows(min(MOST_ROWS, rows - panel))
                    width = min(MOST_SUMS // number, MOST_VECTORS) * (VECTOR_BYTES // itemsize)
                    for column in range(0, (bounds[1] - first) * grid[1], width):
                        multiply_tile(
                            number, packed, (place * held + panel) * channels, offsets,
                            np.int64(0), channels, read, place * read_step + column, summed,
                            place * sum_step + panel * pitch + column, pitch,
                        )  # fmt: skip
            gather_all(
                summed, rows, grid, bounds, sum_step, pitch, span, split, counts,
                (image_step, row_step), group * rows * row_step, y,
            )  # fmt: skip


winograd_by_address = by_address(winograd, argument_types)
