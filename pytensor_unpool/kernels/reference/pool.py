"""Sum and average pooling, and its transpose, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytensor_unpool.errors import COTANGENT_DISAGREES
from pytensor_unpool.geometry.max_unpool import plane_size
from pytensor_unpool.geometry.pool import PoolMode
from pytensor_unpool.geometry.windows import lengths_of_pooled, pooled_lengths, taps_between
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.reference.planes import leading_indices, planes, sum_dtype
from pytensor_unpool.kernels.window_taps import Array, Axes, window_taps


def pool(x: Array, axes: Axes, partial_windows: bool, mode: str) -> Array:
    """Return the sum of every window, or its average."""
    flat, inside = window_taps(x.shape[-len(axes) :], axes, partial_windows)
    taps = np.where(inside, planes(x, len(axes))[..., flat], np.zeros((), x.dtype))
    # Infinities of both signs, and overflow, give no warning.
    with np.errstate(invalid="ignore", over="ignore"):
        sums = taps.sum(-1, dtype=sum_dtype(x.dtype)).astype(x.dtype)
    return _averages(sums, x.shape[-len(axes) :], axes, partial_windows, mode)


def pool_input_grad(
    cotangent: Array, lengths: Sequence[int], axes: Axes, partial_windows: bool, mode: str
) -> Array:
    """Return the transpose of `pool`: the weight of every element in it, times `cotangent`."""
    leading = cotangent.shape[: -len(axes)]
    counts = lengths_of_pooled(lengths, axes, partial_windows)
    check_same_shape(cotangent, (*leading, *counts), COTANGENT_DISAGREES)
    if 0 in lengths:
        return np.zeros((*leading, *lengths), cotangent.dtype)
    flat, inside = window_taps(lengths, axes, partial_windows)
    shares = _averages(cotangent, lengths, axes, partial_windows, mode)
    out = np.zeros((*leading, plane_size(lengths)), sum_dtype(cotangent.dtype))
    weights = np.where(inside, shares[..., None], np.zeros((), shares.dtype))
    items = leading_indices(weights, flat.ndim)
    with np.errstate(invalid="ignore", over="ignore"):
        np.add.at(out, (*items, np.broadcast_to(flat, weights.shape)), weights)
        return out.reshape(*leading, *lengths).astype(cotangent.dtype)


def _averages(
    sums: Array, lengths: Sequence[int], axes: Axes, partial_windows: bool, mode: str
) -> Array:
    """Divide by the number of taps of each window; as in C, integers are truncated towards zero."""
    mode = PoolMode(mode)
    if not mode.is_average:
        return sums
    counts = pooled_lengths(lengths, axes, partial_windows)
    divisors: Any = 1
    for length, count, axis in zip(lengths, counts, axes, strict=True):
        low, high = (-axis.before, length + axis.after) if mode.counts_padding else (0, length)
        taps = [
            taps_between(number, axis.window, axis.stride, axis.before, axis.dilation, low, high)
            for number in range(count)
        ]
        divisors = np.multiply.outer(divisors, taps)
    if sums.dtype.kind == "f":
        return np.asarray(sums / divisors.astype(sums.dtype))
    divisors = divisors.astype(np.uint64 if sums.dtype.kind == "u" else np.int64)
    quotients = sums // divisors
    return np.asarray(quotients + ((sums < 0) & (quotients * divisors != sums))).astype(sums.dtype)
