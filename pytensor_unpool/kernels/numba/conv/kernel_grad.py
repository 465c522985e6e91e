"""The transpose of convolution with respect to the kernel, in Numba.

For each weight, the dot product of two rows: an output channel's, and that of the images that
begins at its tap. As in kernels/c/conv/kernel_grad.h.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from pytensor_unpool.geometry.conv import Convolution
from pytensor_unpool.kernels.conv_tuning import DOT_BYTES, DOT_ROWS, DOTS_BYTES, MAX_PACKED_BYTES
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.checks import check_output, describer, shape_reader
from pytensor_unpool.kernels.numba.conv.gemm_nt import DotOperands, gemm_nt
from pytensor_unpool.kernels.numba.conv.microkernel import MAX_DOT_COLUMNS
from pytensor_unpool.kernels.numba.conv.packing import (
    channel_size,
    column_count,
    pack_image,
    packed_outputs,
    phase_count,
    plane_size,
    slack_size,
    tap_offset,
)
from pytensor_unpool.kernels.numba.conv.plan import (
    GEMM,
    WINOGRAD,
    choose_way,
    list_all_taps,
    pack_for_outputs,
)
from pytensor_unpool.kernels.numba.conv.records import (
    CONV_SHAPE,
    PACKING,
    TAP,
    Packing,
    array_of,
    images_of,
)
from pytensor_unpool.kernels.numba.conv.views import part_of, three_axes
from pytensor_unpool.kernels.numba.conv.winograd_kernel_grad import winograd_kernel_grad
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd_wide import VECTOR_BYTES
from pytensor_unpool.kernels.numba.windows import Kernel


class DotBlocking(NamedTuple):
    """How much is done at a time: output channels, channels, and some images or a band of one."""

    mc: Any
    channels: Any
    images: Any
    band_axis: Any
    band: Any


def conv_kernel_grad(convolution: Convolution) -> Kernel:
    """Compile ``(x, dy, shape) -> dkernel``: the transpose of `conv` with respect to the kernel."""
    describe = describer(convolution)
    read_shape = shape_reader(convolution.ndim + 2)

    @device_function
    def conv_kernel_grad(x, dy, shape, *numbers):  # type: ignore[no-untyped-def]
        full = read_shape(shape, dy.shape)
        conv = describe(numbers, x.shape, full)
        check_output(dy.shape, conv)
        dk = np.zeros(full, x.dtype)
        if dk.size > 0 and x.shape[0] > 0:
            run_kernel_grad_by_address((conv, three_axes(x), three_axes(dy), dk.reshape(-1)))
        return dk

    return conv_kernel_grad  # type: ignore[no-any-return]


@device_function
def run_kernel_grad(conv, x, dy, dk):  # type: ignore[no-untyped-def]
    """Fill in all weights."""
    way = choose_way(conv, x.itemsize)
    packing = pack_for_outputs(conv, way == GEMM)
    taps = list_all_taps(conv, packing)
    if way == WINOGRAD:
        winograd_kernel_grad_by_address((conv, x, dy, taps, dk))
    else:
        dots_by_address((conv, packing, x, dy, taps, dk))


@device_function
def choose_blocking(conv, packing, itemsize):  # type: ignore[no-untyped-def]
    """Return how much is done at a time."""
    axis = 0
    while axis < 2 and conv.axes[axis].outputs == 1:
        axis += 1
    outputs, size = conv.axes[axis].outputs, packing.axes[axis].size
    reach, line = size - outputs, plane_size(packing) // size * itemsize
    most = max(1, DOT_BYTES // line - reach)
    band = -(-outputs // -(-outputs // min(most, outputs)))
    plane = line * (band + reach)
    images = max(1, min(conv.images, DOT_BYTES // plane)) if band == outputs else 1
    k = plane * images
    mc = min(conv.out_channels, max(DOT_ROWS, DOTS_BYTES // k // DOT_ROWS * DOT_ROWS))
    channels = min(conv.channels, max(1, MAX_PACKED_BYTES // (k * phase_count(packing))))
    return DotBlocking(mc, channels, images, axis, band)


@device_function
def list_columns(conv, packing, taps, first_channel, channels, operands):  # type: ignore[no-untyped-def]
    """List where the rows of images begin that are multiplied, and which weights they are for.

    Taps of one phase follow one another: their rows are in the same memory.
    """
    taps_y, taps_x, offsets = conv.axes[1].taps, conv.axes[2].taps, operands.offsets
    column, rows, step = 0, len(taps) // taps_x, channel_size(packing)
    for channel in range(channels):
        for i in range(len(taps)):
            tap = taps[i % rows * taps_x + i // rows]
            index = tap.weight
            offsets[column] = channel * step + tap_offset(packing, tap)
            weight = (index[0] * taps_y + index[1]) * taps_x + index[2]
            operands.columns[column] = (first_channel + channel) * len(taps) + weight
            column += 1


@device_function
def pack_columns(packing, x, image, channels, to):  # type: ignore[no-untyped-def]
    """Pack some images: the rows that taps read, each a column of the kernel's matrix."""
    step = channel_size(packing)
    for i in range(packing.images):
        pack_image(packing, x, image + i, channels, i, step, to)
    end = channels[1] * step
    to[end : end + slack_size(packing, to.itemsize)] = 0


