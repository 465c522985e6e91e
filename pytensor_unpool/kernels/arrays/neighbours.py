"""Windows as rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from pytensor_unpool.errors import ROWS_DISAGREE
from pytensor_unpool.geometry.max_unpool import check_unpooled, plane_size
from pytensor_unpool.geometry.neighbours import check_taps
from pytensor_unpool.kernels.arrays.protocol import Array, Axes, Primitives
from pytensor_unpool.kernels.arrays.slices import take_flat
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.window_taps import window_taps


def windows_to_rows(
    xp: Primitives, x: Array, axes: Axes, partial_windows: bool, border: str = "zeros"
) -> Array:
    """Return all taps of every window, flattened in C order along a new last axis."""
    check_taps(axes)
    lengths = x.shape[-len(axes) :]
    places, inside = window_taps(lengths, axes, partial_windows, border == "wrap")
    is_tap = xp.constant(np.broadcast_to(inside, places.shape), "bool")
    return xp.where(is_tap, take_flat(xp, x, len(axes), places), xp.zero(x))


def rows_to_windows(
    xp: Primitives,
    rows: Array,
    shape: Sequence[int],
    axes: Axes,
    partial_windows: bool,
    border: str = "zeros",
) -> Array:
    """Return zeros of lengths `shape` with every tap added to its place."""
    check_unpooled(shape)
    check_taps(axes)
    places, inside = window_taps(shape, axes, partial_windows, border == "wrap")
    items = tuple(rows.shape[: -places.ndim])
    check_same_shape(rows, items + places.shape, ROWS_DISAGREE)
    if 0 in rows.shape:
        return xp.zeros((*items, *shape), rows)
    is_tap = xp.constant(np.broadcast_to(inside, places.shape), "bool")
    taps = xp.where(is_tap, rows, xp.zero(rows)).reshape(prod(items), places.size)
    index = np.broadcast_to(places.reshape(-1), (prod(items), places.size))
    added = xp.scatter_add(taps, xp.constant(index, "int64"), plane_size(shape))
    return added.reshape(*items, *shape)
