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
    channels_back,
    channels_inside,
    common_channel_axis,
    row_at,
    strided_layout,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel, check_lengths

# Bytes that mark which positions were seen: the scratch memory of "last".
MARKS = 2**20


def max_unpool(ndim: int, duplicates: str, wraps: bool) -> Kernel:
    """Compile ``(values, positions, shape) -> y`` with `ndim` un-pooled axes."""
    pooled = -ndim
    from_end = _from_end(wraps)
    adds_up = duplicates == "sum"
    some_lengths = (0,) * ndim

    write = _write_plane(adds_up, from_end)
    unpool_channels = _unpool_channels(ndim, adds_up, from_end)

    @device_function
    def unpool_planes(values, positions, lengths):  # type: ignore[no-untyped-def]
        y = np.empty(values.shape[:pooled] + lengths, values.dtype)
        use_huge_pages(y)
        is_bad, place = False, np.int64(0)
        for item in np.ndindex(values.shape[:pooled]):
            line, places = values[item], positions[item]
            is_bad, place = write(y[item].reshape(-1), as_rows(line, places), as_rows(places, line))
            if is_bad:
                break
        return y, is_bad, place

    @device_function
    def unpool(values, positions, lengths, layout):  # type: ignore[no-untyped-def]
        if layout is None:
            return unpool_planes(values, positions, lengths)
        channel = common_channel_axis((values, positions), ndim)
        if channel >= 0:
            return unpool_channels(values, positions, lengths, channel)
        return unpool_planes(values, positions, lengths)

    @device_function
    def max_unpool(values, positions, shape):  # type: ignore[no-untyped-def]
        check_lengths(POSITIONS_DISAGREE, positions.shape, values.shape, 0)
        lengths = unpooled_lengths(shape, some_lengths)
        y, is_bad, place = unpool(
            values, positions, lengths, strided_layout((values, positions), lengths)
        )
        if is_bad:
            limit = 1
            for length in lengths:
                limit *= length
            raise PositionError(place + 0, limit + 0)
        return y

    return max_unpool  # type: ignore[no-any-return]


def _from_end(wraps: bool) -> Kernel:
    """Compile ``(place, size) -> place`` for one that is `size` or more, and so if it is nowhere.

    A negative position is a huge one without a sign, and small again with the size added.
    """

    @device_function
    def from_end(place, size):  # type: ignore[no-untyped-def]
        return place + size if wraps else place

    return from_end  # type: ignore[no-any-return]


def _write_plane(adds_up: bool, from_end: Kernel) -> Kernel:
    """Compile ``(plane, values, positions) -> is_bad, place``: one flattened leading item."""

    @device_function
    def write(plane, values, positions):  # type: ignore[no-untyped-def]
        """Fill it; return whether a position was bad, and which."""
        plane[:] = 0
        size = np.uint64(len(plane))
        for index in np.ndindex(values.shape[:-1]):
            line, places = values[index], positions[index]
            for i in range(len(line)):
                place = np.uint64(np.int64(places[i]))
                if place >= size:
                    place = from_end(place, size)
                    if place >= size:
                        return True, np.int64(places[i])
                if adds_up:
                    plane[place] += line[i]
                else:
                    plane[place] = line[i]
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
            line, places = row_at(values, index), row_at(positions, index)
            for i in range(channels):
                place = np.uint64(np.int64(places[i]))
                if place >= size:
                    place = from_end(place, size)
                    if place >= size:
                        return True, np.int64(places[i])
                at = place * np.uint64(channels) + np.uint64(i)
                if adds_up:
                    y[at] += line[i]
                else:
                    y[at] = line[i]
        return False, np.int64(0)

    @device_function
    def unpool_channels(values, positions, lengths, channel):  # type: ignore[no-untyped-def]
        values = channels_inside(values, ndim, channel)
        positions = channels_inside(positions, ndim, channel)
        stored = np.empty(values.shape[:outer] + lengths + (values.shape[outer],), values.dtype)
        use_huge_pages(stored)
        size = np.uint64(1)
        for length in lengths:
            size *= np.uint64(length)
        is_bad, place = False, np.int64(0)
        for item in np.ndindex(values.shape[:outer]):
            y = stored[item].reshape(-1)
            y[:] = 0
            is_bad, place = write(y, size, values[item], positions[item])
            if is_bad:
                break
        return channels_back(stored, ndim, channel), is_bad, place

    return unpool_channels  # type: ignore[no-any-return]


@device_function
def unpooled_lengths(shape, lengths):  # type: ignore[no-untyped-def]
    """Return the vector of lengths as a tuple like `lengths`, checked."""
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

        "last" goes backwards, and takes what it has not seen yet. It marks that for as many
        elements of the plane as it has marks, and goes again for the next.
        """
        elements = plane.flat
        size = np.uint64(plane.size)
        if only_last:
            target, positions = np.flip(target), np.flip(positions)
        for begin in range(0, max(1, plane.size), len(seen)) if only_last else range(1):
            seen[:] = 0
            for index in np.ndindex(target.shape[:-1]):
                line, places = target[index], positions[index]
                for i in range(len(line)):
                    place = np.uint64(np.int64(places[i]))
                    if place >= size:
                        place = from_end(place, size)
                        if place >= size:
                            return True, np.int64(places[i])
                    if not only_last:
                        line[i] = elements[place]
                    elif np.uint64(begin) <= place < np.uint64(begin + len(seen)):
                        mark = place - np.uint64(begin)
                        line[i] = 0 if seen[mark] else elements[place]
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
        is_bad, place = False, np.int64(0)
        for item in np.ndindex(x.shape[:pooled]):
            target, places = y[item], positions[item]
            is_bad, place = read(as_rows(target, places), x[item], as_rows(places, target), seen)
            if is_bad:
                break
        if is_bad:
            raise PositionError(place + 0, size + 0)
        return y

    return max_gather  # type: ignore[no-any-return]


def as_rows(array: Any, partner: Any) -> Any:
    """Return the array in rows: as a single one if it and its partner are contiguous."""
    raise NotImplementedError("only compiled code calls this")


@overload(as_rows)
def _as_rows(array, partner):  # type: ignore[no-untyped-def]
    if array.layout == "C" and partner.layout == "C":
        return lambda array, partner: array.reshape((1, array.size))
    return lambda array, partner: array
