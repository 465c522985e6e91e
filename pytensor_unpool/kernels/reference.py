"""Every kernel in NumPy: short, obviously right, and what the others are tested against.

PyTensor runs these where it runs Python (mode ``FAST_COMPILE``). They hold all taps of all
windows at once, so they need as much memory as the windows have taps.

`rows` is what `geometry.Windows.rows` returns; pooled axes are the last ``len(rows)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytensor_unpool.errors import (
    COTANGENT_DISAGREES,
    MOVED_DISAGREES,
    POOLED_DISAGREE,
    POSITIONS_DISAGREE,
    POSITIONS_TOO_NARROW,
    WRONG_LENGTHS,
    LengthError,
    PositionError,
)
from pytensor_unpool.geometry import TAPS, TAPS_DTYPE
from pytensor_unpool.geometry.pool import (
    Row,
    check_windows,
    lengths_of_pooled,
    pooled_lengths,
    taps_between,
)
from pytensor_unpool.geometry.unpool import check_unpooled, plane_size

Array = np.ndarray[Any, Any]
Rows = Sequence[Row]


def max_pool(
    x: Array, rows: Rows, partial_windows: bool, positions_dtype: str = "int64"
) -> tuple[Array, Array]:
    """Return the maximum of every window, and where it lies in the unpadded pooled axes.

    With the dtype `TAPS`, which of the window's taps it is.
    """
    flat, inside = window_taps(x.shape[-len(rows) :], rows, partial_windows)
    if positions_dtype != TAPS:
        check_positions_dtype(x.shape[-len(rows) :], positions_dtype)
    taps = _planes(x, len(rows))[..., flat]
    winner = np.where(inside, taps, _lowest(x.dtype)).argmax(-1)[..., None]
    # Where padding won, all elements are as low as padding: the first of them is the maximum.
    padding_won = ~np.take_along_axis(np.broadcast_to(inside, taps.shape), winner, -1)
    winner = np.where(padding_won, inside.argmax(-1)[..., None], winner)
    values = np.take_along_axis(taps, winner, -1)[..., 0]
    if positions_dtype == TAPS:
        return values, winner[..., 0].astype(TAPS_DTYPE)
    positions = np.take_along_axis(np.broadcast_to(flat, taps.shape), winner, -1)[..., 0]
    return values, positions.astype(positions_dtype)


def max_unpool(
    values: Array,
    positions: Array,
    shape: Sequence[int],
    duplicates: str = "last",
    wraps: bool = False,
) -> Array:
    """Return zeros of lengths `shape` with `values` at `positions`.

    With `wraps`, negative positions count from the end of the plane.
    """
    check_unpooled(shape)
    size = plane_size(shape)
    ndim = len(shape)
    check_same_shape(positions, values.shape)
    taken, where = _planes(values, ndim), _checked(_planes(positions, ndim), size, wraps)
    out = np.zeros((*values.shape[:-ndim], size), values.dtype)
    item = _leading_indices(where)
    if duplicates == "last":
        wins = last_writers(where, size)
        item = tuple(np.broadcast_to(i, where.shape)[wins] for i in item)
        out[(*item, where[wins])] = taken[wins]
    else:
        np.add.at(out, (*item, where), taken)
    return out.reshape(values.shape[:-ndim] + tuple(shape))


def max_gather(
    x: Array, positions: Array, ndim: int, duplicates: str = "sum", wraps: bool = False
) -> Array:
    """Return the elements of `x` at `positions`: the transpose of `max_unpool`.

    With ``duplicates="last"``, zero wherever a later entry has the same position.
    """
    check_same_shape(positions, x.shape[:-ndim] + positions.shape[-ndim:])
    size = plane_size(x.shape[-ndim:])
    where = _checked(_planes(positions, ndim), size, wraps)
    taken = np.take_along_axis(_planes(x, ndim), where, -1)
    if duplicates == "last":
        taken = np.where(last_writers(where, size), taken, np.zeros((), x.dtype))
    return taken.reshape(positions.shape)


def stretch(axes: Sequence[int], x: Array, *likes: Array) -> Array:
    """Return `x` broadcast along `axes` to what the others broadcast to; itself if it fits."""
    shape = stretched_shape(axes, x, likes)
    return x if shape == x.shape else np.broadcast_to(x, shape).copy()


def stretched_shape(axes: Sequence[int], x: Any, likes: Sequence[Any]) -> tuple[int, ...]:
    """Return the shape of `x` with that of the other arrays, which are broadcast, along `axes`."""
    shape = list(x.shape)
    for axis in axes:
        length = next((like.shape[axis] for like in likes if like.shape[axis] != 1), 1)
        for array in (*likes, x):
            if array.shape[axis] not in (1, length):
                got = array.shape[axis]
                raise LengthError(POSITIONS_DISAGREE, axis - x.ndim, got=got, wanted=length)
        shape[axis] = length
    return tuple(shape)


def tied_unpool(
    x: Array, values: Array, cotangent: Array, rows: Rows, partial_windows: bool
) -> Array:
    """Return zeros like `x` with `cotangent` added to every element that is its window's value."""
    flat, _ = window_taps(x.shape[-len(rows) :], rows, partial_windows)
    tied = _tied(x, values, rows, partial_windows)
    check_same_shape(cotangent, values.shape, MOVED_DISAGREES)
    out = np.zeros((*x.shape[: -len(rows)], plane_size(x.shape[-len(rows) :])), cotangent.dtype)
    index = (*_leading_indices(tied, flat.ndim), np.broadcast_to(flat, tied.shape))
    np.add.at(out, index, np.where(tied, cotangent[..., None], 0))
    return out.reshape(x.shape)


