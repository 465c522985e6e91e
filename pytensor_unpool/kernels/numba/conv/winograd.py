"""Convolution with 3 by 3 taps and stride 1 by Winograd's algorithm, in Numba.

The same as kernels/c/conv/winograd.h, which explains it, except for panels of `MR` rows: see
`gemm`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pytensor_unpool.kernels.conv_tuning import WINOGRAD_TILE_BYTES, WINOGRAD_TILES
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.gemm import (
    gemm_types,
    matrix_sizes,
    weight_block,
)
from pytensor_unpool.kernels.numba.conv.microkernel import (
    MR,
    multiply_tile,
    padded_rows,
    panel_rows,
    tile_width,
    widest_tile,
)
from pytensor_unpool.kernels.numba.conv.packing import pack_row, packed_row
from pytensor_unpool.kernels.numba.conv.winograd_transforms import (
    ALPHA,
    POINTS,
    transform_dy_tiles,
    transform_input_tiles,
    transform_output_tiles,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd_wide import VECTOR_BYTES, pointer
from pytensor_unpool.kernels.numba.windows import Kernel


class TileGrid(NamedTuple):
    """The tiles of some images: how many rows of them each has, of how many `columns`."""

    images: Any
    rows: Any
    columns: Any


class Transformed(NamedTuple):
    """Tiles at all points: those of a channel are `pitch` elements, and points `step` apart."""

    data: Any
    channels: Any
    pitch: Any
    step: Any


class SplitRows(NamedTuple):
    """Rows of an image, split into even and odd columns; all these halves are `span` apart."""

    data: Any
    span: Any


@device_function
def rows_at_a_time(grid, channels, most_tiles, itemsize):  # type: ignore[no-untyped-def]
    """Return how many rows of tiles are done at a time, for this total number of channels."""
    rows = grid.images * grid.rows
    fitting = WINOGRAD_TILE_BYTES // (POINTS * itemsize * channels)
    blocks = -(-rows // max(1, min(most_tiles, fitting) // grid.columns))
    return -(-rows // blocks)


@device_function
def make_transformed(channels, tiles, like):  # type: ignore[no-untyped-def]
    """Return memory for the points of some tiles.

    A vector may be written, and a tile of sums read, beyond the last one. Neither channels nor
    points are a power of two apart: they would share a few cache lines.
    """
    lanes = VECTOR_BYTES // like.itemsize
    pitch = (-(-(tiles + widest_tile(like.itemsize)) // lanes) | 1) * lanes
    step = (channels | 1) * pitch
    return Transformed(np.empty(POINTS * step, like.dtype), channels, pitch, step)


@device_function
def make_split_rows(grid, rows, like):  # type: ignore[no-untyped-def]
    """Return memory for what some rows of tiles read of an image."""
    span = grid.columns + 1 + VECTOR_BYTES // like.itemsize
    return SplitRows(np.zeros((2 * min(rows, grid.rows) + 2) * 2 * span, like.dtype), span)


@device_function
def split_rows(x, image, channel, first, count, start, pairs, to):  # type: ignore[no-untyped-def]
    """Split `count` rows from row `first` and column `start` on into `pairs` of columns."""
    offset = image * x.strides[0] + channel * x.strides[1]
    for i in range(count):
        y = first + i
        for odd in range(2):
            at = (2 * i + odd) * to.span
            if 0 <= y < x.shape[3]:
                row = packed_row(x.shape[4], start + odd, 2, pairs)
                pack_row(row, x, offset + y * x.strides[3], to.data, at)
            else:
                for column in range(pairs):
                    to.data[np.uint64(at + column)] = 0


def _tile_transformer(reach: int, transform_tiles: Kernel) -> Kernel:
    """Compile the transform of images, or of `dy`, of which tiles have `reach` rows and columns.

    ``transform(x, first_channel, start, grid, bounds, split, to)`` does the rows of tiles from
    ``bounds[0]`` to before ``bounds[1]``, of as many channels as `to` has. The first tile of an
    image reads from element `start` on.
    """
    more = reach - 2

    @device_function
    def transform(x, first_channel, start, grid, bounds, split, to):  # type: ignore[no-untyped-def]
        first, end = bounds
        for channel in range(to.channels):
            at, row = channel * to.pitch, first
            while row < end:
                begin = row % grid.rows
                count = min(grid.rows - begin, end - row)
                split_rows(
                    x,
                    row // grid.rows,
                    first_channel + channel,
                    start[0] + 2 * begin,
                    2 * count + more,
                    start[1],
                    grid.columns + more // 2,
                    split,
                )
                for i in range(count):
                    begin = 4 * i * split.span
                    transform_tiles(
                        split.data, begin, split.span, grid.columns, to.data, at, to.step
                    )
                    at += grid.columns
                row += count
            # What is written beyond the last tile is not part of any.
            for point in range(POINTS):
                for i in range(VECTOR_BYTES // to.data.itemsize):
                    to.data[np.uint64(point * to.step + at + i)] = 0

    return transform  # type: ignore[no-any-return]


transform_input = _tile_transformer(ALPHA, transform_input_tiles)
transform_dy = _tile_transformer(2, transform_dy_tiles)


@device_function
def filter_1d(a, b, c, half):  # type: ignore[no-untyped-def]
    """Transform three taps of an axis; `half` is of their dtype, which Numba would widen."""
    return a, (a + c + b) * half, (a + c - b) * half, c


@device_function
def transform_filter(kernel, taps, is_transposed, block, packed):  # type: ignore[no-untyped-def]
    """Write the weights at all points: (point, panel, channel, row of the panel)."""
    step, half = padded_rows(block.m) * block.channels, packed.dtype.type(0.5)
    nine, across = np.zeros(9, packed.dtype), np.empty((3, 4), packed.dtype)
    for panel in range(0, block.m, MR):
        mr = panel_rows(block.m - panel)
        for channel in range(block.channels):
            for i in range(mr):
                m, other = block.first_m + panel + i, block.first_channel + channel
                for t in range(9):
                    y, x = taps[t].weight[1], taps[t].weight[2]
                    at = 3 * taps[t].shift[1] + taps[t].shift[2]
                    if panel + i >= block.m:
                        nine[at] = 0
                    elif is_transposed:
                        nine[at] = kernel[other, m, 0, y, x]
                    else:
                        nine[at] = kernel[m, other, 0, y, x]
                for x in range(3):
                    column = filter_1d(nine[x], nine[3 + x], nine[6 + x], half)
                    across[x, 0], across[x, 1], across[x, 2], across[x, 3] = column
                to = panel * block.channels + channel * mr + i
                for y in range(4):
                    points = filter_1d(across[0, y], across[1, y], across[2, y], half)
                    for x in range(4):
                        packed[np.uint64((4 * y + x) * step + to)] = points[x]


@device_function
def multiply_points(weights, block, offsets, tiles, read, sums):  # type: ignore[no-untyped-def]
    """Sum over channels at each point, for some tiles."""
    channels, m = block.channels, padded_rows(block.m)
    for point in range(POINTS):
        for panel in range(0, block.m, MR):
            mr = panel_rows(block.m - panel)
            for column in range(0, tiles, tile_width(mr, weights.itemsize)):
                multiply_tile(
                    mr,
                    pointer(weights, (point * m + panel) * channels),
                    pointer(offsets, 0),
                    channels,
                    pointer(read.data, point * read.step + column),
                    pointer(sums.data, point * sums.step + panel * sums.pitch + column),
                    sums.pitch,
                )


@device_function
def transform_output(sums, m, grid, bounds, split, outputs, layout, to, y):  # type: ignore[no-untyped-def]
    """Write the outputs of the rows of tiles from ``bounds[0]`` on; `to` is that of the first."""
    first, end = bounds
    height, width = outputs[1], outputs[2]
    pairs, span, data = width // 2, split.span, split.data
    for channel in range(m):
        for row in range(first, end):
            at = channel * sums.pitch + (row - first) * grid.columns
            transform_output_tiles(sums.data, at, sums.step, grid.columns, data, span)
            top = 2 * (row % grid.rows)
            put = to + row // grid.rows * layout.image_step + channel * layout.channel_step
            put += top * width
            for r in range(min(2, height - top)):
                even = 2 * r * span
                for i in range(pairs):
                    y[np.uint64(put + 2 * i)] = data[np.uint64(even + i)]
                    y[np.uint64(put + 2 * i + 1)] = data[np.uint64(even + span + i)]
                if width % 2 == 1:
                    y[np.uint64(put + width - 1)] = data[np.uint64(even + pairs)]
                put += width


@device_function
def winograd(packing, x, kernel, layout, taps, correlations, y):  # type: ignore[no-untyped-def]
    """Compute the only correlation, with nine taps: arguments are those of `gemm`."""
    sizes, outputs = matrix_sizes(kernel, layout), correlations[0].outputs
    m, channels = sizes
    grid = TileGrid(x.shape[0], -(-outputs[1] // 2), -(-outputs[2] // 2))
    start = (packing.axes[1].start, packing.axes[2].start)
    padded, rows = padded_rows(m), grid.images * grid.rows
    most = rows_at_a_time(grid, channels + padded, WINOGRAD_TILES, x.itemsize)
    read = make_transformed(channels, most * grid.columns, x)
    sums = make_transformed(padded, most * grid.columns, x)
    split = make_split_rows(grid, most, x)
    weights = np.empty(POINTS * padded * channels, x.dtype)
    offsets = np.arange(channels) * read.pitch
    for group in range(layout.groups):
        block = weight_block(layout, group, sizes, (0, 0), sizes)
        transform_filter(kernel, taps, layout.is_transposed, block, weights)
        to = group * m * layout.channel_step
        for first in range(0, rows, most):
            bounds = (first, min(rows, first + most))
            transform_input(x, group * channels, start, grid, bounds, split, read)
            tiles = (bounds[1] - first) * grid.columns
            multiply_points(weights, block, offsets, tiles, read, sums)
            transform_output(sums, m, grid, bounds, split, outputs, layout, to, y)


winograd_by_address = by_address(winograd, gemm_types)
