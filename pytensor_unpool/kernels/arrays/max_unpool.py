"""Un-pooling at positions, and gathering."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from pytensor_unpool.errors import POOLED_DISAGREE
from pytensor_unpool.geometry.max_unpool import check_unpooled, plane_size
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels.arrays.fold import flat_positions, fold, repeat_tiles, untile
from pytensor_unpool.kernels.arrays.protocol import Array, Axes, Primitives
from pytensor_unpool.kernels.arrays.slices import (
    OFFSETS,
    check_pooled,
    flatten_planes,
    window_starts,
)
from pytensor_unpool.kernels.checks import check_same_shape


def max_unpool(
    xp: Primitives,
    values: Array,
    positions: Array,
    shape: Sequence[int],
    duplicates: str,
    wraps: bool = False,
) -> Array:
    """Return zeros of lengths `shape` with `values` at `positions`; nothing for one outside.

    With `wraps`, negative positions count from the end.

    The output is cut into tiles, one for each value. Where every position is in its own tile, as
    after pooling without overlap, each tile is compared with its position. Otherwise values are
    scattered, as they are for sums if the backend scatters as fast as it would check positions.
    """
    check_unpooled(shape)
    check_same_shape(positions, tuple(values.shape))
    counts = values.shape[-len(shape) :]
    positions = _places(xp, positions, plane_size(shape), wraps)
    if 0 in values.shape:
        return xp.zeros((*values.shape[: -len(shape)], *shape), values)
    strides = [length // count for length, count in zip(shape, counts, strict=True)]

    def scattered(values: Array, positions: Array) -> Array:
        return _scattered(xp, values, positions, shape, duplicates)

    if 0 in strides or (duplicates == "sum" and xp.SCATTER_ADD_IS_FAST):
        return scattered(values, positions)
    axes = [AxisWindows(stride, stride, 0, 0, 1) for stride in strides]
    first = xp.constant(window_starts(shape, counts, axes), "int64")
    whole = [count * stride for count, stride in zip(counts, strides, strict=True)]

    def compared(values: Array, positions: Array) -> Array:
        placed = xp.max_unpool_tiles(values, positions, shape, strides)
        if placed is not None:
            return placed
        hits = repeat_tiles(xp, positions, strides) == flat_positions(xp, shape, whole, "int64")
        elements = xp.where(hits, repeat_tiles(xp, values, strides), xp.zero(values))
        return untile(xp, elements, values.shape[: -len(shape)], shape)

    in_tiles = xp.reduce_all(_in_tiles(xp, positions - first, shape, strides))
    return xp.cond(in_tiles, compared, scattered, values, positions)


def window_unpool(
    xp: Primitives,
    values: Array,
    positions: Array,
    shape: Sequence[int],
    axes: Axes,
    partial_windows: bool,
) -> Array:
    """Return zeros of lengths `shape` with `values` added at `positions`, each in its window."""
    check_unpooled(shape)
    check_same_shape(positions, tuple(values.shape))
    check_pooled(values, shape, axes, partial_windows, POOLED_DISAGREE)
    whole = [
        -(-length // axis.stride) * axis.stride for length, axis in zip(shape, axes, strict=True)
    ]

    def is_hit(_: Array, positions: Array) -> Array:
        return positions == flat_positions(xp, shape, whole, OFFSETS)

    return fold(xp, shape, axes, is_hit, (values, xp.astype(positions, OFFSETS)))


def max_gather(
    xp: Primitives,
    x: Array,
    positions: Array,
    ndim: int,
    duplicates: str = "sum",
    wraps: bool = False,
) -> Array:
    """Return the elements of `x` at `positions`, zero for one outside: transposes `max_unpool`."""
    check_same_shape(positions, tuple(x.shape[:-ndim]) + tuple(positions.shape[-ndim:]))
    if 0 in positions.shape:
        return xp.zeros(positions.shape, x)
    size = plane_size(x.shape[-ndim:])
    where = flatten_planes(_places(xp, positions, size, wraps), ndim)
    inside = (where >= 0) & (where < size)
    where = xp.where(inside, where, xp.zero(where))
    found = xp.take_along_last(flatten_planes(x, ndim), where)
    if duplicates == "last":
        outside = xp.constant(np.asarray(size), "int64")
        inside = inside & _is_last(xp, xp.where(inside, where, outside), size)
    return xp.where(inside, found, xp.zero(x)).reshape(positions.shape)


def _places(xp: Primitives, positions: Array, size: int, wraps: bool) -> Array:
    places = xp.astype(positions, "int64")
    return xp.where(places < 0, places + size, places) if wraps else places


def _in_tiles(xp: Primitives, rest: Array, lengths: Sequence[int], sizes: Sequence[int]) -> Array:
    """Return which offsets from the first element of a tile lead to one of its elements."""
    inside = rest >= 0
    for axis, size in enumerate(sizes):
        below = plane_size(lengths[axis + 1 :])
        steps = xp.floor_divide(rest, below) if below > 1 else rest
        inside = inside & (steps < size)
        rest = rest - steps * below
    return inside


def _scattered(
    xp: Primitives, values: Array, positions: Array, shape: Sequence[int], duplicates: str
) -> Array:
    size, leading = plane_size(shape), tuple(values.shape[: -len(shape)])
    number = prod(values.shape[-len(shape) :])
    values = values.reshape(prod(leading), number)
    where = positions.reshape(prod(leading), number)
    # Positions outside get a place beyond the last one.
    outside = xp.constant(np.asarray(size), "int64")
    where = xp.where((where >= 0) & (where < size), where, outside)
    if duplicates == "sum":
        out = xp.scatter_add(values, where, size + 1)[:, :size]
        return out.reshape(*leading, *shape)
    last = xp.scatter_last(where, size + 1)[:, :size]
    found = xp.take_along_last(values, xp.where(last >= 0, last, xp.zero(last)))
    return xp.where(last >= 0, found, xp.zero(values)).reshape(*leading, *shape)


def _is_last(xp: Primitives, where: Array, size: int) -> Array:
    """Return which entries no later entry repeats."""
    flat = where.reshape(prod(where.shape[:-1]), where.shape[-1])
    order = xp.constant(np.arange(where.shape[-1]), "int64")
    last = xp.take_along_last(xp.scatter_last(flat, size + 1), flat)
    return (last == order).reshape(where.shape)
