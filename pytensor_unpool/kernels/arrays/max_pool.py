"""Max-pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from pytensor_unpool.geometry import TAPS_DTYPE
from pytensor_unpool.geometry.max_unpool import plane_size
from pytensor_unpool.kernels.arrays.protocol import Array, Axes, Primitives
from pytensor_unpool.kernels.arrays.slices import (
    OFFSETS,
    argmax_axis,
    argmax_taps,
    checked_counts,
    lowest_value,
    pad_axis,
    strided_slices,
    window_starts,
)
from pytensor_unpool.kernels.checks import check_positions_dtype
from pytensor_unpool.kernels.window_taps import window_taps

# Up to this many taps are compared one by one; with more, one axis is pooled after the other.
MOST_TOGETHER = 16


def max_pool(
    xp: Primitives,
    x: Array,
    axes: Axes,
    partial_windows: bool,
    output: str = "positions",
    dtype: str = "int64",
) -> tuple[Array, Array]:
    """Return the maximum of every window and its position, or the number of its tap."""
    lengths, counts = checked_counts(x.shape[-len(axes) :], axes, partial_windows)
    if output == "taps":
        values, taps = _maxima(xp, x, lengths, counts, axes, True)
        return values, xp.astype(taps, TAPS_DTYPE)
    check_positions_dtype(lengths, dtype)
    check_positions_dtype(lengths, OFFSETS)

    def compared(x: Array) -> tuple[Array, Array]:
        values, offsets = _maxima(xp, x, lengths, counts, axes, False)
        positions = offsets + xp.constant(window_starts(lengths, counts, axes), OFFSETS)
        return values, xp.astype(positions, dtype)

    found = None if partial_windows else xp.max_pool(x, axes, True)
    if found is None:
        return compared(x)
    values, positions = found[0], xp.astype(found[1], dtype)
    # A backend's own function need not give the first of several NaN.
    has_none = xp.reduce_all(values == values)
    return cast(tuple[Array, Array], xp.cond(has_none, lambda _: (values, positions), compared, x))


def max_values(xp: Primitives, x: Array, axes: Axes, partial_windows: bool) -> Array:
    """Return the maximum of every window."""
    checked_counts(x.shape[-len(axes) :], axes, partial_windows)
    found = None if partial_windows else xp.max_pool(x, axes, False)
    return max_pool(xp, x, axes, partial_windows)[0] if found is None else found[0]


def _maxima(
    xp: Primitives,
    x: Array,
    lengths: Sequence[int],
    counts: Sequence[int],
    axes: Axes,
    counts_taps: bool,
) -> tuple[Array, Array]:
    """Return maxima, and how far they are from the first tap, or which tap they are."""
    below = [plane_size(lengths[i + 1 :]) for i in range(len(axes))]
    if counts_taps:
        below = [plane_size([axis.window for axis in axes[i + 1 :]]) for i in range(len(axes))]
    steps = [b * (1 if counts_taps else axis.dilation) for b, axis in zip(below, axes, strict=True)]
    if plane_size([axis.window for axis in axes]) > MOST_TOGETHER:
        values, offsets = x, None
        # The last axis comes first: of several maxima the first in C order wins.
        for axis in range(-1, -len(axes) - 1, -1):
            values, offsets = argmax_axis(
                xp, values, offsets, axis, counts[axis], axes[axis], steps[axis]
            )
        return values, offsets
    lowest = lowest_value(xp.dtype_name(x))
    for axis in range(-len(axes), 0):
        x = pad_axis(xp, x, axis, counts[axis], axes[axis], lowest)
    taps, moved = [x], [0]
    for axis in range(-len(axes), 0):
        some = [strided_slices(tap, axis, counts[axis], axes[axis]) for tap in taps]
        taps = [tap for one in some for tap in one]
        moved = [m + k * steps[axis] for m in moved for k in range(axes[axis].window)]
    _, inside = window_taps(lengths, axes, True)
    inside = inside[tuple(slice(count) for count in counts)]
    offsets = [xp.constant(np.asarray(m), OFFSETS) for m in moved]
    return argmax_taps(xp, taps, offsets, inside)
