"""The transpose of convolution with respect to the images, in Numba.

It is a correlation of the outputs for each phase of the stride; or, where that multiplies by too
many zeros, col2im. The same as in kernels/c/conv/input_grad.h.
"""

from __future__ import annotations

import numpy as np
from numba import types

from pytensor_unpool.geometry.conv import Convolution
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.checks import check_output, describer, shape_reader
from pytensor_unpool.kernels.numba.conv.col2im import col2im_by_address
from pytensor_unpool.kernels.numba.conv.gemm import gemm_by_address, max_outputs
from pytensor_unpool.kernels.numba.conv.packing import make_plain, shared_zeros
from pytensor_unpool.kernels.numba.conv.plan import (
    COL2IM,
    WINOGRAD,
    choose_input_grad_way,
    count_taps,
    has_rows,
    list_all_taps,
    list_taps,
    pack_for_outputs,
    phase_period,
    plane_of,
)
from pytensor_unpool.kernels.numba.conv.records import (
    AXIS_PHASE,
    CONV_SHAPE,
    CORRELATION,
    PACKED_AXIS,
    TAP,
    GemmLayout,
    Packing,
    images_of,
)
from pytensor_unpool.kernels.numba.conv.views import three_axes
from pytensor_unpool.kernels.numba.conv.winograd import winograd_by_address
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel


def conv_input_grad(convolution: Convolution) -> Kernel:
    """Compile ``(kernel, dy, shape) -> dx``: the transpose of `conv` with respect to the images."""
    describe = describer(convolution)
    read_shape = shape_reader(convolution.ndim + 2)

    @device_function
    def conv_input_grad(kernel, dy, shape, *numbers):  # type: ignore[no-untyped-def]
        full = read_shape(shape, dy.shape)
        conv = describe(numbers, full, kernel.shape)
        check_output(dy.shape, conv)
        dx = np.empty(full, dy.dtype)
        use_huge_pages(dx)
        axes = conv.axes
        # Nothing reads elements between taps, or beyond the last output's.
        if dy.size == 0 or axes[0].stride > 1 or axes[1].stride > 1 or axes[2].stride > 1:
            dx[...] = 0
        if dx.size > 0 and dy.size > 0:
            run_input_grad_by_address((conv, three_axes(kernel), three_axes(dy), dx.reshape(-1)))
        return dx

    return conv_input_grad  # type: ignore[no-any-return]


@device_function
def run_input_grad(conv, kernel, dy, dx):  # type: ignore[no-untyped-def]
    """Fill in the elements of the images that are read."""
    packing = pack_for_outputs(conv, has_rows(conv))
    way = choose_input_grad_way(conv, packing, dy.itemsize)
    if way == COL2IM:
        col2im_by_address((conv, packing, dy, kernel, list_all_taps(conv, packing), dx))
        return
    packed = np.empty(3, PACKED_AXIS)
    for i in range(3):
        make_plain(packed[i])
    taps = np.empty(count_taps(conv), TAP)
    correlations = list_correlations(conv, taps, packed)
    if len(correlations) == 0:
        return
    if max_outputs(correlations, 0) > 1 or max_outputs(correlations, 1) > 1:
        outputs = conv.axes[2].outputs
        packed[2].size -= shared_zeros(packed[2], outputs, max_outputs(correlations, 2))
    plane = plane_of(conv.axes)
    layout = GemmLayout(conv.groups, True, conv.groups * conv.channels * plane, plane)
    arguments = (Packing(packed, np.int64(1)), dy, kernel, layout, taps, correlations, dx)
    if way == WINOGRAD:
        winograd_by_address(arguments)
    else:
        gemm_by_address(arguments)


@device_function
def list_correlations(conv, taps, packed):  # type: ignore[no-untyped-def]
    """Return a correlation for each combination of phases; fill in its taps and what is packed.

    Outputs are packed if they read any element of the images.
    """
    # Loops, because operations on whole arrays, though shorter, take Numba seconds.
    counts = np.empty(3, np.int64)
    for i in range(3):
        counts[i] = min(phase_period(conv.axes[i]), conv.axes[i].taps)
    phases, combinations = np.empty(3, AXIS_PHASE), counts[0] * counts[1] * counts[2]
    correlations = np.zeros(combinations, CORRELATION)
    listed = count = 0
    for combination in range(combinations):
        rest, has_elements = combination, True
        for i in range(2, -1, -1):
            find_phase(conv.axes[i], rest % counts[i], phases[i])
            rest //= counts[i]
            has_elements = has_elements and phases[i].count > 0
        if has_elements:
            widen(packed, phases, count == 0)
            describe_correlation(conv, phases, correlations[count], listed)
            end = listed + correlations[count].taps
            list_phase_taps(conv, phases, taps[listed:end])
            listed = end
            count += 1
    for t in range(listed):
        for i in range(3):
            taps[t].shift[i] -= packed[i].start
    return correlations[:count].copy()


@device_function
def find_phase(axis, tap, phase):  # type: ignore[no-untyped-def]
    """Fill in the phase of a tap: see `AXIS_PHASE`."""
    at, period, stride = tap * axis.dilation % axis.stride, phase_period(axis), axis.stride
    phase.first_tap = tap
    phase.tap_step = period
    phase.taps = (axis.taps - 1 - tap) // period + 1
    phase.begin = -((at - axis.before) // stride)
    phase.first = at + stride * phase.begin - axis.before
    phase.count = (axis.length - 1 - phase.first) // stride + 1 if phase.first < axis.length else 0
    phase.low = output_of(axis, phase, tap + (phase.taps - 1) * period)
    phase.high = output_of(axis, phase, tap) + phase.count - 1


@device_function
def output_of(axis, phase, tap):  # type: ignore[no-untyped-def]
    """Return the output that reads the first element of a phase by one of its taps."""
    at = phase.first_tap * axis.dilation % axis.stride
    return phase.begin + (at - tap * axis.dilation) // axis.stride


@device_function
def widen(packed, phases, is_first):  # type: ignore[no-untyped-def]
    """Let packed outputs reach from the lowest one of all phases to the highest."""
    for i in range(3):
        low, high = phases[i].low, phases[i].high
        if not is_first:
            low = min(low, packed[i].start)
            high = max(high, packed[i].start + packed[i].size - 1)
        packed[i].start = low
        packed[i].size = high - low + 1


@device_function
def describe_correlation(conv, phases, correlation, first_tap):  # type: ignore[no-untyped-def]
    """Fill in the correlation of a combination of phases."""
    step, taps, first = 1, 1, 0
    for i in range(2, -1, -1):
        axis, phase = conv.axes[i], phases[i]
        taps *= phase.taps
        first += step * phase.first
        correlation.outputs[i] = phase.count
        correlation.steps[i] = step * axis.stride
        step *= axis.length
    correlation.first_tap = first_tap
    correlation.taps = taps
    correlation.first = first


@device_function
def list_phase_taps(conv, phases, taps):  # type: ignore[no-untyped-def]
    """Fill in the taps of a combination of phases, each with the output that it reads first."""
    list_taps(conv, phases, taps)
    for t in range(len(taps)):
        for i in range(3):
            taps[t].shift[i] = output_of(conv.axes[i], phases[i], taps[t].phase[i])
            taps[t].phase[i] = 0


def _argument_types(given):  # type: ignore[no-untyped-def]
    dtype = given[-1].dtype
    return CONV_SHAPE, images_of(dtype), images_of(dtype), types.Array(dtype, 1, "C")


run_input_grad_by_address = by_address(run_input_grad, _argument_types)
