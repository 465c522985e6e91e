"""Un-pooling to the taps of windows, and gathering from them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from pytensor_unpool.errors import POOLED_DISAGREE
from pytensor_unpool.geometry.max_unpool import check_unpooled, plane_size
from pytensor_unpool.kernels.arrays.fold import fold
from pytensor_unpool.kernels.arrays.protocol import Array, Primitives, Rows
from pytensor_unpool.kernels.arrays.slices import check_pooled, flatten_planes
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.window_taps import window_taps


def tap_unpool(
    xp: Primitives,
    values: Array,
    taps: Array,
    shape: Sequence[int],
    rows: Rows,
    partial_windows: bool,
) -> Array:
    """Return zeros of lengths `shape` with each window's value at its tap."""
    check_unpooled(shape)
    check_same_shape(taps, tuple(values.shape))
    check_pooled(taps, shape, rows, partial_windows, POOLED_DISAGREE)
    if xp.SCATTER_ADD_IS_FAST:
        leading, ndim = tuple(taps.shape[: -len(rows)]), len(rows)
        places, is_tap = _places(xp, taps, shape, rows, partial_windows)
        added = xp.where(is_tap, values, xp.zero(values))
        added, places = (x.reshape(prod(leading), prod(x.shape[-ndim:])) for x in (added, places))
        return xp.scatter_add(added, places, plane_size(shape)).reshape(*leading, *shape)

    def is_hit(number: Array, taps: Array) -> Array:
        return xp.astype(taps, "int32") == number

    return fold(xp, shape, rows, is_hit, (values, taps))


def tap_gather(xp: Primitives, x: Array, taps: Array, rows: Rows, partial_windows: bool) -> Array:
    """Return the element of `x` at each window's tap: the transpose of `tap_unpool`."""
    lengths = x.shape[-len(rows) :]
    check_same_shape(taps, tuple(x.shape[: -len(rows)]) + tuple(taps.shape[-len(rows) :]))
    check_pooled(taps, lengths, rows, partial_windows, POOLED_DISAGREE)
    places, is_tap = _places(xp, taps, lengths, rows, partial_windows)
    found = xp.take_along_last(flatten_planes(x, len(rows)), flatten_planes(places, len(rows)))
    return xp.where(is_tap, found.reshape(taps.shape), xp.zero(x))


def _places(
    xp: Primitives, taps: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool
) -> tuple[Array, Array]:
    """Return where in their planes taps are, and which are in them; the others are anywhere."""
    flat, inside = window_taps(lengths, rows, partial_windows)
    size = flat.shape[-1]
    taps = xp.astype(taps, "int64")
    number = xp.where(taps < size, taps, xp.zero(taps))
    window = np.arange(flat[..., 0].size).reshape(flat.shape[:-1]) * size
    entry = number + xp.constant(window, "int64")
    is_tap = xp.constant(inside.reshape(-1), "bool")[entry] & (taps < size)
    return xp.constant(flat.reshape(-1), "int64")[entry], is_tap
