"""Un-pooling to the taps of windows, and gathering from them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from pytensor_unpool.errors import POOLED_DISAGREE
from pytensor_unpool.geometry.max_unpool import check_unpooled, plane_size
from pytensor_unpool.kernels.arrays.fold import fold
from pytensor_unpool.kernels.arrays.protocol import Array, Axes, Primitives
from pytensor_unpool.kernels.arrays.slices import check_pooled, flatten_planes
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.window_taps import window_taps


def tap_unpool(
    xp: Primitives,
    values: Array,
    taps: Array,
    shape: Sequence[int],
    axes: Axes,
    partial_windows: bool,
) -> Array:
    """Return zeros of lengths `shape` with each window's value at its tap."""
    check_unpooled(shape)
    check_same_shape(taps, tuple(values.shape))
    check_pooled(taps, shape, axes, partial_windows, POOLED_DISAGREE)
    if xp.SCATTER_ADD_IS_FAST:
        leading, ndim = tuple(taps.shape[: -len(axes)]), len(axes)
        places, is_tap = _places(xp, taps, shape, axes, partial_windows)
        added = xp.where(is_tap, values, xp.zero(values))
        added, places = (x.reshape(prod(leading), prod(x.shape[-ndim:])) for x in (added, places))
        return xp.scatter_add(added, places, plane_size(shape)).reshape(*leading, *shape)

    def is_hit(number: Array, taps: Array) -> Array:
        return xp.astype(taps, "int32") == number

    return fold(xp, shape, axes, is_hit, (values, taps))


def tap_gather(xp: Primitives, x: Array, taps: Array, axes: Axes, partial_windows: bool) -> Array:
    """Return the element of `x` at each window's tap: the transpose of `tap_unpool`."""
    lengths = x.shape[-len(axes) :]
    check_same_shape(taps, tuple(x.shape[: -len(axes)]) + tuple(taps.shape[-len(axes) :]))
    check_pooled(taps, lengths, axes, partial_windows, POOLED_DISAGREE)
    places, is_tap = _places(xp, taps, lengths, axes, partial_windows)
    found = xp.take_along_last(flatten_planes(x, len(axes)), flatten_planes(places, len(axes)))
    return xp.where(is_tap, found.reshape(taps.shape), xp.zero(x))


def _places(
    xp: Primitives, taps: Array, lengths: Sequence[int], axes: Axes, partial_windows: bool
) -> tuple[Array, Array]:
    """Return the places of taps in their planes, and which are inside; those of others vary."""
    flat, inside = window_taps(lengths, axes, partial_windows)
    size = flat.shape[-1]
    taps = xp.astype(taps, "int64")
    number = xp.where(taps < size, taps, xp.zero(taps))
    window = np.arange(flat[..., 0].size).reshape(flat.shape[:-1]) * size
    entry = number + xp.constant(window, "int64")
    is_tap = xp.constant(inside.reshape(-1), "bool")[entry] & (taps < size)
    return xp.constant(flat.reshape(-1), "int64")[entry], is_tap
