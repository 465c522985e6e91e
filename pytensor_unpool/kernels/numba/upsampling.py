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

# So many elements of the longer axis are done together.
MOST_PLACES = 512


@device_function
def lengthen(length, p, q, axis):  # type: ignore[no-untyped-def]
    """Return how long an axis gets; raise `LengthError` where that does not fit an index."""
    if length > MOST_ELEMENTS // 2 // p:
        raise LengthError(TOO_MANY_ELEMENTS, axis + 0, length, 0)
    return (length * p + q - 1) // q


offset_of = device_function(offset)


@device_function
def find_places(begin, length, p, q, places, weights):  # type: ignore[no-untyped-def]
    """Write the neighbours of elements of the longer axis, and what they take of each.

    They are inside: 0 <= i * q <= length * p - 1, and 0 <= before < p, so that `old` is at least
    -1 and at most length - 1.
    """
    before = offset_of(p)
    for n in range(places.shape[1]):
        step = (begin + n) * q - before
        old = step // p
        part = step - old * p
        places[0, n] = max(old, 0)
        places[1, n] = min(old + 1, length - 1)
        weights[0, n] = (p - part) / p
        weights[1, n] = part / p


@device_function
def interpolate_row(low, high, low_weight, high_weight, y):  # type: ignore[no-untyped-def]
    """Write ``low * low_weight + high * high_weight``; NaN stays away where its weight is zero."""
    if high_weight == 0:
        for i in range(len(y)):
            y[i] = low[np.uint64(i)]
    else:
        for i in range(len(y)):
            y[i] = low[np.uint64(i)] * low_weight + high[np.uint64(i)] * high_weight


@device_function
def interpolate_line(x, places, weights, y):  # type: ignore[no-untyped-def]
    """Write some of the longer axis; NaN stays away where its weight is zero."""
    for i in range(len(y)):
        low, high = x[places[0, i]], x[places[1, i]]
        between = low * weights[0, i] + high * weights[1, i]
        y[i] = low if weights[1, i] == 0 else between


@device_function
def interpolate_planes(x, places, weights, y):  # type: ignore[no-untyped-def]
    """Write some of the longer axis, of which each element is a row or more of them."""
    for n in range(places.shape[1]):
        low, high, out = x[places[0, n]], x[places[1, n]], y[n]
        for row in np.ndindex(out.shape[:-1]):
            interpolate_row(low[row], high[row], weights[0, n], weights[1, n], out[row])


@device_function
def share_row(low, high, low_weight, high_weight, cotangent):  # type: ignore[no-untyped-def]
    """Add what the two rows get of the cotangent of what they were made of."""
    for i in range(len(cotangent)):
        low[i] += cotangent[np.uint64(i)] * low_weight
    if high_weight != 0:
        for i in range(len(cotangent)):
            high[i] += cotangent[np.uint64(i)] * high_weight


@device_function
def share_line(x, places, weights, cotangent):  # type: ignore[no-untyped-def]
    """Add what elements get of the cotangents of what was made of them."""
    for i in range(len(cotangent)):
        x[places[0, i]] += cotangent[i] * weights[0, i]
        if weights[1, i] != 0:
            x[places[1, i]] += cotangent[i] * weights[1, i]


@device_function
def share_planes(x, places, weights, cotangent):  # type: ignore[no-untyped-def]
    """Do the same where each element of the axis is a row or more of them."""
    for n in range(places.shape[1]):
        low, high, share = x[places[0, n]], x[places[1, n]], cotangent[n]
        for row in np.ndindex(share.shape[:-1]):
            share_row(low[row], high[row], weights[0, n], weights[1, n], share[row])


def _walker(axis: int, p: int, q: int, visit: Kernel) -> Kernel:
    """Compile a walk over what is short on the axis, and what is long, some of it at a time.

    ``visit(short, places, weights, long)`` gets an item of both, where the elements of the long one
    lie in the short one, and their weights.
    """

    @device_function
    def walk(short, long):  # type: ignore[no-untyped-def]
        count = long.shape[axis]
        some = min(count, MOST_PLACES)
        places, weights = np.empty((2, some), np.uint64), np.empty((2, some), short.dtype)
        for begin in range(0, count, MOST_PLACES):
            end = min(begin + MOST_PLACES, count)
            places, weights = places[:, : end - begin], weights[:, : end - begin]
            find_places(begin, short.shape[axis], p, q, places, weights)
            for item in np.ndindex(short.shape[:axis]):
                visit(short[item], places, weights, long[item][begin:end])

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
    walk = _walker(axis, p, q, share_line if axis == -1 else share_planes)

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
