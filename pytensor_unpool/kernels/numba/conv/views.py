"""Arrays as the kernels of convolution see them, with three spatial axes."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.device import device_function


@intrinsic
def three_axes(typing_context, x):  # type: ignore[no-untyped-def]
    """Return images or a kernel with three spatial axes: missing ones have length 1.

    It has one type for all arrays of a dtype, so that its users are compiled once. It holds no
    reference: the array has to outlive it.
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


@device_function
def part_of(x, axis, first, count):  # type: ignore[no-untyped-def]
    """Return images of which a spatial axis begins at `first`, and has at most `count` elements."""
    if axis == 0:
        return x[:, :, first : first + count]
    if axis == 1:
        return x[:, :, :, first : first + count]
    return x[:, :, :, :, first : first + count]