@device_function
def pack_rows(packing, dy, image, channels, pitch, to):  # type: ignore[no-untyped-def]
    """Pack some outputs, with zeros where packed images have elements that belong to no output."""
    of_outputs = packed_outputs(packing)
    for i in range(packing.images):
        pack_image(of_outputs, dy, image + i, channels, i, pitch, to)
    for channel in range(channels[1]):
        for j in range(channel_size(of_outputs), pitch):
            to[channel * pitch + j] = 0


@device_function
def make_operands(packing, blocking, taps, pitch, like):  # type: ignore[no-untyped-def]
    """Return scratch memory for a block."""
    n, dtype = blocking.channels * taps, like.dtype
    size = blocking.channels * channel_size(packing) + slack_size(packing, like.itemsize)
    a, b = np.empty(blocking.mc * pitch, dtype), np.empty(size, dtype)
    offsets, columns = np.empty(n, np.int64), np.empty(n, np.int64)
    return DotOperands(a, pitch, b, offsets, columns, np.empty(DOT_ROWS * MAX_DOT_COLUMNS, dtype))


@device_function
def dots(conv, packing, x, dy, taps, dk):  # type: ignore[no-untyped-def]
    """Add the products of all outputs with the images to the weights."""
    all_m, all_channels, lanes = conv.out_channels, conv.channels, VECTOR_BYTES // x.itemsize
    blocking = choose_blocking(conv, packing, x.itemsize)
    axis, together = blocking.band_axis, blocking.images
    outputs, band = conv.axes[axis].outputs, Packing(packing.axes.copy(), together)
    band_axis, start = band.axes[axis], packing.axes[axis].start
    band_axis.size += blocking.band - outputs
    pitch = -(-together * plane_size(band) // lanes) * lanes
    operands = make_operands(band, blocking, len(taps), pitch, x)
    row_step, counts = all_channels * len(taps), np.empty(3, np.int64)
    for i in range(3):
        counts[i] = conv.axes[i].outputs
    for group in range(conv.groups):
        for channel in range(0, all_channels, blocking.channels):
            channels = min(blocking.channels, all_channels - channel)
            n, of_group = channels * len(taps), (group * all_channels + channel, channels)
            for image in range(0, x.shape[0], together):
                current = Packing(band.axes, min(together, x.shape[0] - image))
                list_columns(conv, current, taps, channel, channels, operands)
                for first in range(0, outputs, blocking.band):
                    band_axis.start = start + first * band_axis.stride
                    pack_columns(current, x, image, of_group, operands.b)
                    counts[axis] = min(blocking.band, outputs - first)
                    part = part_of(dy, axis, first, blocking.band)
                    k = -(-column_count(current, counts) // lanes) * lanes
                    for row in range(0, all_m, blocking.mc):
                        m, at = min(blocking.mc, all_m - row), group * all_m + row
                        pack_rows(current, part, image, (at, m), pitch, operands.a)
                        gemm_nt(operands, m, n, k, dk[at * row_step :], row_step)


def _argument_types(given):  # type: ignore[no-untyped-def]
    dtype = given[-1].dtype
    return CONV_SHAPE, images_of(dtype), images_of(dtype), types.Array(dtype, 1, "C")


def _dots_types(given):  # type: ignore[no-untyped-def]
    conv, x, dy, dk = _argument_types(given)
    return conv, PACKING, x, dy, array_of(TAP), dk


def _winograd_types(given):  # type: ignore[no-untyped-def]
    conv, x, dy, dk = _argument_types(given)
    return conv, x, dy, array_of(TAP), dk


run_kernel_grad_by_address = by_address(run_kernel_grad, _argument_types)
dots_by_address = by_address(dots, _dots_types)
winograd_kernel_grad_by_address = by_address(winograd_kernel_grad, _winograd_types)
