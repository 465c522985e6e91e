"""Copies of images for convolutions, in Numba: with their padding, a part for each phase or tap.

All arrays have three spatial axes here. Their numbers come in tables of integers, a row for each
axis: see `LENGTH` and `START`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.conv.microkernel import MOST_VECTORS, VECTOR_BYTES, Wide
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd import INT32, INT64, data_of

BYTE = ir.IntType(8).as_pointer()

# Columns of a table of the convolution: of the image, the kernel and the output.
LENGTH, TAPS, OUTPUTS, STRIDE, BEFORE, DILATION = range(6)

# Columns of a table of a copy. Element j of phase b is the image's at START + j * STEP
# + b * PHASE_STEP % PERIOD, or zero; each of the PHASES has SIZE elements. The period is the step;
# or longer than the kernel, where each tap has a part of its own. A channel has the elements as
# (phase, z, y, image, x).
START, STEP, PHASE_STEP, PERIOD, PHASES, SIZE = range(6)

# Columns of a table of taps: the index in the kernel, the phase that is read, how far behind.
WEIGHT, PHASE, SHIFT = 0, 3, 6


@device_function
def plane_of(copy):  # type: ignore[no-untyped-def]
    """Return how many elements a phase of a copy has."""
    return copy[0, SIZE] * copy[1, SIZE] * copy[2, SIZE]


@device_function
def phases_of(copy):  # type: ignore[no-untyped-def]
    """Return how many phases a copy has."""
    return copy[0, PHASES] * copy[1, PHASES] * copy[2, PHASES]


@device_function
def columns_of(copy, images, counts):  # type: ignore[no-untyped-def]
    """Return how many elements of a copy lie from the first output to the last."""
    lines = (counts[0] - 1) * copy[1, SIZE] + counts[1]
    return (lines * images - 1) * copy[2, SIZE] + counts[2]


@device_function
def copy_of_outputs(copy):  # type: ignore[no-untyped-def]
    """Return a copy of what belongs to outputs, with zeros where the other has what does not."""
    of_outputs = copy.copy()
    for i in range(3):
        of_outputs[i, START] = 0
        for column in (STEP, PHASE_STEP, PERIOD, PHASES):
            of_outputs[i, column] = 1
    return of_outputs


@device_function
def tap_offset(copy, images, tap):  # type: ignore[no-untyped-def]
    """Return how far from the first element of its channel a tap of output 0 reads."""
    phase = 0
    for i in range(3):
        phase = phase * copy[i, PHASES] + tap[PHASE + i]
    line = tap[SHIFT] * copy[1, SIZE] + tap[SHIFT + 1]
    return (phase * plane_of(copy) + line * copy[2, SIZE]) * images + tap[SHIFT + 2]


@device_function
def phase_start(copy, axis, phase):  # type: ignore[no-untyped-def]
    """Return which element of the image is element 0 of a phase."""
    return copy[axis, START] + phase * copy[axis, PHASE_STEP] % copy[axis, PERIOD]


@device_function
def shared_zeros(copy, length, outputs):  # type: ignore[no-untyped-def]
    """Return how many elements at the end of each row of a copy can be left out.

    They are zeros, and the next row, of whatever phase or channel, begins with as many: so the
    padding between two rows serves both. Rows have to be longer than the outputs read by one tap.
    """
    size, stride = copy[2, SIZE], copy[2, STEP]
    shared = size - outputs
    for phase in range(copy[2, PHASES]):
        first = phase_start(copy, 2, phase)
        shared = min(shared, max(0, -(first // stride)))
        shared = min(shared, max(0, size + (first - length) // stride))
    return max(0, shared)


@device_function
def slack_of(copy, itemsize):  # type: ignore[no-untyped-def]
    """Return what may be read behind the last channel: an end that is left out, and a tile."""
    return MOST_VECTORS * (VECTOR_BYTES // itemsize) + copy[2, SIZE]


@intrinsic
def copy_elements(typing_context, x, offset, step, number, to, at):  # type: ignore[no-untyped-def]
    """Copy elements of `x` from so many bytes behind its first one, `step` bytes apart.

    `to` is contiguous. As a loop in Python this would be vector code for long lines alone, and a
    view of `x` would be counted as one who holds it.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        image, offset, step, number, copy, at = arguments
        wide = Wide(context, builder, signature.args[0].dtype)
        read = data_of(context, builder, signature.args[0], image)
        read = builder.gep(builder.bitcast(read, BYTE), [offset])
        written = builder.gep(data_of(context, builder, signature.args[4], copy), [at])
        is_dense = builder.icmp_signed("==", step, INT64(wide.itemsize))
        is_next_but_one = builder.icmp_signed("==", step, INT64(2 * wide.itemsize))
        is_long = builder.icmp_signed(">=", number, INT64(wide.lanes))
        with builder.if_else(is_dense) as (then, otherwise):
            with then:
                to = builder.bitcast(written, BYTE)
                cgutils.raw_memcpy(builder, to, read, number, INT64(wide.itemsize))
            with otherwise, builder.if_else(builder.and_(is_next_but_one, is_long)) as branches:
                with branches[0]:
                    _copy_every_other(builder, wide, read, number, written)
                with branches[1], cgutils.for_range(builder, number) as loop:
                    start = builder.gep(read, [builder.mul(loop.index, step)])
                    element = builder.load(builder.bitcast(start, written.type))
                    builder.store(element, builder.gep(written, [loop.index]))
        return context.get_dummy_value()

    number_type = types.intp
    return types.void(x, number_type, number_type, number_type, to, number_type), generate


