"""Convolution of any number of axes in Numba: by products, or by SciPy's transforms.

Numba has no Fourier transforms. SciPy's are called through Python, with the arrays as they are: a
few microseconds beside transforms of many elements.
"""

from __future__ import annotations

import numpy as np
from numba import objmode, types
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.errors import (
    EMPTY_HELIX,
    KERNEL_NOT_INSIDE,
    WRONG_BATCH,
    WRONG_STARTS,
    LengthError,
)
from pytensor_unpool.geometry import helix as geometry
from pytensor_unpool.kernels.numba.by_address import Types, by_address
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.helix_direct import convolve_by_products_by_address, row_length
from pytensor_unpool.kernels.numba.max_unpool import unpooled_lengths
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel, compile_together
from pytensor_unpool.kernels.scipy.helix import convolve_by_transforms

shorter, window_start, window_length, nearest_start, prefers_direct = compile_together(
    geometry.shorter,
    geometry.window_start,
    geometry.window_length,
    geometry.nearest_start,
    geometry.prefers_direct,
)


def helix(ndim: int, mode: str, method: str, turned: bool = False) -> Kernel:
    """Compile ``(x, kernel) -> y``, the convolution of the last `ndim` axes.

    With the mode "window" it is ``(x, kernel, starts, lengths) -> y``. If `turned`, the kernel is
    taken in the opposite order.
    """
    last, is_window, is_valid = -ndim, mode == "window", mode == "valid"
    lengths_type = (0,) * ndim
    is_direct, is_auto = method == "direct", method == "auto"

    @device_function
    def window_of(x, kernel, *window):  # type: ignore[no-untyped-def]
        check_shapes(x, kernel, lengths_type, is_valid)
        lengths, taps = x.shape[last:], kernel.shape[last:]
        if is_window:
            starts = lengths_type
            outputs = unpooled_lengths(window[1], lengths_type)
            if len(window[0]) != ndim:
                raise LengthError(WRONG_STARTS, 0, len(window[0]), ndim)
            for i in range(ndim):
                start = nearest_start(window[0][i], lengths[i], taps[i], outputs[i])
                starts = tuple_setitem(starts, i, start)
            return lengths, taps, starts, outputs
        starts, outputs = lengths, lengths
        for i in range(ndim):
            start = window_start(mode, lengths[i], taps[i])
            starts = tuple_setitem(starts, i, start)
            output = window_length(mode, lengths[i], taps[i])
            outputs = tuple_setitem(outputs, i, output)
        return lengths, taps, starts, outputs

    @device_function
    def convolve(x, kernel, *window):  # type: ignore[no-untyped-def]
        lengths, taps, starts, outputs = window_of(x, kernel, *window)
        y = np.empty(x.shape[:last] + outputs, x.dtype)
        use_huge_pages(y)
        table = np.empty((ndim, 4), np.int64)
        elements, all_taps, window_size, ring = 1, 1, 1, 1
        for i in range(ndim):
            # One by one: for a row at once, Numba compiles seconds of checks.
            table[i, 0], table[i, 1] = lengths[i], taps[i]
            table[i, 2], table[i, 3] = outputs[i], starts[i]
            elements *= lengths[i]
            all_taps *= taps[i]
            window_size *= outputs[i]
            ring *= row_length(lengths[i], taps[i], starts[i], outputs[i])
        items = x.size // elements
        by_products = is_direct or (
            is_auto and prefers_direct(items, elements, all_taps, window_size, ring)
        )
        if by_products:
            flat_x = np.ascontiguousarray(x).reshape(x.size)
            flat_kernel = np.ascontiguousarray(kernel).reshape(kernel.size)
            if turned:
                flat_kernel = turn_round(flat_kernel, all_taps)
            convolve_by_products_by_address((flat_x, flat_kernel, table, y.reshape(y.size)))
        else:
            transforms_by_address((x, kernel, table[:, 3].copy(), y, turned))
        return y

    return convolve  # type: ignore[no-any-return]


@device_function
def transforms(x, kernel, starts, y, turned):  # type: ignore[no-untyped-def]
    """Call SciPy."""
    with objmode():
        convolve_by_transforms(x, kernel, starts, y, turned)


def _argument_types(given: Types) -> Types:
    x, kernel, starts, y, _ = given
    factors = (types.Array(f.dtype, f.ndim, "A", readonly=True) for f in (x, kernel))
    return *factors, starts, y, types.boolean


transforms_by_address = by_address(transforms, _argument_types)


@device_function
def turn_round(kernel, taps):  # type: ignore[no-untyped-def]
    """Return the elements of every item, of which each has `taps`, in the opposite order."""
    turned = np.empty(kernel.size, kernel.dtype)
    for first in range(0, kernel.size, taps):
        for i in range(taps):
            turned[first + i] = kernel[first + taps - 1 - i]
    return turned


@device_function
def check_shapes(x, kernel, lengths_type, is_valid):  # type: ignore[no-untyped-def]
    """Raise `LengthError` where shapes disagree, as `geometry.helix.check_shapes` does."""
    ndim = len(lengths_type)
    for i in range(kernel.ndim - ndim):
        if kernel.shape[i] != x.shape[i]:
            raise LengthError(WRONG_BATCH, i - x.ndim, kernel.shape[i], x.shape[i])
    is_longer, is_shorter = False, False
    for i in range(ndim):
        length, taps = x.shape[x.ndim - ndim + i], kernel.shape[kernel.ndim - ndim + i]
        if length == 0 or taps == 0:
            raise LengthError(EMPTY_HELIX, i - ndim, 0, 1)
        is_longer |= taps > length
        is_shorter |= taps < length
        if is_valid and is_longer and is_shorter:
            raise LengthError(KERNEL_NOT_INSIDE, i - ndim, taps, length)
