"""Broadcasting when the function runs, in Numba."""

from __future__ import annotations

import numpy as np
from numba import literal_unroll
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.errors import POSITIONS_DISAGREE, LengthError
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.windows import Kernel


def runtime_broadcast(axes: tuple[int, ...]) -> Kernel:
    """Compile ``(x, *likes) -> y``, which is `x` where that is as long along `axes` already."""

    @device_function
    def longest(likes, axis):  # type: ignore[no-untyped-def]
        """Return the first length that is not 1, else 1."""
        length = 1
        for like in literal_unroll(likes):
            if length == 1:
                length = like.shape[axis]
        return length

    @device_function
    def other(likes, axis, length):  # type: ignore[no-untyped-def]
        """Return a length that is neither 1 nor this one, else this one."""
        got = length
        for like in literal_unroll(likes):
            if like.shape[axis] != 1 and like.shape[axis] != length:
                got = like.shape[axis]
        return got

    @device_function
    def runtime_broadcast(x, *likes):  # type: ignore[no-untyped-def]
        shape = x.shape
        for axis in axes:
            length = longest(likes, axis)
            got = other((x, *likes), axis, length)
            if got != length:
                raise LengthError(POSITIONS_DISAGREE, axis - x.ndim, got + 0, length + 0)
            shape = tuple_setitem(shape, axis, length)
        if shape == x.shape:
            return x
        y = np.empty(shape, x.dtype)
        y[...] = x
        return y

    return runtime_broadcast  # type: ignore[no-any-return]
