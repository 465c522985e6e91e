"""Un-pooling to every maximum of a window, and its transpose, in NumPy."""

from __future__ import annotations

import numpy as np

from pytensor_unpool.errors import MOVED_DISAGREES, POOLED_DISAGREE
from pytensor_unpool.geometry.max_unpool import plane_size
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.reference.planes import leading_indices, planes
from pytensor_unpool.kernels.window_taps import Array, Axes, window_taps


def tied_unpool(
    x: Array, values: Array, cotangent: Array, axes: Axes, partial_windows: bool
) -> Array:
    """Return zeros like `x` with `cotangent` added to every element that is its window's value."""
    flat, _ = window_taps(x.shape[-len(axes) :], axes, partial_windows)
    tied = _tied(x, values, axes, partial_windows)
    check_same_shape(cotangent, values.shape, MOVED_DISAGREES)
    out = np.zeros((*x.shape[: -len(axes)], plane_size(x.shape[-len(axes) :])), cotangent.dtype)
    index = (*leading_indices(tied, flat.ndim), np.broadcast_to(flat, tied.shape))
    np.add.at(out, index, np.where(tied, cotangent[..., None], 0))
    return out.reshape(x.shape)


def tied_gather(
    x: Array, values: Array, tangent: Array, axes: Axes, partial_windows: bool
) -> Array:
    """Return the sum of `tangent` over the elements of `x` that are their window's value."""
    check_same_shape(tangent, x.shape, MOVED_DISAGREES)
    flat, _ = window_taps(x.shape[-len(axes) :], axes, partial_windows)
    tied = _tied(x, values, axes, partial_windows)
    taps = planes(tangent, len(axes))[..., flat]
    return np.where(tied, taps, np.zeros((), tangent.dtype)).sum(-1, dtype=tangent.dtype)


def _tied(x: Array, values: Array, axes: Axes, partial_windows: bool) -> Array:
    flat, inside = window_taps(x.shape[-len(axes) :], axes, partial_windows)
    check_same_shape(values, x.shape[: -len(axes)] + flat.shape[:-1], POOLED_DISAGREE)
    return inside & (planes(x, len(axes))[..., flat] == values[..., None])
