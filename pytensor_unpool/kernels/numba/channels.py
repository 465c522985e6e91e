"""Arrays whose neighbours in memory are neighbours on a leading axis, the "channels".

Channels-last images seen through ``dimshuffle`` are such arrays. All channels at one place are a
row of memory; kernels work on these rows, and write outputs of the same layout: their memory goes
through the other leading axes, the pooled ones, and the channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import literal_unroll, types
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import intrinsic, overload

from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd import LANES


def strided_layout(arrays: Any, counts: Any) -> Any:
    """Return None if the arrays' types say that not all can have channels.

    Handed on as an argument, it lets Numba drop the branch for those before it looks at types.
    """
    raise NotImplementedError("only compiled code calls this")


@overload(strided_layout)
def _strided_layout(arrays, counts):  # type: ignore[no-untyped-def]
    if any(array.layout == "C" or array.ndim == len(counts) for array in arrays):
        return lambda arrays, counts: None
    return lambda arrays, counts: True


@device_function
def channel_axis(x, ndim):  # type: ignore[no-untyped-def]
    """Return the leading axis with neighbours in memory, if no pooled one has them, or else -1."""
    if x.strides[-1] != x.itemsize:
        for i in range(x.ndim - ndim - 1, -1, -1):
            if x.shape[i] >= LANES and x.strides[i] == x.itemsize:
                return i
    return -1


@device_function
def common_channel_axis(arrays, ndim):  # type: ignore[no-untyped-def]
    """Return the leading axis that is the channels of all arrays, or -1."""
    channel = channel_axis(arrays[0], ndim)
    for array in literal_unroll(arrays):
        if channel_axis(array, ndim) != channel:
            channel = -1
    return channel


@device_function
def channels_inside(x, ndim, channel):  # type: ignore[no-untyped-def]
    """Return the array with its channels moved behind the other leading axes."""
    axes = x.shape
    inside = x.ndim - ndim - 1
    for i in range(x.ndim):
        axis = i if i < channel or i > inside else channel if i == inside else i + 1
        axes = tuple_setitem(axes, i, axis)
    return np.transpose(x, axes)


@device_function
def channels_back(stored, ndim, channel):  # type: ignore[no-untyped-def]
    """Return an array that is stored with its channels last as one that has them at an axis."""
    axes = stored.shape
    for i in range(stored.ndim):
        axis = i if i < channel else stored.ndim - 1 if i == channel else i - 1
        axes = tuple_setitem(axes, i, axis)
    return np.transpose(stored, axes)


@intrinsic
def memory_row(typing_context, array, offset, count):  # type: ignore[no-untyped-def]
    """Return `count` elements of memory from `offset` bytes behind the array's first, as a row.

    The row is no longer than its neighbours are, and holds no reference: the array has to live.
    """
    row_type = types.Array(array.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, offset, count = arguments
        view = context.make_array(signature.args[0])(context, builder, array)
        byte = ir.IntType(8).as_pointer()
        start = builder.gep(builder.bitcast(view.data, byte), [offset])
        row = context.make_array(row_type)(context, builder)
        context.populate_array(
            row,
            data=builder.bitcast(start, row.data.type),
            shape=[count],
            strides=[view.itemsize],
            itemsize=view.itemsize,
            meminfo=None,
        )
        return row._getvalue()

    return row_type(array, offset, count), generate


@device_function(forceinline=True)
def row_at(images, index):  # type: ignore[no-untyped-def]
    """Return the channels at a place of an array that has them first."""
    offset = 0
    for i in range(len(index)):
        offset += index[i] * images.strides[1 + i]
    return memory_row(images, offset, images.shape[0])


@device_function(forceinline=True)
def place_of(lengths, coordinates):  # type: ignore[no-untyped-def]
    """Return the number of an element in C order."""
    place = 0
    for i in range(len(lengths)):
        place = place * lengths[i] + coordinates[i]
    return place
