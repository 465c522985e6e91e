"""Sum and average pooling, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytensor_unpool.errors import COTANGENT_DISAGREES
from pytensor_unpool.geometry.pool import PoolMode
from pytensor_unpool.geometry.windows import lengths_of_pooled, taps_between
from pytensor_unpool.kernels.arrays.fold import fold
from pytensor_unpool.kernels.arrays.protocol import Array, Axes, Primitives
from pytensor_unpool.kernels.arrays.slices import (
    MOST_SLICES,
    checked_counts,
    gather_taps,
    tap_slices,
)
from pytensor_unpool.kernels.checks import check_same_shape


def pool(xp: Primitives, x: Array, axes: Axes, partial_windows: bool, mode: str) -> Array:
    """Return the sum of every window, or its average."""
    lengths, counts = checked_counts(x.shape[-len(axes) :], axes, partial_windows)
    dtype = xp.dtype_name(x)
    sums = xp.astype(x, _sum_dtype(dtype))
    for axis in range(-1, -len(axes) - 1, -1):
        if axes[axis].window > MOST_SLICES:
            sums = xp.reduce_sum(gather_taps(xp, sums, axis, counts[axis], axes[axis], 0))
        else:
            taps = tap_slices(xp, sums, axis, counts[axis], axes[axis], 0)
            sums = sum(taps[1:], taps[0])
    return _averages(xp, xp.astype(sums, dtype), lengths, counts, axes, mode)


def pool_input_grad(
    xp: Primitives,
    cotangent: Array,
    lengths: Sequence[int],
    axes: Axes,
    partial_windows: bool,
    mode: str,
) -> Array:
    """Return the transpose of `pool`: the weight of every element in it, times `cotangent`."""
    dtype = xp.dtype_name(cotangent)
    leading = cotangent.shape[: -len(axes)]
    counts = lengths_of_pooled(lengths, axes, partial_windows)
    check_same_shape(cotangent, (*leading, *counts), COTANGENT_DISAGREES)
    if 0 in lengths:
        return xp.zeros((*leading, *lengths), cotangent)
    shares = _averages(xp, cotangent, lengths, counts, axes, mode)
    shares = xp.astype(shares, _sum_dtype(dtype))
    out = fold(xp, lengths, axes, lambda taps: taps >= 0, (shares,))
    return xp.astype(out, dtype)


def _averages(
    xp: Primitives,
    sums: Array,
    lengths: Sequence[int],
    counts: Sequence[int],
    axes: Axes,
    mode: str,
) -> Array:
    """Divide by the number of taps that each window has; integers are truncated towards zero."""
    mode = PoolMode(mode)
    if not mode.is_average:
        return sums
    divisors: Any = 1
    for length, count, (window, stride, before, after, dilation) in zip(
        lengths, counts, axes, strict=True
    ):
        low, high = (-before, length + after) if mode.counts_padding else (0, length)
        taps = [taps_between(n, window, stride, before, dilation, low, high) for n in range(count)]
        divisors = np.multiply.outer(divisors, taps)
    return xp.divide(sums, divisors)


def _sum_dtype(dtype: str) -> str:
    """Return the dtype to accumulate in: half precision would lose small terms."""
    return "float32" if dtype == "float16" else dtype
