"""Convolution in Numba, and its transpose in the images, see `conv`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from pytensor_unpool.geometry.conv import Convolution
from pytensor_unpool.kernels.conv_tuning import MAX_TAP_PARTS, SPARED_PRODUCTS
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.checks import check_output, describer, shape_reader
from pytensor_unpool.kernels.numba.conv.col2im import scatter_by_address, scatter_is_faster
from pytensor_unpool.kernels.numba.conv.gemm import (
    APART,
    COUNT,
    FIRST,
    NUMBER,
    TAP,
    correlate_by_address,
    most_outputs,
)
from pytensor_unpool.kernels.numba.conv.packing import (
    BEFORE,
    DILATION,
    LENGTH,
    OUTPUTS,
    PERIOD,
    PHASE,
    PHASE_STEP,
    PHASES,
    SHIFT,
    SIZE,
    START,
    STEP,
    STRIDE,
    TAPS,
    WEIGHT,
    shared_zeros,
)
from pytensor_unpool.kernels.numba.conv.winograd import takes_winograd, winograd_by_address
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel


def conv(convolution: Convolution) -> Kernel:
    """Compile ``(x, kernel) -> y``.

    Where a number of the convolution is not known, the kernels here take their matrix as well.
    """
    groups, flip = convolution.groups, convolution.flip
    describe = describer(convolution)

    @device_function
    def conv(x, weights, *numbers):  # type: ignore[no-untyped-def]
        axes = describe(numbers, x.shape, weights.shape)
        y = np.empty(outputs_of(axes, x, weights), x.dtype)
        use_huge_pages(y)
        if weights.shape[1] == 0:
            y[...] = 0
        rows = weights.shape[0] // groups
        has_lines = axes[0, OUTPUTS] > 1 or axes[1, OUTPUTS] > 1
        is_fast = takes_winograd(axes, x.shape[0], weights.shape[1], rows, x.itemsize)
        copy = copy_for_outputs(axes, rows, has_lines and not is_fast)
        taps = all_taps(axes, flip, copy)
        job = np.zeros((1, 9), np.int64)
        job[0, NUMBER] = len(taps)
        step = 1
        for i in range(2, -1, -1):
            job[0, COUNT + i] = axes[i, OUTPUTS]
            job[0, APART + i] = step
            step *= axes[i, OUTPUTS]
        images, kernels = three_axes(x), three_axes(weights)
        plan = np.array([groups, 0, weights.shape[0] * step, step])
        if weights.size > 0 and x.shape[0] > 0:
            run_correlations(
                axes,
                groups,
                (copy, images, kernels, plan, taps, job, y.reshape(-1)),
            )
        return y

    return conv  # type: ignore[no-any-return]


def conv_input_grad(convolution: Convolution) -> Kernel:
    """Compile ``(kernel, dy, shape) -> dx``: the transpose of `conv` in the images."""
    groups, flip = convolution.groups, convolution.flip
    describe = describer(convolution)
    lengths_of = shape_reader(convolution.ndim + 2)

    @device_function
    def conv_input_grad(weights, dy, shape, *numbers):  # type: ignore[no-untyped-def]
        full = lengths_of(shape, dy.shape)
        axes = describe(numbers, full, weights.shape)
        check_output(dy.shape, full, weights.shape, axes)
        dx = np.empty(full, dy.dtype)
        use_huge_pages(dx)
        # Elements between taps, or behind the last output's, are read by nothing.
        if dy.size == 0 or axes[:, STRIDE].max() > 1:
            dx[...] = 0
        if dx.size > 0 and dy.size > 0:
            fill_input_grad(axes, flip, groups, three_axes(dy), three_axes(weights), dx.reshape(-1))
        return dx

    return conv_input_grad  # type: ignore[no-any-return]


@device_function
def fill_input_grad(axes, flip, groups, dy, weights, dx):  # type: ignore[no-untyped-def]
    """Fill in what is read of the images, in the way that is fastest."""
    rows, channels = weights.shape[0] // groups, weights.shape[1]
    is_fast = takes_winograd(axes, dy.shape[0], channels, rows, dy.itemsize)
    has_lines = axes[0, OUTPUTS] > 1 or axes[1, OUTPUTS] > 1
    number = axes[0, TAPS] * axes[1, TAPS] * axes[2, TAPS]
    copy = copy_for_outputs(axes, rows, has_lines)
    if not is_fast and scatter_is_faster(axes, copy, rows, channels, number, dy.itemsize):
        taps = all_taps(axes, flip, copy)
        scatter_by_address((axes, copy, groups, dy, weights, taps, dx))
        return
    taps = np.empty((number, 9), np.int64)
    jobs, counted = np.zeros((number, 9), np.int64), np.zeros(1, np.int64)
    plan_phases_by_address((axes, flip, taps, jobs, copy, counted))
    if counted[0] == 0:
        return
    some = jobs[: counted[0]].copy()
    if most_outputs(some, 0) > 1 or most_outputs(some, 1) > 1:
        copy[2, SIZE] -= shared_zeros(copy, axes[2, OUTPUTS], most_outputs(some, 2))
    plane = axes[0, LENGTH] * axes[1, LENGTH] * axes[2, LENGTH]
    plan = np.array([groups, 1, groups * channels * plane, plane])
    run_correlations(axes, groups, (copy, dy, weights, plan, taps, some, dx))


@device_function
def run_correlations(axes, groups, arguments):  # type: ignore[no-untyped-def]
    """Run them in the way that is fastest."""
    images, weights = arguments[1], arguments[2]
    rows, channels = weights.shape[0] // groups, weights.shape[1]
    if takes_winograd(axes, images.shape[0], channels, rows, images.itemsize):
        winograd_by_address(arguments)
    else:
        correlate_by_address(arguments)


@device_function
def plan_phases(axes, flip, taps, jobs, copy, counted):  # type: ignore[no-untyped-def]
    """List a correlation for each combination of phases; fill in the copy and how many they are.

    A phase are the elements of an axis that the same taps read: `number` and each that is a period
    farther.
    """
    # Loops, where operations on whole arrays would be shorter: those take Numba seconds.
    periods, phases = np.empty(3, np.int64), np.empty(3, np.int64)
    for i in range(3):
        periods[i] = phase_period(axes[i])
        phases[i] = min(periods[i], axes[i, TAPS])
    some = np.empty((3, 3), np.int64)
    begins = np.empty(3, np.int64)
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    count = listed = 0
    for number in range(phases[0] * phases[1] * phases[2]):
        rest = number
        one = jobs[count]
        one[TAP], one[NUMBER], one[FIRST] = listed, 1, 0
        step = 1
        is_empty = False
        for i in range(2, -1, -1):
            tap, rest = rest % phases[i], rest // phases[i]
            length, stride, dilation = axes[i, LENGTH], axes[i, STRIDE], axes[i, DILATION]
            phase = tap * dilation % stride
            begin = -((phase - axes[i, BEFORE]) // stride)
            first = phase + stride * begin - axes[i, BEFORE]
            elements = (length - 1 - first) // stride + 1 if first < length else 0
            taken = (axes[i, TAPS] - 1 - tap) // periods[i] + 1
            some[i, 0], some[i, 1], some[i, 2] = tap, periods[i], taken
            # Element 0 is read by tap t for output begin + (phase - t * dilation) / stride.
            begins[i] = begin * stride + phase
            least = (begins[i] - (tap + (taken - 1) * periods[i]) * dilation) // stride
            last = (begins[i] - tap * dilation) // stride + elements - 1
            is_empty = is_empty or elements == 0
            one[COUNT + i], one[APART + i] = elements, step * stride
            one[FIRST] += step * first
            one[NUMBER] *= taken
            step *= length
            low[i], high[i] = least, last
        if is_empty:
            continue
        for i in range(3):
            start = low[i] if count == 0 else min(copy[i, START], low[i])
            end = high[i] if count == 0 else max(copy[i, START] + copy[i, SIZE] - 1, high[i])
            copy[i, START], copy[i, SIZE] = start, end - start + 1
        some_taps = taps[listed : listed + one[NUMBER]]
        list_taps(some, axes, flip, some_taps)
        for t in range(len(some_taps)):
            for i in range(3):
                read = begins[i] - some_taps[t, PHASE + i] * axes[i, DILATION]
                some_taps[t, SHIFT + i] = read // axes[i, STRIDE]
                some_taps[t, PHASE + i] = 0
        listed += one[NUMBER]
        count += 1
    for i in range(3):
        copy[i, STEP], copy[i, PHASE_STEP], copy[i, PERIOD], copy[i, PHASES] = 1, 1, 1, 1
        for t in range(listed):
            taps[t, SHIFT + i] -= copy[i, START]
    counted[0] = count


def _argument_types(given):  # type: ignore[no-untyped-def]
    table, counted = (types.Array(types.int64, ndim, "C") for ndim in (2, 1))
    return table, types.boolean, table, table, table, counted


plan_phases_by_address = by_address(plan_phases, _argument_types)


@device_function
def phase_period(axis):  # type: ignore[no-untyped-def]
    """Return after how many taps their places are the same again, modulo the stride."""
    divisor, rest = axis[STRIDE], axis[DILATION] % axis[STRIDE]
    while rest != 0:
        divisor, rest = rest, divisor % rest
    return axis[STRIDE] // divisor


@device_function
def all_taps(axes, flip, copy):  # type: ignore[no-untyped-def]
    """Return the table of all taps, as outputs read them in a copy."""
    some = np.empty((3, 3), np.int64)
    for i in range(3):
        some[i, 0], some[i, 1], some[i, 2] = 0, 1, axes[i, TAPS]
    taps = np.empty((axes[0, TAPS] * axes[1, TAPS] * axes[2, TAPS], 9), np.int64)
    list_taps(some, axes, flip, taps)
    for t in range(len(taps)):
        for i in range(3):
            tap = taps[t, PHASE + i]
            if copy[i, PERIOD] != axes[i, STRIDE]:
                taps[t, SHIFT + i] = 0
            else:
                taps[t, SHIFT + i] = tap * axes[i, DILATION] // axes[i, STRIDE]
                taps[t, PHASE + i] = tap % phase_period(axes[i])
    return taps


@device_function
def list_taps(some, axes, flip, taps):  # type: ignore[no-untyped-def]
    """Fill in the index in the kernel of some taps, and, in place of their phases, their numbers.

    Each axis has (first, step, number) of those that are meant.
    """
    for t in range(len(taps)):
        rest = t
        for i in range(2, -1, -1):
            tap = some[i, 0] + rest % some[i, 2] * some[i, 1]
            rest //= some[i, 2]
            taps[t, WEIGHT + i] = axes[i, TAPS] - 1 - tap if flip else tap
            taps[t, PHASE + i] = tap


@device_function
def copy_for_outputs(axes, rows, has_lines):  # type: ignore[no-untyped-def]
    """Return how images are copied for outputs of so many channels."""
    copy = np.empty((3, 6), np.int64)
    for i in range(3):
        stride, dilation, taps = axes[i, STRIDE], axes[i, DILATION], axes[i, TAPS]
        copy[i, START] = -axes[i, BEFORE]
        copy[i, STEP], copy[i, PHASE_STEP], copy[i, PERIOD] = stride, dilation, stride
        copy[i, PHASES] = min(taps, phase_period(axes[i]))
        copy[i, SIZE] = axes[i, OUTPUTS] + (taps - 1) * dilation // stride
    # A single row is done in bands, which do not begin with padding.
    if axes[0, OUTPUTS] > 1 or axes[1, OUTPUTS] > 1:
        copy[2, SIZE] -= shared_zeros(copy, axes[2, LENGTH], axes[2, OUTPUTS])
    if has_lines:
        take_tap_parts(axes, rows, copy)
    return copy


@device_function
def take_tap_parts(axes, rows, copy):  # type: ignore[no-untyped-def]
    """Let the last axis have a part for each tap, if that spares enough products.

    Rows are of outputs alone then, without what the other taps read.
    """
    taps, outputs = axes[2, TAPS], axes[2, OUTPUTS]
    spared = (copy[2, SIZE] - outputs) * rows * axes[0, TAPS] * axes[1, TAPS]
    if taps <= MAX_TAP_PARTS and spared >= SPARED_PRODUCTS * outputs:
        copy[2, PERIOD] = axes[2, STRIDE] + taps * axes[2, DILATION]
        copy[2, PHASES], copy[2, SIZE] = taps, outputs


@intrinsic
def three_axes(typing_context, x):  # type: ignore[no-untyped-def]
    """Return images or a kernel with three spatial axes: missing ones have length 1.

    Of one type for all arrays of a dtype, so that what works on it is compiled once. It holds no
    reference: the array has to live.
    """
    view_type = types.Array(x.dtype, 5, "A", readonly=True)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        shape, strides = (cgutils.unpack_tuple(builder, t) for t in (array.shape, array.strides))
        missing = 5 - len(shape)
        view = context.make_array(view_type)(context, builder)
        one, zero = (context.get_constant(types.intp, n) for n in (1, 0))
        context.populate_array(
            view,
            data=builder.bitcast(array.data, view.data.type),
            shape=[*shape[:2], *[one] * missing, *shape[2:]],
            strides=[*strides[:2], *[zero] * missing, *strides[2:]],
            itemsize=array.itemsize,
            meminfo=None,
        )
        return view._getvalue()

    return view_type(x), generate


def outputs_of(axes: Any, x: Any, weights: Any) -> Any:
    """Return the shape of the output, with as many axes as `x`."""
    raise NotImplementedError("only compiled code calls this")


@overload(outputs_of)
def _outputs_of(axes, x, weights):  # type: ignore[no-untyped-def]
    def of_one(axes, x, weights):  # type: ignore[no-untyped-def]
        return x.shape[0], weights.shape[0], axes[2, OUTPUTS]

    def of_two(axes, x, weights):  # type: ignore[no-untyped-def]
        return x.shape[0], weights.shape[0], axes[1, OUTPUTS], axes[2, OUTPUTS]

    def of_three(axes, x, weights):  # type: ignore[no-untyped-def]
        outputs = axes[0, OUTPUTS], axes[1, OUTPUTS], axes[2, OUTPUTS]
        return x.shape[0], weights.shape[0], outputs[0], outputs[1], outputs[2]

    return {3: of_one, 4: of_two, 5: of_three}[x.ndim]
