"""The transpose of convolution in the kernel, in Numba.

For each weight, the product of two rows: an output's, and that of the image that begins at its tap.
The same as in kernels/c/conv/kernel_grad.h.
"""

from __future__ import annotations

import numpy as np
from numba import types

from pytensor_unpool.geometry.conv import Convolution
from pytensor_unpool.kernels.conv_tuning import (
    DOT_BYTES,
    DOT_ROWS,
    DOTS_BYTES,
    MAX_PACKED_BYTES,
)
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.checks import check_output, describer, shape_reader
from pytensor_unpool.kernels.numba.conv.forward import all_taps, copy_for_outputs, three_axes
from pytensor_unpool.kernels.numba.conv.gemm_nt import MOST_COLUMNS, add_products
from pytensor_unpool.kernels.numba.conv.microkernel import VECTOR_BYTES
from pytensor_unpool.kernels.numba.conv.packing import (
    OUTPUTS,
    SIZE,
    START,
    STEP,
    TAPS,
    WEIGHT,
    columns_of,
    copy_image,
    copy_of_outputs,
    phases_of,
    plane_of,
    slack_of,
    tap_offset,
)
from pytensor_unpool.kernels.numba.conv.winograd import takes_winograd
from pytensor_unpool.kernels.numba.conv.winograd_kernel_grad import winograd_add_all
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.windows import Kernel


