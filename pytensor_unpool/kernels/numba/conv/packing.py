"""Packing: copies of images with their padding, in a part for each phase of the stride or each tap.

The same as in kernels/c/conv/packing.h.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.conv.microkernel import widest_tile
from pytensor_unpool.kernels.numba.conv.records import Packing
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd import INT32, INT64, data_of
from pytensor_unpool.kernels.numba.simd_wide import Wide

BYTE = ir.IntType(8).as_pointer()


@device_function
def plane_size(packing):  # type: ignore[no-untyped-def]
    """Return how many elements a phase of a channel of one image has."""
    axes = packing.axes
    return axes[0].size * axes[1].size * axes[2].size


@device_function
def phase_count(packing):  # type: ignore[no-untyped-def]
    """Return how many phases are packed."""
    axes = packing.axes
    return axes[0].phases * axes[1].phases * axes[2].phases


@device_function
def channel_size(packing):  # type: ignore[no-untyped-def]
    """Return how many elements a channel has, of all images."""
    return phase_count(packing) * packing.images * plane_size(packing)


@device_function
def slack_size(packing, itemsize):  # type: ignore[no-untyped-def]
    """Return what may be read beyond the last channel: a row's end that is left out, and a tile."""
    return widest_tile(itemsize) + packing.axes[2].size


@device_function
def column_count(packing, outputs):  # type: ignore[no-untyped-def]
    """Return how many columns lie from the first output to the last; some are no output's."""
    rows = (outputs[0] - 1) * packing.axes[1].size + outputs[1]
    return (rows * packing.images - 1) * packing.axes[2].size + outputs[2]


@device_function
def packed_outputs(packing):  # type: ignore[no-untyped-def]
    """Return how outputs are packed to be as far apart as what they read.

    They have zeros where the images have elements that belong to no output.
    """
    axes = packing.axes.copy()
    for i in range(3):
        make_plain(axes[i])
    return Packing(axes, packing.images)


@device_function
def make_plain(axis):  # type: ignore[no-untyped-def]
    """Let an axis be packed from its first element on, in a single part."""
    axis.start = 0
    axis.stride = axis.dilation = axis.period = axis.phases = 1


@device_function
def tap_offset(packing, tap):  # type: ignore[no-untyped-def]
    """Return how far from the first element of its channel a tap of output 0 reads."""
    axes, phase = packing.axes, 0
    for i in range(3):
        phase = phase * axes[i].phases + tap.phase[i]
    row = tap.shift[0] * axes[1].size + tap.shift[1]
    return (phase * plane_size(packing) + row * axes[2].size) * packing.images + tap.shift[2]


@device_function
def phase_start(axis, phase):  # type: ignore[no-untyped-def]
    """Return which element of the image is element 0 of a phase."""
    return axis.start + phase * axis.dilation % axis.period


