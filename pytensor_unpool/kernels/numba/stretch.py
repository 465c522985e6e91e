"""Broadcasting when the function runs, in Numba."""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.errors import POSITIONS_DISAGREE, LengthError
from pytensor_unpool.kernels.numba.windows import Kernel, kernel


def stretch(axes: tuple[int, ...]) -> Kernel:
    """Compile ``(x, *likes) -> y``, which is `x` where that is as long along `axes` already."""

    @kernel
    def stretch(x, *likes):  # type: ignore[no-untyped-def]
        shape = x.shape
        for axis in axes:
            length = 1
            for like in likes:
                if length == 1:
                    length = like.shape[axis]
            for like in likes:
                if like.shape[axis] != 1 and like.shape[axis] != length:
                    got = like.shape[axis]
                    raise LengthError(POSITIONS_DISAGREE, axis - x.ndim, got, length + 0)
            if x.shape[axis] != 1 and x.shape[axis] != length:
                got = x.shape[axis]
                raise LengthError(POSITIONS_DISAGREE, axis - x.ndim, got, length + 0)
            shape = tuple_setitem(shape, axis, length)
        if shape == x.shape:
            return x
        y = np.empty(shape, x.dtype)
        y[...] = x
        return y

    return stretch  # type: ignore[no-any-return]