def _copy_every_other(builder: Any, wide: Wide, read: Any, number: Any, written: Any) -> None:
    """Copy at least a vector of elements, of which as many lie between them."""
    lanes = INT64(wide.lanes)
    # The second half of a vector is read so that it ends with its last element.
    halves = [2 * i for i in range(wide.lanes // 2)]
    mask = [*halves, *(wide.lanes + 1 + i for i in halves)]
    mask = ir.Constant(ir.VectorType(INT32, wide.lanes), mask)
    read = builder.bitcast(read, written.type)
    vectors = builder.sdiv(builder.add(number, INT64(wide.lanes - 1)), lanes)
    with cgutils.for_range(builder, vectors) as loop:
        # The last one begins early where they do not divide.
        first, last = builder.mul(loop.index, lanes), builder.sub(number, lanes)
        is_early = builder.icmp_signed(">", first, last)
        first = builder.select(is_early, last, first)
        start = builder.gep(read, [builder.mul(first, INT64(2))])
        low = wide.load(start)
        high = wide.load(builder.gep(start, [INT64(wide.lanes - 1)]))
        wide.store(builder.shuffle_vector(low, high, mask), builder.gep(written, [first]), 0)


@device_function
def copy_line(x, offset, first, stride, low, high, size, to, at):  # type: ignore[no-untyped-def]
    """Write a line of the copy from element `at` on: elements from `low` to `high`, else zeros.

    The line of the image is `offset` bytes behind its first element, and element 0 of the copy is
    its number `first`.
    """
    for i in range(low):
        to[np.uint64(at + i)] = 0
    begin, step = offset + (first + low * stride) * x.strides[4], stride * x.strides[4]
    copy_elements(x, begin, step, high - low, to, at + low)
    for i in range(high, size):
        to[np.uint64(at + i)] = 0


@device_function
def copy_image(copy, images, x, n, channel, channels, number, step, to):  # type: ignore[no-untyped-def]
    """Copy channels of image `n` to be image `number` of so many; channels are `step` apart."""
    depth, height, width = x.shape[2], x.shape[3], x.shape[4]
    size_z, size_y, size_x = copy[0, SIZE], copy[1, SIZE], copy[2, SIZE]
    phases_y, phases_x, stride = copy[1, PHASES], copy[2, PHASES], copy[2, STEP]
    for i in range(channels):
        for phase in range(phases_of(copy)):
            z = phase_start(copy, 0, phase // (phases_y * phases_x))
            y = phase_start(copy, 1, phase // phases_x % phases_y)
            first = phase_start(copy, 2, phase % phases_x)
            low = min(size_x, max(0, -(first // stride)))
            high = max(low, min(size_x, -((first - width) // stride)))
            at = i * step + phase * images * size_z * size_y * size_x + number * size_x
            begin = n * x.strides[0] + (channel + i) * x.strides[1]
            for at_z in range(z, z + size_z * copy[0, STEP], copy[0, STEP]):
                for at_y in range(y, y + size_y * copy[1, STEP], copy[1, STEP]):
                    if 0 <= at_z < depth and 0 <= at_y < height:
                        offset = begin + at_z * x.strides[2] + at_y * x.strides[3]
                        copy_line(x, offset, first, stride, low, high, size_x, to, at)
                    else:
                        copy_line(x, 0, first, stride, 0, 0, size_x, to, at)
                    at += images * size_x


@device_function
def can_stay(copy, x, counts):  # type: ignore[no-untyped-def]
    """Return whether images can be read where they are: no padding, no phases, no gaps."""
    step = x.itemsize
    if x.strides[0] % step != 0 or x.strides[1] % step != 0:
        return False
    for i in range(2, -1, -1):
        if copy[i, STEP] != 1 or copy[i, PHASES] != 1 or copy[i, START] != 0:
            return False
        if copy[i, SIZE] != x.shape[2 + i]:
            return False
        if x.shape[2 + i] != 1 and x.strides[2 + i] != step:
            return False
        step *= x.shape[2 + i]
    widest = MOST_VECTORS * (VECTOR_BYTES // x.itemsize)
    return columns_of(copy, 1, counts) >= widest
