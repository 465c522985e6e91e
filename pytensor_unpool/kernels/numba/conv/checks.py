"""The requirements on a convolution's arrays, checked as in geometry/conv.py and in C."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from pytensor_unpool.errors import (
    BAD_NUMBER,
    CHANNELS_DISAGREE,
    GROUPS_DO_NOT_DIVIDE,
    KERNEL_TOO_LONG,
    LARGEST_NUMBER,
    OUTPUT_DISAGREES,
    TOO_MANY_ELEMENTS,
    WRONG_LENGTHS,
    WRONG_STEPS,
    LengthError,
)
from pytensor_unpool.geometry.conv import Convolution
from pytensor_unpool.kernels.conv_tuning import MAX_LENGTH
from pytensor_unpool.kernels.numba.conv.records import CONV_AXIS, ConvShape
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.windows import Kernel


def shape_reader(ndim: int) -> Kernel:
    """Compile ``(shape, like) -> tuple``: the lengths in a vector, as many as in the tuple."""

    @device_function
    def lengths_of(shape, like):  # type: ignore[no-untyped-def]
        if len(shape) != ndim:
            raise LengthError(WRONG_LENGTHS, 0, len(shape), ndim)
        return tuple_from(shape, like)

    return lengths_of  # type: ignore[no-any-return]


def tuple_from(vector: Any, like: Any) -> Any:
    """Return as many entries of a vector as a tuple has."""
    raise NotImplementedError("only compiled code calls this")


@overload(tuple_from)
def _tuple_from(vector, like):  # type: ignore[no-untyped-def]
    if not isinstance(like, types.UniTuple):
        return None
    if like.count == 3:
        return lambda vector, like: (vector[0], vector[1], vector[2])
    if like.count == 4:
        return lambda vector, like: (vector[0], vector[1], vector[2], vector[3])
    return lambda vector, like: (vector[0], vector[1], vector[2], vector[3], vector[4])


def describer(convolution: Convolution) -> Kernel:
    """Compile ``(numbers, x_shape, kernel_shape) -> ConvShape``, all of it checked."""
    ndim = convolution.ndim
    # NumPy's types, because Numba would compile code for each Python constant.
    groups, flip = np.int64(convolution.groups), np.bool_(convolution.flip)
    known = np.array([[n or 0 for n in axis] for axis in convolution.axes()], np.int64)

    @device_function
    def describe(numbers, x, kernel):  # type: ignore[no-untyped-def]
        steps = steps_of(numbers, known)
        check_steps(steps, ndim)
        for i in range(ndim + 2):
            for length, limit in ((x[i], MAX_LENGTH), (kernel[i], LARGEST_NUMBER)):
                if length > limit:
                    raise LengthError(TOO_MANY_ELEMENTS, i - ndim - 2, length, 0)
        if x[1] != kernel[1] * groups:
            raise LengthError(CHANNELS_DISAGREE, 1, kernel[1] * groups, x[1])
        if kernel[0] % groups != 0:
            raise LengthError(GROUPS_DO_NOT_DIVIDE, 0, kernel[0] + 0, groups)
        axes = np.empty(3, CONV_AXIS)
        for i in range(3 - ndim):
            describe_axis(axes[i], 1, 1, 1, 1, 0, 1)
        for i in range(ndim):
            stride, before, after, dilation = steps[i]
            length, taps = x[2 + i], kernel[2 + i]
            span, padded = (taps - 1) * dilation + 1, length + before + after
            if taps < 1 or length < 1 or span > padded:
                raise LengthError(KERNEL_TOO_LONG, i - ndim, span if taps > 0 else 0, padded + 0)
            outputs = (padded - span) // stride + 1
            describe_axis(axes[3 - ndim + i], length, taps, outputs, stride, before, dilation)
        return ConvShape(axes, x[0], groups, kernel[1], kernel[0] // groups, flip)

    return describe  # type: ignore[no-any-return]


@device_function
def describe_axis(axis, length, taps, outputs, stride, before, dilation):  # type: ignore[no-untyped-def]
    """Fill in an axis of the convolution."""
    axis.length = length
    axis.taps = taps
    axis.outputs = outputs
    axis.stride = stride
    axis.before = before
    axis.dilation = dilation


def steps_of(numbers: Any, known: Any) -> Any:
    """Return the matrix of (stride, before, after, dilation) for each axis, given or `known`."""
    raise NotImplementedError("only compiled code calls this")


@overload(steps_of)
def _steps_of(numbers, known):  # type: ignore[no-untyped-def]
    if len(numbers) == 0:
        return lambda numbers, known: known

    def of_matrix(numbers, known):  # type: ignore[no-untyped-def]
        (matrix,) = numbers
        if matrix.shape != known.shape:
            raise LengthError(WRONG_STEPS, 0, matrix.size, len(known))
        return np.ascontiguousarray(matrix)

    return of_matrix


@device_function
def check_steps(steps, ndim):  # type: ignore[no-untyped-def]
    """Raise `LengthError` for the first axis whose numbers are invalid."""
    for i in range(ndim):
        for kind in range(4):
            least = 1 if kind in (0, 3) else 0
            if not least <= steps[i, kind] <= LARGEST_NUMBER:
                raise LengthError(BAD_NUMBER + kind, i - ndim, steps[i, kind], least + 0)


@device_function
def check_output(dy, conv):  # type: ignore[no-untyped-def]
    """Raise `LengthError` for the first axis of `dy` that is not as long as the output's."""
    for i in range(len(dy)):
        wanted = conv.images if i == 0 else conv.out_channels * conv.groups
        if i > 1:
            wanted = conv.axes[3 - len(dy) + i].outputs
        if dy[i] != wanted:
            raise LengthError(OUTPUT_DISAGREES, i - len(dy), dy[i] + 0, wanted + 0)
