"""The gradient of convolution by the images, without multiplying by the zeros of "full" padding.

Each tap's sums over the output channels are added where the tap would have read packed images; from
there they are added to the images. The same as in kernels/c/conv/col2im.h, except that panels have
`MR` rows: see `gemm`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from pytensor_unpool.kernels.conv_tuning import BAND_BYTES, COL2IM_BYTES
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.microkernel import (
    MR,
    multiply_tile,
    padded_rows,
    panel_rows,
    tile_width,
    widest_tile,
)
from pytensor_unpool.kernels.numba.conv.packing import (
    channel_size,
    column_count,
    pack_image,
    packed_outputs,
    packed_row,
    phase_count,
    phase_start,
    plane_size,
    slack_size,
    tap_offset,
)
from pytensor_unpool.kernels.numba.conv.plan import plane_of
from pytensor_unpool.kernels.numba.conv.records import (
    CONV_SHAPE,
    PACKING,
    TAP,
    array_of,
    images_of,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd_wide import add_elements, pointer


class Columns(NamedTuple):
    """The sums of some channels, m by n: a row for each tap and channel, a column for each output.

    Row i is added to packed images from `starts[i]` on; term i of k is at ``offsets[i]`` of the
    packed outputs.
    """

    weights: Any
    m: Any
    k: Any
    channels: Any
    starts: Any
    offsets: Any


@device_function
def pack_columns_weights(kernel, taps, first, block, packed):  # type: ignore[no-untyped-def]
    """Write panels of weights for `block`, from output channel and channel `first` on.

    Neighbouring rows are of different channels: adding to one need not wait for the one before.
    """
    (first_k, first_channel), at = first, 0
    for panel in range(0, block.m, MR):
        mr = panel_rows(block.m - panel)
        for k in range(first_k, first_k + block.k):
            for row in range(panel, panel + mr):
                if row < block.m:
                    index = taps[row // block.channels].weight
                    channel = first_channel + row % block.channels
                    packed[np.uint64(at)] = kernel[k, channel, index[0], index[1], index[2]]
                else:
                    packed[np.uint64(at)] = 0
                at += 1


@device_function
def add_columns(block, outputs, n, nc, tile, sums):  # type: ignore[no-untyped-def]
    """Add the sums of `n` outputs to packed images, `nc` of them at a time."""
    weights, m, k, _, starts, offsets = block
    for begin in range(0, n, nc):
        end = min(n, begin + nc)
        for panel in range(0, m, MR):
            rows = min(MR, m - panel)
            mr = panel_rows(rows)
            nr = tile_width(mr, tile.itemsize)
            packed, terms = pointer(weights, panel * k), pointer(offsets, 0)
            # Rows that pad a panel are not added.
            whole = begin + (end - begin) // nr * nr if rows == mr else begin
            for column in range(begin, whole, nr):
                read, to = pointer(outputs, column), pointer(sums, column)
                multiply_tile(mr, packed, terms, k, read, to, pointer(starts, panel))
            for column in range(whole, end, nr):
                read, to = pointer(outputs, column), pointer(tile, 0)
                multiply_tile(mr, packed, terms, k, read, to, nr)
                for row in range(rows):
                    used, start = min(nr, end - column), starts[panel + row] + column
                    add_elements(tile, row * nr, used, sums, start)


@device_function
def add_image(packing, axes, sums, channels, to, dx):  # type: ignore[no-untyped-def]
    """Write the channels of an image from element `to` on: the sums of their packed elements."""
    depth, height, width = axes[0].length, axes[1].length, axes[2].length
    z_axis, y_axis, x_axis = packing.axes[0], packing.axes[1], packing.axes[2]
    phases_y, phases_x, step = y_axis.phases, x_axis.phases, x_axis.stride
    for i in range(channels * depth * height * width):
        dx[np.uint64(to + i)] = 0
    at = 0
    for channel in range(channels):
        for phase in range(phase_count(packing)):
            first_z = phase_start(z_axis, phase // (phases_y * phases_x))
            first_y = phase_start(y_axis, phase // phases_x % phases_y)
            first = phase_start(x_axis, phase % phases_x)
            row = packed_row(width, first, step, x_axis.size)
            for z in range(first_z, first_z + z_axis.size * z_axis.stride, z_axis.stride):
                for y in range(first_y, first_y + y_axis.size * y_axis.stride, y_axis.stride):
                    if 0 <= z < depth and 0 <= y < height:
                        begin = to + ((channel * depth + z) * height + y) * width + first
                        if step == 1:
                            used = row.high - row.low
                            add_elements(sums, at + row.low, used, dx, begin + row.low)
                        else:
                            for i in range(row.low, row.high):
                                dx[np.uint64(begin + i * step)] += sums[np.uint64(at + i)]
                    at += x_axis.size


@device_function
def col2im(conv, packing, dy, kernel, taps, dx):  # type: ignore[no-untyped-def]
    """Fill in all images; `packing` is that of images for outputs, where `taps` read."""
    k, itemsize, widest = conv.out_channels, dy.itemsize, widest_tile(dy.itemsize)
    of_outputs = packed_outputs(packing)
    plane, step = plane_size(packing), channel_size(packing)
    counts = np.empty(3, np.int64)
    for i in range(3):
        counts[i] = conv.axes[i].outputs
    n = column_count(packing, counts)
    most = max(1, min(conv.channels, BAND_BYTES // (itemsize * max(step, k * len(taps)))))
    nc = max(1, COL2IM_BYTES // ((k + most) * itemsize) // widest) * widest
    weights = np.empty(padded_rows(most * len(taps)) * k, dy.dtype)
    starts, offsets = np.empty(most * len(taps), np.int64), np.arange(k) * plane
    tile = np.empty(MR * widest, dy.dtype)
    outputs = np.zeros(k * plane + widest, dy.dtype)
    sums = np.empty(most * step + slack_size(packing, itemsize), dy.dtype)
    for group in range(conv.groups):
        for channel in range(0, conv.channels, most):
            channels = min(most, conv.channels - channel)
            block = Columns(weights, channels * len(taps), k, channels, starts, offsets)
            pack_columns_weights(kernel, taps, (group * k, channel), block, weights)
            for row in range(block.m):
                starts[row] = row % channels * step + tap_offset(packing, taps[row // channels])
            for image in range(dy.shape[0]):
                sums[:] = 0
                pack_image(of_outputs, dy, image, (group * k, k), 0, plane, outputs)
                add_columns(block, outputs, n, nc, tile, sums)
                first = (image * conv.groups + group) * conv.channels + channel
                add_image(packing, conv.axes, sums, channels, first * plane_of(conv.axes), dx)


def _argument_types(given):  # type: ignore[no-untyped-def]
    dtype = given[-1].dtype
    images, dx = images_of(dtype), types.Array(dtype, 1, "C")
    return CONV_SHAPE, PACKING, images, images, array_of(TAP), dx


col2im_by_address = by_address(col2im, _argument_types)
