"""Un-pooling and its transpose in Numba.

Positions are checked one by one before they are used. Numba does not release arrays that a
function holds when it raises, so a kernel learns of a bad position from the function that met
it, and raises when its output is no longer needed. (In ``raise`` some versions of Numba take a name
that was once set to a constant for that constant, so there are sums.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import overload

from pytensor_unpool.errors import (
    NEGATIVE_LENGTH,
    POSITIONS_DISAGREE,
    TOO_MANY_ELEMENTS,
    WRONG_LENGTHS,
    LengthError,
    PositionError,
)
from pytensor_unpool.geometry.max_unpool import MOST_ELEMENTS
from pytensor_unpool.kernels.numba.channels import (
    channels_at,
    channels_back,
    channels_inside,
    layout_chooser,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel, check_lengths
from pytensor_unpool.kernels.tuning import MARKS


def max_unpool(ndim: int, duplicates: str, wraps: bool) -> Kernel:
    """Compile ``(values, positions, shape) -> y`` with `ndim` un-pooled axes."""
    adds_up, from_end = duplicates == "sum", _from_end(wraps)
    lengths_type = (0,) * ndim
    unpool = layout_chooser(
        ndim, _unpool_planes(ndim, adds_up, from_end), _unpool_channels(ndim, adds_up, from_end)
    )

    @device_function
    def max_unpool(values, positions, shape):  # type: ignore[no-untyped-def]
        check_lengths(POSITIONS_DISAGREE, positions.shape, values.shape, 0)
        lengths = unpooled_lengths(shape, lengths_type)
        y, is_bad, position = unpool((values, positions), lengths, True)
        if is_bad:
            limit = 1
            for length in lengths:
                limit *= length
            raise PositionError(position + 0, limit + 0)
        return y

    return max_unpool  # type: ignore[no-any-return]


def _from_end(wraps: bool) -> Kernel:
    """Compile ``(at, size) -> at`` for one that is `size` or more, and so if it is nowhere.

    A negative position is a huge one without a sign, and small again with the size added.
    """

    @device_function
    def from_end(at, size):  # type: ignore[no-untyped-def]
        return at + size if wraps else at

    return from_end  # type: ignore[no-any-return]


def _unpool_planes(ndim: int, adds_up: bool, from_end: Kernel) -> Kernel:
    """Compile the un-pooling of every leading item on its own, to a contiguous output."""
    pooled = -ndim
    write = _write_plane(adds_up, from_end)

    @device_function
    def unpool_planes(arrays, lengths):  # type: ignore[no-untyped-def]
        values, positions = arrays
        y = np.empty(values.shape[:pooled] + lengths, values.dtype)
        use_huge_pages(y)
        is_bad, position = False, np.int64(0)
        for item in np.ndindex(values.shape[:pooled]):
            v, p = values[item], positions[item]
            is_bad, position = write(y[item].reshape(-1), as_lines(v, p), as_lines(p, v))
            if is_bad:
                break
        return y, is_bad, position

    return unpool_planes  # type: ignore[no-any-return]


def _write_plane(adds_up: bool, from_end: Kernel) -> Kernel:
    """Compile ``(plane, values, positions) -> is_bad, position`` for a flattened leading item.

    It fills the plane, and returns whether a position was bad, and which.
    """

    @device_function
    def write(plane, values, positions):  # type: ignore[no-untyped-def]
        plane[:] = 0
        size = np.uint64(len(plane))
        for index in np.ndindex(values.shape[:-1]):
            v, p = values[index], positions[index]
            for i in range(len(v)):
                at = np.uint64(np.int64(p[i]))
                if at >= size:
                    at = from_end(at, size)
                    if at >= size:
                        return True, np.int64(p[i])
                if adds_up:
                    plane[at] += v[i]
                else:
                    plane[at] = v[i]
        return False, np.int64(0)

    return write  # type: ignore[no-any-return]


def _unpool_channels(ndim: int, adds_up: bool, from_end: Kernel) -> Kernel:
    """Compile un-pooling of channels side by side, to an output laid out like the input."""
    outer = -ndim - 1

    @device_function
    def write(y, size, values, positions):  # type: ignore[no-untyped-def]
        """Fill one item; return whether a position was bad, and which."""
        channels = values.shape[0]
        for index in np.ndindex(values.shape[1:]):
            v, p = channels_at(values, index), channels_at(positions, index)
            for i in range(channels):
                at = np.uint64(np.int64(p[i]))
                if at >= size:
                    at = from_end(at, size)
                    if at >= size:
                        return True, np.int64(p[i])
                place = at * np.uint64(channels) + np.uint64(i)
                if adds_up:
                    y[place] += v[i]
                else:
                    y[place] = v[i]
        return False, np.int64(0)

    @device_function
    def unpool_channels(arrays, lengths, channel):  # type: ignore[no-untyped-def]
        values = channels_inside(arrays[0], ndim, channel)
        positions = channels_inside(arrays[1], ndim, channel)
        stored = np.empty(values.shape[:outer] + lengths + (values.shape[outer],), values.dtype)
        use_huge_pages(stored)
        size = np.uint64(1)
        for length in lengths:
            size *= np.uint64(length)
        is_bad, position = False, np.int64(0)
        for item in np.ndindex(values.shape[:outer]):
            y = stored[item].reshape(-1)
            y[:] = 0
            is_bad, position = write(y, size, values[item], positions[item])
            if is_bad:
                break
        return channels_back(stored, channel), is_bad, position

    return unpool_channels  # type: ignore[no-any-return]


@device_function
def unpooled_lengths(shape, lengths):  # type: ignore[no-untyped-def]
    """Return the vector of lengths as a tuple of the type of `lengths`, checked."""
    ndim = len(lengths)
    if len(shape) != ndim:
        raise LengthError(WRONG_LENGTHS, 0, len(shape), ndim)
    size = 1
    for i in range(ndim):
        length = np.int64(shape[i])
        if length < 0:
            raise LengthError(NEGATIVE_LENGTH, i - ndim, length, 0)
        if length > 0 and size > MOST_ELEMENTS // length:
            raise LengthError(TOO_MANY_ELEMENTS, i - ndim, length, 0)
        size *= max(1, length)
        lengths = tuple_setitem(lengths, i, length)
    return lengths


def max_gather(ndim: int, duplicates: str, wraps: bool) -> Kernel:
    """Compile ``(x, positions) -> y``, the elements of `x` at `positions`.

    With ``duplicates="last"``, zero where a later entry of the leading item has the position.
    """
    pooled = -ndim
    only_last = duplicates == "last"
    from_end = _from_end(wraps)

    @device_function
    def read(target, plane, positions, seen):  # type: ignore[no-untyped-def]
        """Fill one leading item; return whether a position was bad, and which.

        "last" goes backwards, and takes what it has not seen yet. It marks the positions of one
        part of the plane after the other, as many as `seen` has entries.
        """
        elements = plane.flat
        size = np.uint64(plane.size)
        if only_last:
            target, positions = np.flip(target), np.flip(positions)
        for begin in range(0, max(1, plane.size), len(seen)) if only_last else range(1):
            seen[:] = 0
            for index in np.ndindex(target.shape[:-1]):
                to, p = target[index], positions[index]
                for i in range(len(to)):
                    at = np.uint64(np.int64(p[i]))
                    if at >= size:
                        at = from_end(at, size)
                        if at >= size:
                            return True, np.int64(p[i])
                    if not only_last:
                        to[i] = elements[at]
                    elif np.uint64(begin) <= at < np.uint64(begin + len(seen)):
                        mark = at - np.uint64(begin)
                        to[i] = 0 if seen[mark] else elements[at]
                        seen[mark] = 1
        return False, np.int64(0)

    @device_function
    def max_gather(x, positions):  # type: ignore[no-untyped-def]
        check_lengths(POSITIONS_DISAGREE, positions.shape, x.shape, ndim)
        size = 1
        for length in x.shape[pooled:]:
            size *= length
        y = np.empty(positions.shape, x.dtype)
        use_huge_pages(y)
        seen = np.empty(max(1, min(size, MARKS)) if only_last else 1, np.uint8)
        is_bad, position = False, np.int64(0)
        for item in np.ndindex(x.shape[:pooled]):
            target, p = y[item], positions[item]
            is_bad, position = read(as_lines(target, p), x[item], as_lines(p, target), seen)
            if is_bad:
                break
        if is_bad:
            raise PositionError(position + 0, size + 0)
        return y

    return max_gather  # type: ignore[no-any-return]


def as_lines(array: Any, partner: Any) -> Any:
    """Return the array as lines: as a single one if it and its partner are contiguous."""
    raise NotImplementedError("only compiled code calls this")


@overload(as_lines)
def _as_lines(array, partner):  # type: ignore[no-untyped-def]
    if array.layout == "C" and partner.layout == "C":
        return lambda array, partner: array.reshape((1, array.size))
    return lambda array, partner: array
