"""Un-pooling at positions, and its transpose, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytensor_unpool.errors import PositionError
from pytensor_unpool.geometry.max_unpool import check_unpooled, plane_size
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.reference.planes import Array, leading_indices, planes


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
    taken, where = planes(values, ndim), _checked(planes(positions, ndim), size, wraps)
    out = np.zeros((*values.shape[:-ndim], size), values.dtype)
    item = leading_indices(where)
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
    where = _checked(planes(positions, ndim), size, wraps)
    taken = np.take_along_axis(planes(x, ndim), where, -1)
    if duplicates == "last":
        taken = np.where(last_writers(where, size), taken, np.zeros((), x.dtype))
    return taken.reshape(positions.shape)


def last_writers(where: Array, size: int) -> Array:
    """Return which entries of each leading item no later entry repeats."""
    order = np.broadcast_to(np.arange(where.shape[-1]), where.shape)
    last = np.full((*where.shape[:-1], size), -1)
    np.maximum.at(last, (*leading_indices(where), where), order)
    return np.asarray(np.take_along_axis(last, where, -1) == order)


def _checked(positions: Array, size: int, wraps: bool) -> Array:
    places = positions.astype(np.int64)
    outside = (places < (-size if wraps else 0)) | (places >= size)
    if outside.any():
        raise PositionError(int(places[outside][0]), size)
    return np.where(places < 0, places + size, places)