def tied_gather(
    x: Array, values: Array, tangent: Array, rows: Rows, partial_windows: bool
) -> Array:
    """Return the sum of `tangent` over the elements of `x` that are their window's value."""
    check_same_shape(tangent, x.shape, MOVED_DISAGREES)
    flat, _ = window_taps(x.shape[-len(rows) :], rows, partial_windows)
    tied = _tied(x, values, rows, partial_windows)
    taps = _planes(tangent, len(rows))[..., flat]
    return np.where(tied, taps, np.zeros((), tangent.dtype)).sum(-1, dtype=tangent.dtype)


def pool(x: Array, rows: Rows, partial_windows: bool, mode: str) -> Array:
    """Return the sum of every window, or its average."""
    flat, inside = window_taps(x.shape[-len(rows) :], rows, partial_windows)
    taps = np.where(inside, _planes(x, len(rows))[..., flat], np.zeros((), x.dtype))
    # Infinities of both signs, and sums beyond the dtype, give what they give without a warning.
    with np.errstate(invalid="ignore", over="ignore"):
        sums = taps.sum(-1, dtype=_sum_dtype(x.dtype)).astype(x.dtype)
    return _averages(sums, x.shape[-len(rows) :], rows, partial_windows, mode)


def pool_input_grad(
    cotangent: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool, mode: str
) -> Array:
    """Return the transpose of `pool`: what it weighs every element with, times `cotangent`."""
    leading = cotangent.shape[: -len(rows)]
    counts = lengths_of_pooled(lengths, rows, partial_windows)
    check_same_shape(cotangent, (*leading, *counts), COTANGENT_DISAGREES)
    if 0 in lengths:
        return np.zeros((*leading, *lengths), cotangent.dtype)
    flat, inside = window_taps(lengths, rows, partial_windows)
    shares = _averages(cotangent, lengths, rows, partial_windows, mode)
    out = np.zeros((*leading, plane_size(lengths)), _sum_dtype(cotangent.dtype))
    weights = np.where(inside, shares[..., None], np.zeros((), shares.dtype))
    items = _leading_indices(weights, flat.ndim)
    with np.errstate(invalid="ignore", over="ignore"):
        np.add.at(out, (*items, np.broadcast_to(flat, weights.shape)), weights)
        return out.reshape(*leading, *lengths).astype(cotangent.dtype)


def tap_unpool(
    values: Array, taps: Array, shape: Sequence[int], rows: Rows, partial_windows: bool
) -> Array:
    """Return zeros of lengths `shape` with each window's value at its tap.

    A number that is no tap of its window inside the axes stands for no element.
    """
    check_unpooled(shape)
    check_same_shape(taps, values.shape)
    where, inside = _tap_places(taps, shape, rows, partial_windows)
    out = np.zeros((*values.shape[: -len(rows)], plane_size(shape)), values.dtype)
    index = (*_leading_indices(where, len(rows)), where)
    np.add.at(out, index, np.where(inside, values, np.zeros((), values.dtype)))
    return out.reshape(*values.shape[: -len(rows)], *shape)


def tap_gather(x: Array, taps: Array, rows: Rows, partial_windows: bool) -> Array:
    """Return the element of `x` at each window's tap: the transpose of `tap_unpool`."""
    check_same_shape(taps, x.shape[: -len(rows)] + taps.shape[-len(rows) :])
    where, inside = _tap_places(taps, x.shape[-len(rows) :], rows, partial_windows)
    index = (*_leading_indices(where, len(rows)), where)
    return np.where(inside, _planes(x, len(rows))[index], np.zeros((), x.dtype))


def check_positions_dtype(lengths: Sequence[int], positions_dtype: str) -> None:
    """Raise `LengthError` if the dtype cannot hold all positions of a plane."""
    last_position, most = plane_size(lengths) - 1, int(np.iinfo(positions_dtype).max)
    if last_position > most:
        raise LengthError(POSITIONS_TOO_NARROW, got=last_position, wanted=most)


def unpooled_lengths(shape: Array, ndim: int) -> tuple[int, ...]:
    """Return the run-time vector of un-pooled lengths as ints."""
    if len(shape) != ndim:
        raise LengthError(WRONG_LENGTHS, got=len(shape), wanted=ndim)
    return tuple(int(length) for length in shape)


