"""Pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from pytensor_unpool.errors import COTANGENT_DISAGREES
from pytensor_unpool.geometry import TAPS, TAPS_DTYPE
from pytensor_unpool.geometry.pool import lengths_of_pooled, taps_between
from pytensor_unpool.geometry.unpool import plane_size
from pytensor_unpool.kernels.blocks.filling import fill
from pytensor_unpool.kernels.blocks.slices import (
    MOST_SLICES,
    OFFSETS,
    Array,
    Rows,
    corners,
    counted,
    first_maximum,
    gathered_taps,
    lowest_of,
    maximum_of_axis,
    padded_axis,
    slices_of_axis,
    taps_of_axis,
)
from pytensor_unpool.kernels.reference import check_positions_dtype, check_same_shape, window_taps

# So many taps are compared one after the other; with more, each axis is pooled before the next.
MOST_TOGETHER = 16


def max_pool(
    xp: Any, x: Array, rows: Rows, partial_windows: bool, positions_dtype: str = "int64"
) -> tuple[Array, Array]:
    """Return the maximum of every window and its position, or the number of its tap."""
    lengths, counts = counted(x.shape[-len(rows) :], rows, partial_windows)
    if positions_dtype == TAPS:
        values, taps = _maxima(xp, x, lengths, counts, rows, True)
        return values, xp.astype(taps, TAPS_DTYPE)
    check_positions_dtype(lengths, positions_dtype)
    check_positions_dtype(lengths, OFFSETS)

    def compared(x: Array) -> tuple[Array, Array]:
        values, offsets = _maxima(xp, x, lengths, counts, rows, False)
        positions = offsets + xp.constant(corners(lengths, counts, rows), OFFSETS)
        return values, xp.astype(positions, positions_dtype)

    found = None if partial_windows else xp.max_pool(x, rows, True)
    if found is None:
        return compared(x)
    values, positions = found[0], xp.astype(found[1], positions_dtype)
    # A backend's own function need not give the first of several NaN.
    has_none = xp.all_of(values == values)
    return cast(tuple[Array, Array], xp.cond(has_none, lambda _: (values, positions), compared, x))


def max_values(xp: Any, x: Array, rows: Rows, partial_windows: bool) -> Array:
    """Return the maximum of every window."""
    counted(x.shape[-len(rows) :], rows, partial_windows)
    found = None if partial_windows else xp.max_pool(x, rows, False)
    return max_pool(xp, x, rows, partial_windows)[0] if found is None else found[0]


def _maxima(
    xp: Any,
    x: Array,
    lengths: Sequence[int],
    counts: Sequence[int],
    rows: Rows,
    counts_taps: bool,
) -> tuple[Array, Array]:
    """Return maxima, and how far they are from the first tap, or which tap they are."""
    below = [plane_size(lengths[i + 1 :]) for i in range(len(rows))]
    if counts_taps:
        below = [plane_size([row[0] for row in rows[i + 1 :]]) for i in range(len(rows))]
    steps = [b * (1 if counts_taps else row[4]) for b, row in zip(below, rows, strict=True)]
    if plane_size([row[0] for row in rows]) > MOST_TOGETHER:
        values, offsets = x, None
        # The last axis comes first: of several maxima the first in C order wins.
        for axis in range(-1, -len(rows) - 1, -1):
            values, offsets = maximum_of_axis(
                xp, values, offsets, axis, counts[axis], rows[axis], steps[axis]
            )
        return values, offsets
    lowest = lowest_of(xp.name_of(x))
    for axis in range(-len(rows), 0):
        x = padded_axis(xp, x, axis, counts[axis], rows[axis], lowest)
    taps, moved = [x], [0]
    for axis in range(-len(rows), 0):
        some = [slices_of_axis(tap, axis, counts[axis], rows[axis]) for tap in taps]
        taps = [tap for one in some for tap in one]
        moved = [m + k * steps[axis] for m in moved for k in range(rows[axis][0])]
    _, inside = window_taps(lengths, rows, True)
    inside = inside[tuple(slice(count) for count in counts)]
    offsets = [xp.constant(np.asarray(m), OFFSETS) for m in moved]
    return first_maximum(xp, taps, offsets, inside)


def pool(xp: Any, x: Array, rows: Rows, partial_windows: bool, mode: str) -> Array:
    """Return the sum of every window, or its average."""
    lengths, counts = counted(x.shape[-len(rows) :], rows, partial_windows)
    dtype = xp.name_of(x)
    sums = xp.astype(x, _sum_dtype(dtype))
    for axis in range(-1, -len(rows) - 1, -1):
        if rows[axis][0] > MOST_SLICES:
            sums = xp.sum_of(gathered_taps(xp, sums, axis, counts[axis], rows[axis], 0))
        else:
            taps = taps_of_axis(xp, sums, axis, counts[axis], rows[axis], 0)
            sums = sum(taps[1:], taps[0])
    return _averages(xp, xp.astype(sums, dtype), lengths, counts, rows, mode)


def pool_input_grad(
    xp: Any, cotangent: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool, mode: str
) -> Array:
    """Return the transpose of `pool`: what it weighs every element with, times `cotangent`."""
    dtype = xp.name_of(cotangent)
    leading = cotangent.shape[: -len(rows)]
    counts = lengths_of_pooled(lengths, rows, partial_windows)
    check_same_shape(cotangent, (*leading, *counts), COTANGENT_DISAGREES)
    if 0 in lengths:
        return xp.zeros((*leading, *lengths), cotangent)
    shares = _averages(xp, cotangent, lengths, counts, rows, mode)
    shares = xp.astype(shares, _sum_dtype(dtype))
    out = fill(xp, lengths, rows, lambda taps: taps >= 0, (shares,))
    return xp.astype(out, dtype)


def _averages(
    xp: Any,
    sums: Array,
    lengths: Sequence[int],
    counts: Sequence[int],
    rows: Rows,
    mode: str,
) -> Array:
    """Divide by the number of taps that each window has; integers are cut towards zero."""
    if mode == "sum":
        return sums
    divisors: Any = 1
    for length, count, (window, stride, before, after, dilation) in zip(
        lengths, counts, rows, strict=True
    ):
        low, high = (-before, length + after) if mode == "average_inc_pad" else (0, length)
        taps = [taps_between(n, window, stride, before, dilation, low, high) for n in range(count)]
        divisors = np.multiply.outer(divisors, taps)
    return xp.divide(sums, divisors)


def _sum_dtype(dtype: str) -> str:
    """Return the dtype to add up in: half precision would lose what it adds."""
    return "float32" if dtype == "float16" else dtype
