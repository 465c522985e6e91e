"""The transpose of convolution in the images, without the zeros that a "full" padding multiplies.

Each tap's sums over the output channels are added to a copy, where the tap would have read. The
same as in kernels/c/conv/col2im.h.
"""

from __future__ import annotations

import numpy as np
from numba import types

from pytensor_unpool.kernels.conv_tuning import (
    ADDED_PRODUCTS,
    BAND_BYTES,
    COL2IM_BYTES,
    MAX_PACKED_BYTES,
)
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.gemm import (
    multiply_tile,
    packed_rows,
    panel_rows,
)
from pytensor_unpool.kernels.numba.conv.microkernel import (
    MOST_ROWS,
    MOST_SUMS,
    MOST_VECTORS,
    VECTOR_BYTES,
    add_elements,
)
from pytensor_unpool.kernels.numba.conv.packing import (
    LENGTH,
    OUTPUTS,
    PHASES,
    SIZE,
    STEP,
    STRIDE,
    WEIGHT,
    columns_of,
    copy_image,
    copy_of_outputs,
    phase_start,
    phases_of,
    plane_of,
    slack_of,
    tap_offset,
)
from pytensor_unpool.kernels.numba.device import device_function


@device_function
def scatter_is_faster(axes, copy, rows, channels, number_of_taps, itemsize):  # type: ignore[no-untyped-def]
    """Return whether there are much fewer outputs than elements that would be summed up alone.

    That is slow for a single channel.
    """
    elements = 1
    for i in range(3):
        elements *= -(-axes[i, LENGTH] // axes[i, STRIDE])
    columns = columns_of(copy, 1, axes[:, OUTPUTS])
    most = MAX_PACKED_BYTES // itemsize
    if phases_of(copy) * plane_of(copy) >= most or rows * plane_of(copy) >= most:
        return False
    if rows * number_of_taps >= most:
        return False
    return columns * (rows + ADDED_PRODUCTS) * channels < elements * rows * (channels + 1)


@device_function
def pack_rows(kernel, taps, first, terms, channel, channels, packed):  # type: ignore[no-untyped-def]
    """Write panels of weights: a row for each tap and channel, so many terms from `first` on.

    Neighbouring rows are of different channels: what is added to one is not waited for by the next.
    """
    rows, at = channels * len(taps), 0
    for panel in range(0, rows, MOST_ROWS):
        number = panel_rows(min(MOST_ROWS, rows - panel))
        for term in range(first, first + terms):
            for row in range(panel, panel + number):
                if row < rows:
                    tap = taps[row // channels]
                    z, y, x = tap[WEIGHT], tap[WEIGHT + 1], tap[WEIGHT + 2]
                    packed[np.uint64(at)] = kernel[term, channel + row % channels, z, y, x]
                else:
                    packed[np.uint64(at)] = 0
                at += 1


@device_function
def add_sums(packed, rows, terms, places, offsets, outputs, columns, portion, tile, sums):  # type: ignore[no-untyped-def]
    """Add the sums of so many outputs, a portion of them at a time, to those at their places."""
    lanes = VECTOR_BYTES // tile.itemsize
    for begin in range(0, columns, portion):
        end = min(columns, begin + portion)
        for panel in range(0, rows, MOST_ROWS):
            number = min(MOST_ROWS, rows - panel)
            held = panel_rows(number)
            width = min(MOST_SUMS // held, MOST_VECTORS) * lanes
            weight, offset = panel * terms, np.int64(0)
            # Rows that no channel has are zeros, and are not added.
            whole = begin + (end - begin) // width * width if number == held else begin
            for column in range(begin, whole, width):
                multiply_tile(
                    held, packed, weight, offsets, offset, terms, outputs, column, sums, column,
                    places[panel:],
                )  # fmt: skip
            for column in range(whole, end, width):
                multiply_tile(
                    held, packed, weight, offsets, offset, terms, outputs, column, tile,
                    np.int64(0), width,
                )  # fmt: skip
                for row in range(number):
                    taken, to = min(width, end - column), places[panel + row] + column
                    add_elements(tile, row * width, taken, sums, to)


@device_function
def add_image(axes, copy, sums, channels, to, dx):  # type: ignore[no-untyped-def]
    """Write the channels of an image from element `to` on: what the copies of it add up to."""
    depth, height, width = axes[0, LENGTH], axes[1, LENGTH], axes[2, LENGTH]
    size_x, step = copy[2, SIZE], copy[2, STEP]
    phases_y, phases_x = copy[1, PHASES], copy[2, PHASES]
    for i in range(channels * depth * height * width):
        dx[np.uint64(to + i)] = 0
    at = 0
    for channel in range(channels):
        for phase in range(phases_of(copy)):
            z = phase_start(copy, 0, phase // (phases_y * phases_x))
            y = phase_start(copy, 1, phase // phases_x % phases_y)
            first = phase_start(copy, 2, phase % phases_x)
            low = min(size_x, max(0, -(first // step)))
            high = max(low, min(size_x, -((first - width) // step)))
            for at_z in range(z, z + copy[0, SIZE] * copy[0, STEP], copy[0, STEP]):
                for at_y in range(y, y + copy[1, SIZE] * copy[1, STEP], copy[1, STEP]):
                    if 0 <= at_z < depth and 0 <= at_y < height:
                        line = to + ((channel * depth + at_z) * height + at_y) * width + first
                        if step == 1:
                            add_elements(sums, at + low, high - low, dx, line + low)
                        else:
                            for i in range(low, high):
                                dx[np.uint64(line + i * step)] += sums[np.uint64(at + i)]
                    at += size_x


@device_function
def scatter(axes, copy, groups, dy, kernel, taps, dx):  # type: ignore[no-untyped-def]
    """Fill in all images. `copy` says how they would be copied, `taps` where these would read."""
    terms, all_channels = kernel.shape[0] // groups, kernel.shape[1]
    of_outputs = copy_of_outputs(copy)
    plane, step = plane_of(copy), plane_of(copy) * phases_of(copy)
    columns = columns_of(copy, 1, axes[:, OUTPUTS])
    bytes_of_channel = dy.itemsize * max(step, terms * len(taps))
    most = max(1, min(all_channels, BAND_BYTES // bytes_of_channel))
    widest = MOST_VECTORS * (VECTOR_BYTES // dy.itemsize)
    portion = max(1, COL2IM_BYTES // ((terms + most) * dy.itemsize) // widest) * widest
    packed = np.empty(packed_rows(most * len(taps)) * terms, dy.dtype)
    places, offsets = np.empty(most * len(taps), np.int64), np.arange(terms) * plane
    tile = np.empty(MOST_ROWS * widest, dy.dtype)
    outputs = np.zeros(terms * plane + widest, dy.dtype)
    sums = np.empty(most * step + slack_of(copy, dy.itemsize), dy.dtype)
    image_size = axes[0, LENGTH] * axes[1, LENGTH] * axes[2, LENGTH]
    for group in range(groups):
        for channel in range(0, all_channels, most):
            channels = min(most, all_channels - channel)
            pack_rows(kernel, taps, group * terms, terms, channel, channels, packed)
            for row in range(channels * len(taps)):
                places[row] = row % channels * step + tap_offset(copy, 1, taps[row // channels])
            for n in range(dy.shape[0]):
                sums[:] = 0
                copy_image(of_outputs, 1, dy, n, group * terms, terms, 0, plane, outputs)
                add_sums(
                    packed, channels * len(taps), terms, places, offsets, outputs, columns,
                    portion, tile, sums,
                )  # fmt: skip
                to = ((n * groups + group) * all_channels + channel) * image_size
                add_image(axes, copy, sums, channels, to, dx)


def _argument_types(given):  # type: ignore[no-untyped-def]
    dtype = given[-1].dtype
    table, images = types.Array(types.int64, 2, "C"), types.Array(dtype, 5, "A", readonly=True)
    return table, table, types.int64, images, images, table, types.Array(dtype, 1, "C")


scatter_by_address = by_address(scatter, _argument_types)
