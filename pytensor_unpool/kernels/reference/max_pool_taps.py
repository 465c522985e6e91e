"""Un-pooling to the taps of windows, and its transpose, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytensor_unpool.errors import POOLED_DISAGREE
from pytensor_unpool.geometry.max_unpool import check_unpooled, plane_size
from pytensor_unpool.geometry.windows import check_windows, pooled_lengths
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.reference.planes import leading_indices, planes
from pytensor_unpool.kernels.window_taps import Array, Axes, window_taps


def tap_unpool(
    values: Array, taps: Array, shape: Sequence[int], axes: Axes, partial_windows: bool
) -> Array:
    """Return zeros of lengths `shape` with each window's value at its tap.

    A number that is no tap of its window inside the axes stands for no element.
    """
    check_unpooled(shape)
    check_same_shape(taps, values.shape)
    where, inside = _tap_places(taps, shape, axes, partial_windows)
    out = np.zeros((*values.shape[: -len(axes)], plane_size(shape)), values.dtype)
    index = (*leading_indices(where, len(axes)), where)
    np.add.at(out, index, np.where(inside, values, np.zeros((), values.dtype)))
    return out.reshape(*values.shape[: -len(axes)], *shape)


def tap_gather(x: Array, taps: Array, axes: Axes, partial_windows: bool) -> Array:
    """Return the element of `x` at each window's tap: the transpose of `tap_unpool`."""
    check_same_shape(taps, x.shape[: -len(axes)] + taps.shape[-len(axes) :])
    where, inside = _tap_places(taps, x.shape[-len(axes) :], axes, partial_windows)
    index = (*leading_indices(where, len(axes)), where)
    return np.where(inside, planes(x, len(axes))[index], np.zeros((), x.dtype))


def _tap_places(
    taps: Array, lengths: Sequence[int], axes: Axes, partial_windows: bool
) -> tuple[Array, Array]:
    """Return where each window's tap lies in the flattened plane, and whether it lies inside."""
    check_windows(lengths, axes, partial_windows)
    counts = tuple(pooled_lengths(lengths, axes, partial_windows))
    check_same_shape(taps, taps.shape[: -len(axes)] + counts, POOLED_DISAGREE)
    flat, inside = window_taps(lengths, axes, partial_windows)
    tap = taps[..., None].astype(np.int64).clip(max=flat.shape[-1] - 1)
    places, is_inside = (
        np.take_along_axis(np.broadcast_to(a, (*taps.shape, flat.shape[-1])), tap, -1)[..., 0]
        for a in (flat, inside)
    )
    return places, is_inside & (taps < flat.shape[-1])
