"""Arrays whose neighbours in memory are neighbours on a leading axis, the "channels".

Channels-last images seen through ``dimshuffle`` are such arrays. The channels of one element of a
plane are contiguous in memory; kernels work on these vectors, and write outputs of the same layout:
their memory goes through the other leading axes, the pooled ones, and the channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import literal_unroll, types
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import intrinsic, overload

from pytensor_unpool.kernels.numba.device import DEVICE_OPTIONS, device_function
from pytensor_unpool.kernels.numba.windows import Kernel
from pytensor_unpool.kernels.tuning import LANES


def layout_chooser(ndim: int, on_planes: Kernel, on_channels: Kernel) -> Kernel:
    """Compile the choice of a kernel by the layout of its arrays, the last `ndim` axes pooled.

    ``choose(arrays, arguments, allows_channels)`` returns ``on_channels(arrays, arguments,
    channel)`` where the same leading axis is the channels of all arrays, or else
    ``on_planes(arrays, arguments)``.
    """

    def choose(arrays: Any, arguments: Any, allows_channels: Any) -> Any:
        raise NotImplementedError("only compiled code calls this")

    @overload(choose, jit_options=DEVICE_OPTIONS)
    def _choose(arrays, arguments, allows_channels):  # type: ignore[no-untyped-def]
        if any(array.layout == "C" or array.ndim == ndim for array in arrays):
            return lambda arrays, arguments, allows_channels: on_planes(arrays, arguments)

        def by_strides(arrays, arguments, allows_channels):  # type: ignore[no-untyped-def]
            channel = _common_channel_axis(arrays, ndim)
            if channel >= 0 and allows_channels:
                return on_channels(arrays, arguments, channel)
            return on_planes(arrays, arguments)

        return by_strides

    return choose


@device_function
def _channel_axis(x, ndim):  # type: ignore[no-untyped-def]
    """Return the leading axis with neighbours in memory, if no pooled one has them, or else -1."""
    if x.strides[-1] != x.itemsize:
        for i in range(x.ndim - ndim - 1, -1, -1):
            if x.shape[i] >= LANES and x.strides[i] == x.itemsize:
                return i
    return -1


@device_function
def _common_channel_axis(arrays, ndim):  # type: ignore[no-untyped-def]
    """Return the leading axis that is the channels of all arrays, or -1."""
    channel = _channel_axis(arrays[0], ndim)
    for array in literal_unroll(arrays):
        if _channel_axis(array, ndim) != channel:
            channel = -1
    return channel


@device_function
def channels_inside(x, ndim, channel):  # type: ignore[no-untyped-def]
    """Return the array with its channels moved after the other leading axes."""
    axes = x.shape
    inside = x.ndim - ndim - 1
    for i in range(x.ndim):
        axis = i if i < channel or i > inside else channel if i == inside else i + 1
        axes = tuple_setitem(axes, i, axis)
    return np.transpose(x, axes)


@device_function
def channels_back(stored, channel):  # type: ignore[no-untyped-def]
    """Return an array that is stored with its channels last as one that has them at an axis."""
    axes = stored.shape
    for i in range(stored.ndim):
        axis = i if i < channel else stored.ndim - 1 if i == channel else i - 1
        axes = tuple_setitem(axes, i, axis)
    return np.transpose(stored, axes)


@intrinsic
def contiguous_view(typing_context, array, offset, count):  # type: ignore[no-untyped-def]
    """Return the `count` elements of memory from `offset` bytes after the array's first on.

    The view holds no reference: the array has to outlive it.
    """
    view_type = types.Array(array.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, offset, count = arguments
        whole = context.make_array(signature.args[0])(context, builder, array)
        byte = ir.IntType(8).as_pointer()
        start = builder.gep(builder.bitcast(whole.data, byte), [offset])
        view = context.make_array(view_type)(context, builder)
        context.populate_array(
            view,
            data=builder.bitcast(start, view.data.type),
            shape=[count],
            strides=[whole.itemsize],
            itemsize=whole.itemsize,
            meminfo=None,
        )
        return view._getvalue()

    return view_type(array, offset, count), generate


@device_function(forceinline=True)
def channels_at(images, index):  # type: ignore[no-untyped-def]
    """Return the vector of all channels at an index of an array that has them first."""
    offset = 0
    for i in range(len(index)):
        offset += index[i] * images.strides[1 + i]
    return contiguous_view(images, offset, images.shape[0])


@device_function(forceinline=True)
def flat_index(coordinates, lengths):  # type: ignore[no-untyped-def]
    """Return the index of an element in the flattened axes, as `numpy.ravel_multi_index` does."""
    flat = 0
    for i in range(len(lengths)):
        flat = flat * lengths[i] + coordinates[i]
    return flat