@device_function
def portions_of(axes, copy, images, rows, channels, itemsize):  # type: ignore[no-untyped-def]
    """Return how much is done at a time: rows, channels, images, or a band on which axis."""
    axis = 0
    while axis < 2 and axes[axis, OUTPUTS] == 1:
        axis += 1
    outputs = axes[axis, OUTPUTS]
    reach = copy[axis, SIZE] - outputs
    line = plane_of(copy) // copy[axis, SIZE] * itemsize
    lines = max(1, DOT_BYTES // line - reach)
    band = -(-outputs // -(-outputs // min(lines, outputs)))
    plane = line * (band + reach)
    together = max(1, min(images, DOT_BYTES // plane)) if band == outputs else 1
    row = plane * together
    rows = min(rows, max(DOT_ROWS, DOTS_BYTES // row // DOT_ROWS * DOT_ROWS))
    channels = min(channels, max(1, MAX_PACKED_BYTES // (row * phases_of(copy))))
    return rows, channels, together, axis, band


def conv_kernel_grad(convolution: Convolution) -> Kernel:
    """Compile ``(x, dy, shape) -> dkernel``: the transpose of `conv` in the kernel."""
    groups, flip = convolution.groups, convolution.flip
    describe = describer(convolution)
    lengths_of = shape_reader(convolution.ndim + 2)

    @device_function
    def conv_kernel_grad(x, dy, shape, *numbers):  # type: ignore[no-untyped-def]
        full = lengths_of(shape, dy.shape)
        axes = describe(numbers, x.shape, full)
        check_output(dy.shape, x.shape, full, axes)
        dk = np.zeros(full, x.dtype)
        if dk.size > 0 and x.shape[0] > 0:
            rows = full[0] // groups
            is_fast = takes_winograd(axes, x.shape[0], full[1], rows, x.itemsize)
            copy = copy_for_outputs(axes, rows, not is_fast)
            taps = all_taps(axes, flip, copy)
            arguments = (axes, copy, groups, three_axes(x), three_axes(dy), taps, dk.reshape(-1))
            if is_fast:
                winograd_add_all_by_address(arguments)
            else:
                add_all_by_address(arguments)
        return dk

    return conv_kernel_grad  # type: ignore[no-any-return]


@device_function
def list_terms(copy, images, axes, taps, channel, channels, step, offsets, places):  # type: ignore[no-untyped-def]
    """List where the columns of products begin, and which weights they are for.

    Taps of one phase follow one another: their rows are in the same memory.
    """
    term = 0
    for i in range(channels):
        for nth in range(len(taps)):
            lines = len(taps) // axes[2, TAPS]
            t = nth % lines * axes[2, TAPS] + nth // lines
            offsets[term] = i * step + tap_offset(copy, images, taps[t])
            place = taps[t, WEIGHT] * axes[1, TAPS] + taps[t, WEIGHT + 1]
            place = place * axes[2, TAPS] + taps[t, WEIGHT + 2]
            places[term] = (channel + i) * len(taps) + place
            term += 1


@device_function
def part_of(dy, axis, first, most):  # type: ignore[no-untyped-def]
    """Return some of the outputs on an axis."""
    if axis == 0:
        return dy[:, :, first : first + most]
    if axis == 1:
        return dy[:, :, :, first : first + most]
    return dy[:, :, :, :, first : first + most]


@device_function
def copy_rows(copy, number, dy, image, first, rows, pitch, to):  # type: ignore[no-untyped-def]
    """Copy the rows of products: outputs, with zeros where the image has what belongs to none."""
    for n in range(number):
        copy_image(copy, number, dy, image + n, first, rows, n, pitch, to)
    for i in range(rows):
        for j in range(number * plane_of(copy), pitch):
            to[i * pitch + j] = 0


@device_function
def add_all(axes, copy, groups, x, dy, taps, dk):  # type: ignore[no-untyped-def]
    """Add the products of all outputs with the images to the weights."""
    all_rows, all_channels = dy.shape[1] // groups, x.shape[1] // groups
    most_rows, most_channels, together, axis, most = portions_of(
        axes, copy, x.shape[0], all_rows, all_channels, x.itemsize
    )
    outputs = axes[axis, OUTPUTS]
    copy[axis, SIZE] += most - outputs
    of_rows = copy_of_outputs(copy)
    plane, width = plane_of(copy), VECTOR_BYTES // x.itemsize
    pitch = -(-together * plane // width) * width
    slack = slack_of(copy, x.itemsize)
    images = np.empty(most_channels * phases_of(copy) * together * plane + slack, x.dtype)
    rows = np.empty(most_rows * pitch, x.dtype)
    offsets, places = np.empty((2, most_channels * len(taps)), np.int64)
    sums = np.empty(DOT_ROWS * MOST_COLUMNS, x.dtype)
    row_step, begin = all_channels * len(taps), copy[axis, START]
    counts = axes[:, OUTPUTS].copy()
    for group in range(groups):
        for channel in range(0, all_channels, most_channels):
            channels, here = min(most_channels, all_channels - channel), group * all_channels
            for image in range(0, x.shape[0], together):
                number = min(together, x.shape[0] - image)
                step = phases_of(copy) * number * plane
                list_terms(copy, number, axes, taps, channel, channels, step, offsets, places)
                for first in range(0, outputs, most):
                    copy[axis, START] = begin + first * copy[axis, STEP]
                    for n in range(number):
                        copy_image(
                            copy, number, x, image + n, here + channel, channels, n, step, images
                        )
                    images[channels * step : channels * step + slack] = 0
                    counts[axis] = min(most, outputs - first)
                    part = part_of(dy, axis, first, most)
                    used = columns_of(copy, number, counts)
                    length = -(-used // width) * width
                    for row in range(0, all_rows, most_rows):
                        some, at = min(most_rows, all_rows - row), group * all_rows + row
                        copy_rows(of_rows, number, part, image, at, some, pitch, rows)
                        add_products(
                            rows,
                            some,
                            pitch,
                            images,
                            offsets,
                            places,
                            channels * len(taps),
                            length,
                            sums,
                            dk[at * row_step :],
                            row_step,
                        )


def _argument_types(given):  # type: ignore[no-untyped-def]
    dtype = given[-1].dtype
    table, images = types.Array(types.int64, 2, "C"), types.Array(dtype, 5, "A", readonly=True)
    return table, table, types.int64, images, images, table, types.Array(dtype, 1, "C")


add_all_by_address = by_address(add_all, _argument_types)
winograd_add_all_by_address = by_address(winograd_add_all, _argument_types)
