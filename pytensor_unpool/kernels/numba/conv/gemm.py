"""Convolution as products of matrices, without a matrix of windows.

Tap k of all outputs of a row is a row of the image that begins elsewhere, so a sum over taps adds
up vectors read from shifted places (an "indirect" GEMM). The weights are m by k: output channels by
channels and taps. The columns, n, are the elements of packed images from the first output to the
last. The same as in kernels/c/conv/gemm.h, except that here panels have `MR` rows, and only the
last one fewer, padded with zeros; there they are as equal as possible.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from pytensor_unpool.kernels.conv_tuning import BAND_BYTES, MAX_PACKED_BYTES, MAX_WEIGHT_BYTES
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.channels import contiguous_view
from pytensor_unpool.kernels.numba.conv.microkernel import (
    MR,
    multiply_tile,
    padded_rows,
    panel_rows,
    tile_width,
    widest_tile,
)
from pytensor_unpool.kernels.numba.conv.packing import (
    can_read_in_place,
    channel_size,
    column_count,
    copy_elements,
    pack_image,
    phase_count,
    plane_size,
    slack_size,
    tap_offset,
)
from pytensor_unpool.kernels.numba.conv.records import (
    CORRELATION,
    GEMM_LAYOUT,
    PACKING,
    TAP,
    Packing,
    array_of,
    images_of,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd_wide import pointer


class Blocking(NamedTuple):
    """How much is done at a time: output channels, channels, columns, and a band of outputs.

    A band is of axis `band_axis`, the first that has several outputs.
    """

    mc: Any
    channels: Any
    nc: Any
    band_axis: Any
    band: Any
    in_place: Any


class WeightBlock(NamedTuple):
    """The output channels and channels of the kernel that are done at a time."""

    first_m: Any
    m: Any
    first_channel: Any
    channels: Any


class Buffers(NamedTuple):
    """Packed weights, what they are multiplied by, where each term of k reads it, and a tile."""

    weights: Any
    source: Any
    offsets: Any
    tile: Any


class Operands(NamedTuple):
    """The size of a product, and where in the buffers it begins."""

    m: Any
    k: Any
    weight: Any
    offset: Any
    source: Any


class Target(NamedTuple):
    """Where sums go: from element `first` of `y` on, or added to what is there."""

    y: Any
    first: Any
    channel_step: Any
    adds: Any


class OutputGrid(NamedTuple):
    """How many outputs there are on each axis, and how far apart in `y` they are."""

    outputs: Any
    steps: Any


@device_function
def pack_weights(kernel, is_transposed, block, taps, packed, at):  # type: ignore[no-untyped-def]
    """Write panels of weights from `at` on; return where they end."""
    for panel in range(0, block.m, MR):
        mr = panel_rows(block.m - panel)
        for channel in range(block.first_channel, block.first_channel + block.channels):
            for t in range(len(taps)):
                index = taps[t].weight
                z, y, x = index[0], index[1], index[2]
                for i in range(panel, panel + mr):
                    m = block.first_m + i
                    if i >= block.m:
                        packed[np.uint64(at)] = 0
                    elif is_transposed:
                        packed[np.uint64(at)] = kernel[channel, m, z, y, x]
                    else:
                        packed[np.uint64(at)] = kernel[m, channel, z, y, x]
                    at += 1
    return at


@device_function
def write_tile(tile, mr, nr, bounds, first, axes, grid, target):  # type: ignore[no-untyped-def]
    """Write the columns of a tile from ``bounds[0]`` to before ``bounds[1]`` to their outputs.

    Column 0 is number `first` of packed images with these axes; some are no output's.
    """
    (column, high), pitch, rows = bounds, axes[2].size, axes[1].size
    outputs, steps = grid
    y, to, channel_step, adds = target
    step = steps[2]
    row, x = (first + column) // pitch, (first + column) % pitch
    while column < high and row // rows < outputs[0]:
        length = min(high - column, outputs[2] - x)
        if length > 0 and row % rows < outputs[1]:
            begin = to + row // rows * steps[0] + row % rows * steps[1] + x * step
            for m in range(mr):
                at, put = m * nr + column, begin + m * channel_step
                if adds:
                    for i in range(length):
                        y[np.uint64(put + i * step)] += tile[np.uint64(at + i)]
                elif step == 1:
                    copy_elements(tile, at * tile.itemsize, tile.itemsize, length, y, put)
                else:
                    for i in range(length):
                        y[np.uint64(put + i * step)] = tile[np.uint64(at + i)]
        column += pitch - x
        x = 0
        row += 1


@device_function
def multiply_band(packing, buffers, operands, grid, target, blocking):  # type: ignore[no-untyped-def]
    """Compute the outputs of one correlation and image, `nc` columns at a time.

    Where nothing may be read beyond the last output's taps, the last tile ends with that output.
    """
    weights, source, offsets, tile = buffers
    k, nc, axes = operands.k, blocking.nc, packing.axes
    columns = column_count(packing, grid.outputs)
    for begin in range(0, columns, nc):
        end = min(columns, begin + nc)
        for panel in range(0, operands.m, MR):
            mr = panel_rows(operands.m - panel)
            nr = tile_width(mr, tile.itemsize)
            to = target.first + panel * target.channel_step
            of_panel = Target(target.y, to, target.channel_step, target.adds)
            for column in range(begin, end, nr):
                first = min(column, columns - nr) if blocking.in_place else column
                multiply_tile(
                    mr,
                    pointer(weights, operands.weight + panel * k),
                    pointer(offsets, operands.offset),
                    k,
                    pointer(source, operands.source + first),
                    pointer(tile, 0),
                    nr,
                )
                bounds = (column - first, min(nr, end - first))
                used = min(mr, operands.m - panel)
                write_tile(tile, used, nr, bounds, first, axes, grid, of_panel)


@device_function
def max_outputs(correlations, axis):  # type: ignore[no-untyped-def]
    """Return how many outputs on an axis the correlation has that has most."""
    most = 1
    for i in range(len(correlations)):
        most = max(most, correlations[i].outputs[axis])
    return most


@device_function
def sum_of_taps(correlations):  # type: ignore[no-untyped-def]
    """Return how many taps all correlations have."""
    taps = 0
    for i in range(len(correlations)):
        taps += correlations[i].taps
    return taps


@device_function
def choose_blocking(packing, correlations, m, channels, itemsize, in_place):  # type: ignore[no-untyped-def]
    """Return how much is done at a time; C chooses `nc` before it limits packed channels."""
    weight = max(1, sum_of_taps(correlations)) * itemsize
    mc = min(m, max(MR, MAX_WEIGHT_BYTES // weight // MR * MR))
    channels = min(channels, max(1, MAX_WEIGHT_BYTES // (weight * max(1, mc))))
    axis = 0
    while axis < 2 and max_outputs(correlations, axis) == 1:
        axis += 1
    outputs = max_outputs(correlations, axis)
    band = outputs
    if not in_place:
        size = packing.axes[axis].size
        reach, plane = size - outputs, plane_size(packing) // size
        line = plane * phase_count(packing) * itemsize
        channels = min(channels, max(1, MAX_PACKED_BYTES // (line * (reach + 1))))
        most = max(1, BAND_BYTES // (line * max(1, channels)) - reach)
        least = -(-outputs // min(most, outputs))
        # Tiles rarely end with a band: try some numbers of bands, take the one with fewest tiles.
        nr, fewest = tile_width(MR, itemsize), -1
        for bands in range(least, min(outputs, least + 2) + 1):
            outputs_of_band = -(-outputs // bands)
            tiles = bands * -(-outputs_of_band * plane // nr)
            if fewest < 0 or tiles < fewest:
                band, fewest = outputs_of_band, tiles
    widest = widest_tile(itemsize)
    nc = max(widest, BAND_BYTES // max(1, channels * itemsize) // widest * widest)
    return Blocking(mc, channels, nc, axis, band, in_place)


@device_function
def pack_block(kernel, layout, block, packing, taps, correlations, channel_step, buffers):  # type: ignore[no-untyped-def]
    """Write the weights of all correlations, and where each of their terms reads."""
    offsets = buffers.offsets
    # A plain 0 would have a type of its own, for which everything is compiled once more.
    weight = offset = np.int64(0)
    for i in range(len(correlations)):
        begin, end = correlations[i].first_tap, correlations[i].first_tap + correlations[i].taps
        weight = pack_weights(
            kernel, layout.is_transposed, block, taps[begin:end], buffers.weights, weight
        )
        for channel in range(block.channels):
            for t in range(begin, end):
                offsets[offset] = channel * channel_step + tap_offset(packing, taps[t])
                offset += 1


@device_function
def run_band(packing, buffers, block, source, correlations, first, target, blocking):  # type: ignore[no-untyped-def]
    """Compute all correlations on one image, for the outputs of a band from `first` on."""
    weight = offset = np.int64(0)
    axis = blocking.band_axis
    for i in range(len(correlations)):
        correlation = correlations[i]
        k = block.channels * correlation.taps
        outputs = correlation.outputs.copy()
        outputs[axis] = min(blocking.band, outputs[axis] - first)
        if outputs[axis] > 0:
            to = target.first + correlation.first + first * correlation.steps[axis]
            multiply_band(
                packing,
                buffers,
                Operands(block.m, k, weight, offset, source),
                OutputGrid(outputs, correlation.steps),
                Target(target.y, to, target.channel_step, target.adds),
                blocking,
            )
        weight += padded_rows(block.m) * k
        offset += k


@device_function
def matrix_sizes(kernel, layout):  # type: ignore[no-untyped-def]
    """Return how many output channels, of the product, and channels a group has."""
    if layout.is_transposed:
        return kernel.shape[1], kernel.shape[0] // layout.groups
    return kernel.shape[0] // layout.groups, kernel.shape[1]


@device_function
def weight_block(layout, group, sizes, begin, most):  # type: ignore[no-untyped-def]
    """Return the block of a group's weights that begins at (m, channel), at `most` as large."""
    m, channels = min(most[0], sizes[0] - begin[0]), min(most[1], sizes[1] - begin[1])
    if layout.is_transposed:
        return WeightBlock(begin[0], m, group * sizes[1] + begin[1], channels)
    return WeightBlock(group * sizes[0] + begin[0], m, begin[1], channels)