@device_function
def shared_zeros(axis, length, outputs):  # type: ignore[no-untyped-def]
    """Return how many elements at the end of each packed row can be left out.

    They are zeros, and the next row, of any phase or channel, begins with as many: so the
    padding between two rows serves both. Rows have to be longer than the outputs read by one tap.
    """
    shared = axis.size - outputs
    for phase in range(axis.phases):
        first = phase_start(axis, phase)
        shared = min(shared, max(0, -(first // axis.stride)))
        shared = min(shared, max(0, axis.size + (first - length) // axis.stride))
    return max(0, shared)


@intrinsic
def copy_elements(typing_context, x, offset, step, number, to, at):  # type: ignore[no-untyped-def]
    """Copy `number` elements of `x`, `step` bytes apart from `offset` bytes on, to `to[at:]`.

    `to` is contiguous. As a loop in Python, this would only be vector code for long rows, and a
    view of `x` would count its references.
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
    """Copy every other element, at least a vector of them."""
    lanes = INT64(wide.lanes)
    # The second half of a vector is read so that it ends with its last element.
    halves = [2 * i for i in range(wide.lanes // 2)]
    mask = [*halves, *(wide.lanes + 1 + i for i in halves)]
    mask = ir.Constant(ir.VectorType(INT32, wide.lanes), mask)
    read = builder.bitcast(read, written.type)
    vectors = builder.sdiv(builder.add(number, INT64(wide.lanes - 1)), lanes)
    with cgutils.for_range(builder, vectors) as loop:
        # If they do not divide, the last vector overlaps the one before.
        first, last = builder.mul(loop.index, lanes), builder.sub(number, lanes)
        is_early = builder.icmp_signed(">", first, last)
        first = builder.select(is_early, last, first)
        start = builder.gep(read, [builder.mul(first, INT64(2))])
        low = wide.load(start)
        high = wide.load(builder.gep(start, [INT64(wide.lanes - 1)]))
        wide.store(builder.shuffle_vector(low, high, mask), builder.gep(written, [first]), 0)


class PackedRow(NamedTuple):
    """A row of `count` packed elements: those of the image from `low` to before `high`, else zeros.

    Element 0 is the image's number `first`, and they are `stride` apart there.
    """

    count: Any
    low: Any
    high: Any
    first: Any
    stride: Any


@device_function
def packed_row(length, first, stride, count):  # type: ignore[no-untyped-def]
    """Return how a row of an image with `length` elements is packed."""
    low = min(count, max(0, -(first // stride)))
    high = max(low, min(count, -((first - length) // stride)))
    return PackedRow(count, low, high, first, stride)


@device_function
def pack_row(row, x, offset, to, at):  # type: ignore[no-untyped-def]
    """Write a packed row to ``to[at:]``; in `x` it is `offset` bytes after the first element."""
    low, high = row.low, row.high
    for i in range(low):
        to[np.uint64(at + i)] = 0
    begin, step = offset + (row.first + low * row.stride) * x.strides[4], row.stride * x.strides[4]
    copy_elements(x, begin, step, high - low, to, at + low)
    for i in range(high, row.count):
        to[np.uint64(at + i)] = 0


@device_function
def pack_image(packing, x, n, channels, slot, channel_step, to):  # type: ignore[no-untyped-def]
    """Pack channels (first, number) of image `n` as image number `slot`."""
    axes, images = packing.axes, packing.images
    size_z, size_y, size_x = axes[0].size, axes[1].size, axes[2].size
    phases_y, phases_x = axes[1].phases, axes[2].phases
    for channel in range(channels[1]):
        begin = n * x.strides[0] + (channels[0] + channel) * x.strides[1]
        for phase in range(phase_count(packing)):
            first_z = phase_start(axes[0], phase // (phases_y * phases_x))
            first_y = phase_start(axes[1], phase // phases_x % phases_y)
            first_x = phase_start(axes[2], phase % phases_x)
            row = packed_row(x.shape[4], first_x, axes[2].stride, size_x)
            at = channel * channel_step + phase * images * size_z * size_y * size_x + slot * size_x
            for z in range(first_z, first_z + size_z * axes[0].stride, axes[0].stride):
                for y in range(first_y, first_y + size_y * axes[1].stride, axes[1].stride):
                    if 0 <= z < x.shape[2] and 0 <= y < x.shape[3]:
                        offset = begin + z * x.strides[2] + y * x.strides[3]
                        pack_row(row, x, offset, to, at)
                    else:
                        for i in range(size_x):
                            to[np.uint64(at + i)] = 0
                    at += images * size_x


@device_function
def can_read_in_place(packing, x, outputs):  # type: ignore[no-untyped-def]
    """Return whether images can be read where they are: no padding, no phases, no gaps."""
    step = x.itemsize
    if x.strides[0] % step != 0 or x.strides[1] % step != 0:
        return False
    for i in range(2, -1, -1):
        axis = packing.axes[i]
        if axis.stride != 1 or axis.phases != 1 or axis.start != 0 or axis.size != x.shape[2 + i]:
            return False
        if x.shape[2 + i] != 1 and x.strides[2 + i] != step:
            return False
        step *= x.shape[2 + i]
    return column_count(packing, outputs) >= widest_tile(x.itemsize)
