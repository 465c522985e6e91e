"""Which way a convolution is done, how its images are packed, and where its taps read.

The same as in kernels/c/conv/plan.h.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.kernels.conv_tuning import (
    ADDED_PRODUCTS,
    MAX_PACKED_BYTES,
    MAX_TAP_PARTS,
    SPARED_PRODUCTS,
    WINOGRAD_CHANNELS,
    WINOGRAD_OUTPUTS,
    WINOGRAD_TILE_BYTES,
    WINOGRAD_WEIGHT_BYTES,
)
from pytensor_unpool.kernels.numba.conv.microkernel import MR
from pytensor_unpool.kernels.numba.conv.packing import (
    column_count,
    phase_count,
    plane_size,
    shared_zeros,
)
from pytensor_unpool.kernels.numba.conv.records import AXIS_PHASE, PACKED_AXIS, TAP, Packing
from pytensor_unpool.kernels.numba.conv.winograd_transforms import POINTS
from pytensor_unpool.kernels.numba.device import device_function

# The ways. A convolution and its gradient of the kernel use one of the first two.
GEMM, WINOGRAD, COL2IM = range(3)


@device_function
def choose_way(conv, itemsize):  # type: ignore[no-untyped-def]
    """Return how a convolution, or its gradient of the kernel, is done."""
    return WINOGRAD if takes_winograd(conv, itemsize) else GEMM


@device_function
def choose_input_grad_way(conv, packing, itemsize):  # type: ignore[no-untyped-def]
    """Return how a gradient of the images is done; `packing` is that of the convolution."""
    if takes_winograd(conv, itemsize):
        return WINOGRAD
    return COL2IM if col2im_is_faster(conv, packing, itemsize) else GEMM


@device_function
def takes_winograd(conv, itemsize):  # type: ignore[no-untyped-def]
    """Return whether a convolution can be done by Winograd's algorithm, and is worth it."""
    axes, out_channels = conv.axes, conv.out_channels
    for i in range(1, 3):
        if axes[i].taps != 3 or axes[i].stride != 1 or axes[i].dilation != 1:
            return False
    z, y, x = axes[0], axes[1], axes[2]
    if z.length != 1 or z.taps != 1 or z.outputs != 1 or z.before != 0:
        return False
    longest = max(x.length, x.outputs) // 2 + 1
    # Panels are padded with fewer than MR rows.
    padded = POINTS * itemsize * (out_channels + MR)
    return (
        conv.channels >= WINOGRAD_CHANNELS
        and out_channels >= WINOGRAD_CHANNELS
        and conv.images * y.outputs * x.outputs >= WINOGRAD_OUTPUTS
        and (padded + POINTS * itemsize * conv.channels) * longest <= WINOGRAD_TILE_BYTES
        and padded * conv.channels <= WINOGRAD_WEIGHT_BYTES
    )


@device_function
def col2im_is_faster(conv, packing, itemsize):  # type: ignore[no-untyped-def]
    """Return whether there are far fewer outputs than elements of images, each a sum in `gemm`.

    col2im is slow for a single channel.
    """
    axes, k = conv.axes, conv.out_channels
    elements, outputs = 1, np.empty(3, np.int64)
    for i in range(3):
        elements *= -(-axes[i].length // axes[i].stride)
        outputs[i] = axes[i].outputs
    columns = column_count(packing, outputs)
    most = MAX_PACKED_BYTES // itemsize
    if phase_count(packing) * plane_size(packing) >= most or k * plane_size(packing) >= most:
        return False
    if k * count_taps(conv) >= most:
        return False
    return columns * (k + ADDED_PRODUCTS) * conv.channels < elements * k * (conv.channels + 1)


@device_function
def count_taps(conv):  # type: ignore[no-untyped-def]
    """Return how many taps the kernel has."""
    return conv.axes[0].taps * conv.axes[1].taps * conv.axes[2].taps


@device_function
def has_rows(conv):  # type: ignore[no-untyped-def]
    """Return whether the output has several rows."""
    return conv.axes[0].outputs > 1 or conv.axes[1].outputs > 1


@device_function
def pack_for_outputs(conv, takes_tap_parts):  # type: ignore[no-untyped-def]
    """Return how images are packed for outputs, in a part for each tap if that is better."""
    packed = np.empty(3, PACKED_AXIS)
    for i in range(3):
        axis, to = conv.axes[i], packed[i]
        to.start = -axis.before
        to.stride = to.period = axis.stride
        to.dilation = axis.dilation
        to.phases = min(axis.taps, phase_period(axis))
        to.size = axis.outputs + (axis.taps - 1) * axis.dilation // axis.stride
    # A single row is done in bands, which do not begin with padding.
    if has_rows(conv):
        packed[2].size -= shared_zeros(packed[2], conv.axes[2].length, conv.axes[2].outputs)
    if takes_tap_parts:
        take_tap_parts(conv, packed[2])
    return Packing(packed, np.int64(1))


@device_function
def take_tap_parts(conv, packed):  # type: ignore[no-untyped-def]
    """Pack the last axis in a part for each tap, if that saves enough products.

    Packed rows are then those of the outputs, without what the other taps read.
    """
    axis = conv.axes[2]
    readers = conv.out_channels * conv.axes[0].taps * conv.axes[1].taps
    spared = (packed.size - axis.outputs) * readers
    if axis.taps <= MAX_TAP_PARTS and spared >= SPARED_PRODUCTS * axis.outputs:
        packed.period = axis.stride + axis.taps * axis.dilation
        packed.phases = axis.taps
        packed.size = axis.outputs


@device_function
def phase_period(axis):  # type: ignore[no-untyped-def]
    """Return after how many taps the phases of the stride that they read repeat."""
    divisor, rest = axis.stride, axis.dilation % axis.stride
    while rest != 0:
        divisor, rest = rest, divisor % rest
    return axis.stride // divisor


@device_function
def list_all_taps(conv, packing):  # type: ignore[no-untyped-def]
    """Return all taps, and where they read what is packed for outputs."""
    axes = conv.axes
    phases = np.zeros(3, AXIS_PHASE)
    for i in range(3):
        phase = phases[i]
        phase.tap_step = 1
        phase.taps = axes[i].taps
    taps = np.empty(count_taps(conv), TAP)
    list_taps(conv, phases, taps)
    for t in range(len(taps)):
        for i in range(3):
            tap = taps[t].phase[i]
            if packing.axes[i].period != axes[i].stride:
                taps[t].shift[i] = 0
            else:
                taps[t].shift[i] = tap * axes[i].dilation // axes[i].stride
                taps[t].phase[i] = tap % phase_period(axes[i])
    return taps


@device_function
def list_taps(conv, phases, taps):  # type: ignore[no-untyped-def]
    """Fill in the taps of a phase of each axis, with their numbers instead of where they read."""
    for t in range(len(taps)):
        rest = t
        for i in range(2, -1, -1):
            tap = phases[i].first_tap + rest % phases[i].taps * phases[i].tap_step
            rest //= phases[i].taps
            taps[t].weight[i] = conv.axes[i].taps - 1 - tap if conv.flip else tap
            taps[t].phase[i] = tap


@device_function
def plane_of(axes):  # type: ignore[no-untyped-def]
    """Return how many elements a channel of an image has."""
    return axes[0].length * axes[1].length * axes[2].length
