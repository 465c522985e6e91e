"""Linear interpolation along one axis, and its transpose, in Numba."""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.errors import TOO_MANY_ELEMENTS, UPSAMPLED_DISAGREES, LengthError
from pytensor_unpool.geometry.max_unpool import MOST_ELEMENTS
from pytensor_unpool.geometry.upsampling import offset
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_unpool import unpooled_lengths
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel, check_lengths
from pytensor_unpool.kernels.tuning import UPSAMPLING_CHUNK


@device_function
def lengthen(length, p, q, axis):  # type: ignore[no-untyped-def]
    """Return how long an axis gets; raise `LengthError` where that does not fit an index."""
    if length > MOST_ELEMENTS // 2 // p:
        raise LengthError(TOO_MANY_ELEMENTS, axis + 0, length, 0)
    return (length * p + q - 1) // q


offset_of = device_function(offset)


@device_function
def find_neighbours(begin, length, p, q, indices, weights):  # type: ignore[no-untyped-def]
    """Write where the neighbours of elements of the longer axis are, and their weights.

    They are inside: 0 <= i * q <= length * p - 1, and 0 <= before < p, so that `old` is at least
    -1 and at most length - 1.
    """
    before = offset_of(p)
    for n in range(indices.shape[1]):
        step = (begin + n) * q - before
        old = step // p
        part = step - old * p
        indices[0, n] = max(old, 0)
        indices[1, n] = min(old + 1, length - 1)
        weights[0, n] = (p - part) / p
        weights[1, n] = part / p


@device_function
def interpolate_vector(low, high, low_weight, high_weight, y):  # type: ignore[no-untyped-def]
    """Write ``low * low_weight + high * high_weight``; NaN of weight zero does not spread."""
    if high_weight == 0:
        for i in range(len(y)):
            y[i] = low[np.uint64(i)]
    else:
        for i in range(len(y)):
            y[i] = low[np.uint64(i)] * low_weight + high[np.uint64(i)] * high_weight


@device_function
def interpolate_line(x, indices, weights, y):  # type: ignore[no-untyped-def]
    """Write a chunk of the longer axis; NaN of weight zero does not spread."""
    for i in range(len(y)):
        low, high = x[indices[0, i]], x[indices[1, i]]
        between = low * weights[0, i] + high * weights[1, i]
        y[i] = low if weights[1, i] == 0 else between


@device_function
def interpolate_planes(x, indices, weights, y):  # type: ignore[no-untyped-def]
    """Write a chunk of the longer axis, where it is not the last axis."""
    for n in range(indices.shape[1]):
        low, high, out = x[indices[0, n]], x[indices[1, n]], y[n]
        for index in np.ndindex(out.shape[:-1]):
            interpolate_vector(low[index], high[index], weights[0, n], weights[1, n], out[index])


@device_function
def add_shares_of_vector(low, high, low_weight, high_weight, cotangent):  # type: ignore[no-untyped-def]
    """Add to the two neighbours their shares of the cotangent of what lies between them."""
    for i in range(len(cotangent)):
        low[i] += cotangent[np.uint64(i)] * low_weight
    if high_weight != 0:
        for i in range(len(cotangent)):
            high[i] += cotangent[np.uint64(i)] * high_weight


@device_function
def add_shares_of_line(x, indices, weights, cotangent):  # type: ignore[no-untyped-def]
    """Add to all elements their shares of a chunk of the cotangent."""
    for i in range(len(cotangent)):
        x[indices[0, i]] += cotangent[i] * weights[0, i]
        if weights[1, i] != 0:
            x[indices[1, i]] += cotangent[i] * weights[1, i]


@device_function
def add_shares_of_planes(x, indices, weights, cotangent):  # type: ignore[no-untyped-def]
    """Do the same where the longer axis is not the last one."""
    for n in range(indices.shape[1]):
        low, high, share = x[indices[0, n]], x[indices[1, n]], cotangent[n]
        for index in np.ndindex(share.shape[:-1]):
            add_shares_of_vector(
                low[index], high[index], weights[0, n], weights[1, n], share[index]
            )


def _walker(axis: int, p: int, q: int, visit: Kernel) -> Kernel:
    """Compile a walk over arrays that are short and long on the axis, in chunks of the latter.

    ``visit(short, indices, weights, long)`` gets an item of both. For each element of the long one,
    the short one has a lower and an upper neighbour, at `indices`, with their weights.
    """

    @device_function
    def walk(short, long):  # type: ignore[no-untyped-def]
        count = long.shape[axis]
        chunk = min(count, UPSAMPLING_CHUNK)
        indices, weights = np.empty((2, chunk), np.uint64), np.empty((2, chunk), short.dtype)
        for begin in range(0, count, UPSAMPLING_CHUNK):
            end = min(begin + UPSAMPLING_CHUNK, count)
            indices, weights = indices[:, : end - begin], weights[:, : end - begin]
            find_neighbours(begin, short.shape[axis], p, q, indices, weights)
            for item in np.ndindex(short.shape[:axis]):
                visit(short[item], indices, weights, long[item][begin:end])

    return walk  # type: ignore[no-any-return]


def interpolate(axis: int, p: int, q: int) -> Kernel:
    """Compile ``x -> y``: an axis, counted from the last, gets p / q times as long."""
    walk = _walker(axis, p, q, interpolate_line if axis == -1 else interpolate_planes)

    @device_function
    def interpolate(x):  # type: ignore[no-untyped-def]
        count = lengthen(x.shape[axis], p, q, axis)
        y = np.empty(tuple_setitem(x.shape, x.ndim + axis, count), x.dtype)
        use_huge_pages(y)
        walk(x, y)
        return y

    return interpolate  # type: ignore[no-any-return]


def interpolate_input_grad(axis: int, p: int, q: int) -> Kernel:
    """Compile ``(cotangent, lengths) -> x``, the transpose of `interpolate`."""
    walk = _walker(axis, p, q, add_shares_of_line if axis == -1 else add_shares_of_planes)

    @device_function
    def interpolate_input_grad(cotangent, lengths):  # type: ignore[no-untyped-def]
        (length,) = unpooled_lengths(lengths, (0,))
        count = lengthen(length, p, q, axis)
        longer = tuple_setitem(cotangent.shape, cotangent.ndim + axis, count)
        check_lengths(UPSAMPLED_DISAGREES, cotangent.shape, longer, 0)
        x = np.empty(tuple_setitem(longer, cotangent.ndim + axis, length), cotangent.dtype)
        use_huge_pages(x)
        x[...] = 0
        walk(x, cotangent)
        return x

    return interpolate_input_grad  # type: ignore[no-any-return]