@device_function
def make_buffers(packing, x, blocking, taps):  # type: ignore[no-untyped-def]
    """Return scratch memory for a block, and how far apart in it channels are."""
    step, channels = channel_size(packing), max(1, blocking.channels)
    k, used = channels * max(1, taps), 0 if blocking.in_place else channels * step
    weights = np.empty(padded_rows(max(1, blocking.mc)) * k, x.dtype)
    tile = np.empty(MR * widest_tile(x.itemsize), x.dtype)
    source = np.empty(used + slack_size(packing, x.itemsize), x.dtype)
    source[used:] = 0
    if blocking.in_place:
        source, step = contiguous_view(x, 0, x.size), x.strides[1] // x.itemsize
    return Buffers(weights, source, np.empty(k, np.int64), tile), step


@device_function
def gemm(packing, x, kernel, layout, taps, correlations, y):  # type: ignore[no-untyped-def]
    """Compute some correlations that read the same images, for all groups."""
    sizes, channel_step = matrix_sizes(kernel, layout), layout.channel_step
    in_place = len(correlations) == 1 and can_read_in_place(packing, x, correlations[0].outputs)
    blocking = choose_blocking(packing, correlations, sizes[0], sizes[1], x.itemsize, in_place)
    axis, outputs = blocking.band_axis, max_outputs(correlations, blocking.band_axis)
    band = Packing(packing.axes.copy(), packing.images)
    band_axis, start = band.axes[axis], packing.axes[axis].start
    band_axis.size += blocking.band - outputs
    buffers, step = make_buffers(band, x, blocking, sum_of_taps(correlations))
    most = (blocking.mc, blocking.channels)
    for group in range(layout.groups):
        for m in range(0, sizes[0], blocking.mc):
            for channel in range(0, sizes[1], blocking.channels):
                block = weight_block(layout, group, sizes, (m, channel), most)
                pack_block(kernel, layout, block, band, taps, correlations, step, buffers)
                here = group * sizes[1] + channel
                for n in range(x.shape[0]):
                    to = n * layout.image_step + (group * sizes[0] + m) * channel_step
                    target = Target(y, to, channel_step, channel > 0)
                    source = (n * x.strides[0] + here * x.strides[1]) // x.itemsize
                    for first in range(0, outputs, blocking.band):
                        if not in_place:
                            source = np.int64(0)
                            band_axis.start = start + first * band_axis.stride
                            channels = (here, block.channels)
                            pack_image(band, x, n, channels, 0, step, buffers.source)
                        run_band(
                            band, buffers, block, source, correlations, first, target, blocking
                        )


def gemm_types(given):  # type: ignore[no-untyped-def]
    """Return the types of the arguments of `gemm`."""
    dtype = given[-1].dtype
    images, outputs = images_of(dtype), types.Array(dtype, 1, "C")
    return PACKING, images, images, GEMM_LAYOUT, array_of(TAP), array_of(CORRELATION), outputs


gemm_by_address = by_address(gemm, gemm_types)