def window_taps(
    lengths: Sequence[int], rows: Rows, partial_windows: bool, wraps: bool = False
) -> tuple[Array, Array]:
    """Return, for every window, where its taps lie in the flattened plane and which are inside.

    Both have the shape ``(*pooled_lengths, taps)``; taps outside are given a place inside. If an
    axis wraps around, its first element follows its last one, and all taps are inside.
    """
    check_windows(lengths, rows, partial_windows)
    counts = pooled_lengths(lengths, rows, partial_windows)
    ndim = len(rows)
    flat: Any = 0
    inside: Any = True
    for axis, (length, count, row) in enumerate(zip(lengths, counts, rows, strict=True)):
        window, stride, before, _, dilation = row
        starts = np.arange(count) * stride - before
        coordinate = starts[:, None] + np.arange(window) * dilation
        if wraps:
            coordinate %= length
        spread = [1] * (2 * ndim)
        spread[axis], spread[ndim + axis] = count, window
        coordinate = coordinate.reshape(spread)
        flat = flat * length + coordinate.clip(0, length - 1)
        inside = inside & (coordinate >= 0) & (coordinate < length)
    return flat.reshape(*counts, -1), inside.reshape(*counts, -1)


def last_writers(where: Array, size: int) -> Array:
    """Return which entries of each leading item no later entry repeats."""
    order = np.broadcast_to(np.arange(where.shape[-1]), where.shape)
    last = np.full((*where.shape[:-1], size), -1)
    np.maximum.at(last, (*_leading_indices(where), where), order)
    return np.asarray(np.take_along_axis(last, where, -1) == order)


def check_same_shape(array: Array, shape: tuple[int, ...], kind: int = POSITIONS_DISAGREE) -> None:
    """Raise `LengthError` for the first axis of `array` that is not as long as in `shape`."""
    for i, (got, wanted) in enumerate(zip(array.shape, shape, strict=True)):
        if got != wanted:
            raise LengthError(kind, i - len(shape), got, wanted)


def _tap_places(
    taps: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool
) -> tuple[Array, Array]:
    """Return where each window's tap lies in the flattened plane, and whether it lies inside."""
    check_windows(lengths, rows, partial_windows)
    counts = tuple(pooled_lengths(lengths, rows, partial_windows))
    check_same_shape(taps, taps.shape[: -len(rows)] + counts, POOLED_DISAGREE)
    flat, inside = window_taps(lengths, rows, partial_windows)
    tap = taps[..., None].astype(np.int64).clip(max=flat.shape[-1] - 1)
    places, is_inside = (
        np.take_along_axis(np.broadcast_to(a, (*taps.shape, flat.shape[-1])), tap, -1)[..., 0]
        for a in (flat, inside)
    )
    return places, is_inside & (taps < flat.shape[-1])


def _tied(x: Array, values: Array, rows: Rows, partial_windows: bool) -> Array:
    flat, inside = window_taps(x.shape[-len(rows) :], rows, partial_windows)
    check_same_shape(values, x.shape[: -len(rows)] + flat.shape[:-1], POOLED_DISAGREE)
    return inside & (_planes(x, len(rows))[..., flat] == values[..., None])


def _averages(
    sums: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool, mode: str
) -> Array:
    """Divide by the number of taps that each window has; as in C, integers are cut towards zero."""
    if mode == "sum":
        return sums
    with_padding = mode == "average_inc_pad"
    counts = pooled_lengths(lengths, rows, partial_windows)
    divisors: Any = 1
    for length, count, (window, stride, before, after, dilation) in zip(
        lengths, counts, rows, strict=True
    ):
        low, high = (-before, length + after) if with_padding else (0, length)
        taps = [
            taps_between(number, window, stride, before, dilation, low, high)
            for number in range(count)
        ]
        divisors = np.multiply.outer(divisors, taps)
    if sums.dtype.kind == "f":
        return np.asarray(sums / divisors.astype(sums.dtype))
    divisors = divisors.astype(np.uint64 if sums.dtype.kind == "u" else np.int64)
    quotients = sums // divisors
    return np.asarray(quotients + ((sums < 0) & (quotients * divisors != sums))).astype(sums.dtype)


def _sum_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype to add up in: half precision would lose what it adds."""
    return np.dtype("float32") if dtype == np.float16 else dtype


def _planes(x: Array, ndim: int) -> Array:
    return x.reshape(*x.shape[:-ndim], plane_size(x.shape[-ndim:]))


def _leading_indices(array: Array, trailing: int = 1) -> tuple[Array, ...]:
    """Return broadcastable indices of all axes but the last `trailing`."""
    lengths = array.shape[:-trailing]
    grids = np.ogrid[tuple(slice(length) for length in lengths)]
    return tuple(grid.reshape(grid.shape + (1,) * trailing) for grid in grids)


def _checked(positions: Array, size: int, wraps: bool) -> Array:
    places = positions.astype(np.int64)
    outside = (places < (-size if wraps else 0)) | (places >= size)
    if outside.any():
        raise PositionError(int(places[outside][0]), size)
    return np.where(places < 0, places + size, places)


def _lowest(dtype: np.dtype[Any]) -> Any:
    if dtype.kind == "f":
        return -np.inf
    return False if dtype.kind == "b" else np.iinfo(dtype).min
