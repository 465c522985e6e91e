"""From elements to windows: each tap of all windows of an axis is a strided slice."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from pytensor_unpool.geometry.windows import Row, check_windows, pooled_lengths
from pytensor_unpool.kernels.checks import check_same_shape

Array = Any
Rows = Sequence[Row]

# Of the winner in its window, or the window in its plane. Positions in larger planes are an error.
OFFSETS = "int32"

# More taps than these on an axis are gathered and reduced together.
MOST_SLICES = 64


def padded_axis(xp: Any, x: Array, axis: int, count: int, row: Row, fill: Any) -> Array:
    """Return `x` with as much of `fill` around an axis as its windows reach beyond it."""
    window, stride, before, _, dilation = row
    last = (count - 1) * stride + (window - 1) * dilation
    after = max(0, last + 1 - before - x.shape[axis])
    return xp.pad(x, axis, before, after, fill) if before > 0 or after > 0 else x


def slices_of_axis(x: Array, axis: int, count: int, row: Row) -> list[Array]:
    """Return, for each tap, the elements of all windows of a padded axis."""
    window, stride, _, _, dilation = row
    starts = [k * dilation for k in range(window)]
    return [x[index(axis, slice(s, s + (count - 1) * stride + 1, stride))] for s in starts]


def taps_of_axis(xp: Any, x: Array, axis: int, count: int, row: Row, fill: Any) -> list[Array]:
    """Return, for each tap, the elements of all windows of an axis; `fill` for those outside."""
    return slices_of_axis(padded_axis(xp, x, axis, count, row, fill), axis, count, row)


def gathered_taps(xp: Any, x: Array, axis: int, count: int, row: Row, fill: Any) -> Array:
    """Return the taps of all windows of an axis, along a new last one."""
    places, inside = _places(x.shape[axis], count, row)
    taps = xp.moveaxis(xp.take(x, axis, places.clip(0, x.shape[axis] - 1)), axis, -1)
    is_tap = xp.constant(inside.reshape(count, *[1] * (-axis - 1), row[0]), "bool")
    return xp.where(is_tap, taps, xp.constant(np.asarray(fill), xp.name_of(x)))


def maximum_of_axis(
    xp: Any, values: Array, offsets: Array | None, axis: int, count: int, row: Row, step: int
) -> tuple[Array, Array]:
    """Return the maxima of an axis' windows, and the offsets that these have with their taps.

    A tap adds `step` to the offset of the one before.
    """
    _, inside = _places(values.shape[axis], count, row)
    lowest = lowest_of(xp.name_of(values))
    if row[0] > MOST_SLICES:
        return _gathered_maximum(xp, values, offsets, axis, count, row, step, inside, lowest)
    taps = taps_of_axis(xp, values, axis, count, row, lowest)
    steps = [xp.constant(np.asarray(k * step), OFFSETS) for k in range(row[0])]
    if offsets is not None:
        earlier = taps_of_axis(xp, offsets, axis, count, row, 0)
        steps = [one + more for one, more in zip(earlier, steps, strict=True)]
    return first_maximum(xp, taps, steps, inside.reshape(count, *[1] * (-axis - 1), row[0]))


def first_maximum(
    xp: Any, taps: Sequence[Array], offsets: Sequence[Array], inside: np.ndarray[Any, Any]
) -> tuple[Array, Array]:
    """Return the first maximum among taps, of those that are inside, and its offset.

    The first NaN is a maximum. Padding is none, not even of elements as low as it.
    """
    dtype = xp.name_of(taps[0])
    best, winner = taps[0], offsets[0]
    for value, offset in zip(taps[1:], offsets[1:], strict=True):
        better = ~(value <= best) & (best == best) if is_float(dtype) else value > best
        best = xp.where(better, value, best)
        winner = xp.where(better, offset, winner)
    if not inside.all():
        # Where padding won, all elements are as low as padding: the first of them is the maximum.
        first = offsets[0]
        for k in range(1, len(offsets)):
            is_first = inside[..., k] & ~inside[..., :k].any(-1)
            first = xp.where(xp.constant(is_first, "bool"), offsets[k], first)
        lowest = xp.constant(np.asarray(lowest_of(dtype)), dtype)
        winner = xp.where(best == lowest, first, winner)
    return best, xp.broadcast_to(winner, best.shape)


def _gathered_maximum(
    xp: Any,
    values: Array,
    offsets: Array | None,
    axis: int,
    count: int,
    row: Row,
    step: int,
    inside: np.ndarray[Any, Any],
    lowest: Any,
) -> tuple[Array, Array]:
    taps = gathered_taps(xp, values, axis, count, row, lowest)
    hits = (taps == xp.max_of(taps)[..., None]) | (taps != taps)
    is_tap = xp.constant(inside.reshape(count, *[1] * (-axis - 1), row[0]), "bool")
    numbers = xp.constant(np.arange(row[0]), "int64")
    beyond = xp.constant(np.asarray(row[0]), "int64")
    first = xp.min_of(xp.where(hits & is_tap, numbers, beyond))[..., None]
    moved = xp.astype(first[..., 0] * step, OFFSETS)
    if offsets is not None:
        earlier = gathered_taps(xp, offsets, axis, count, row, 0)
        moved = moved + xp.take_along(earlier, first)[..., 0]
    return xp.take_along(taps, first)[..., 0], moved


def _places(length: int, count: int, row: Row) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return where each window's taps lie on an axis, and which of them are inside."""
    window, stride, before, _, dilation = row
    places = np.arange(count)[:, None] * stride - before + np.arange(window) * dilation
    return places, (places >= 0) & (places < length)


def is_float(dtype: str) -> bool:
    """Return whether a dtype is one of floating point."""
    return dtype.startswith(("float", "bfloat"))


def lowest_of(dtype: str) -> Any:
    """Return what is as low as any element."""
    if is_float(dtype):
        return -np.inf
    return False if dtype == "bool" else int(np.iinfo(dtype).min)


# What the kernels share.


def corners(lengths: Sequence[int], counts: Sequence[int], rows: Rows) -> np.ndarray[Any, Any]:
    """Return where, in the flattened plane, the first tap of each window would be."""
    places: Any = 0
    for length, count, row in zip(lengths, counts, rows, strict=True):
        starts = np.arange(count) * row[1] - row[2]
        places = np.add.outer(np.asarray(places) * length, starts)
    return np.asarray(places)


def counted(
    lengths: Sequence[int], rows: Rows, partial_windows: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the lengths of axes, and how many windows each has; check them."""
    check_windows(lengths, rows, partial_windows)
    return tuple(lengths), tuple(pooled_lengths(lengths, rows, partial_windows))


def check_pooled(
    pooled: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool, kind: int
) -> None:
    """Raise `LengthError` where an array does not have one entry for each window."""
    _, counts = counted(lengths, rows, partial_windows)
    check_same_shape(pooled, tuple(pooled.shape[: -len(rows)]) + counts, kind)


def planes(x: Array, ndim: int) -> Array:
    """Flatten the last `ndim` axes."""
    return x.reshape(*x.shape[:-ndim], prod(x.shape[-ndim:]))


def taken(xp: Any, x: Array, ndim: int, places: np.ndarray[Any, Any]) -> Array:
    """Return the elements at static places of the flattened plane."""
    return xp.take(planes(x, ndim), -1, places)


def index(axis: int, some: slice) -> tuple[Any, ...]:
    """Return the index that takes a slice of an axis, which is counted from the last."""
    return (..., some, *[slice(None)] * (-axis - 1))
