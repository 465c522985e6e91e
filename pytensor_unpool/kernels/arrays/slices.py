"""From elements to windows: each tap of all windows of an axis is a strided slice."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from pytensor_unpool.geometry.windows import AxisWindows, check_windows, pooled_lengths
from pytensor_unpool.kernels.arrays.protocol import Array, Axes, Known, Primitives
from pytensor_unpool.kernels.checks import check_same_shape

# Of offsets of a tap in its window and of a window in its plane. Larger planes are an error.
OFFSETS = "int32"

# More taps than these on an axis are gathered and reduced together.
MOST_SLICES = 64


def pad_axis(
    xp: Primitives, x: Array, axis: int, count: int, windows: AxisWindows, fill: Any
) -> Array:
    """Pad an axis with `fill` as far as its windows reach beyond it."""
    window, stride, before, _, dilation = windows
    last = (count - 1) * stride + (window - 1) * dilation
    after = max(0, last + 1 - before - x.shape[axis])
    return xp.pad(x, axis, before, after, fill) if before > 0 or after > 0 else x


def strided_slices(x: Array, axis: int, count: int, windows: AxisWindows) -> list[Array]:
    """Return, for each tap, the elements of all windows of a padded axis: one slice per tap."""
    window, stride, _, _, dilation = windows
    starts = [k * dilation for k in range(window)]
    return [x[index_axis(axis, slice(s, s + (count - 1) * stride + 1, stride))] for s in starts]


def tap_slices(
    xp: Primitives, x: Array, axis: int, count: int, windows: AxisWindows, fill: Any
) -> list[Array]:
    """Return, for each tap, the elements of all windows of an axis; `fill` for those outside."""
    return strided_slices(pad_axis(xp, x, axis, count, windows, fill), axis, count, windows)


def gather_taps(
    xp: Primitives, x: Array, axis: int, count: int, windows: AxisWindows, fill: Any
) -> Array:
    """Return the taps of all windows of an axis, along a new last one."""
    places, inside = _places(x.shape[axis], count, windows)
    taps = xp.moveaxis(xp.take(x, axis, places.clip(0, x.shape[axis] - 1)), axis, -1)
    is_tap = xp.constant(inside.reshape(count, *[1] * (-axis - 1), windows.window), "bool")
    return xp.where(is_tap, taps, xp.constant(np.asarray(fill), xp.dtype_name(x)))


def argmax_axis(
    xp: Primitives,
    values: Array,
    offsets: Array | None,
    axis: int,
    count: int,
    windows: AxisWindows,
    step: int,
) -> tuple[Array, Array]:
    """Return the maximum of every window of an axis, and the offset of the tap that won.

    The offset grows by `step` from tap to tap, and begins with the one in `offsets`, if given.
    """
    _, inside = _places(values.shape[axis], count, windows)
    lowest = lowest_value(xp.dtype_name(values))
    if windows.window > MOST_SLICES:
        return _argmax_gathered(xp, values, offsets, axis, count, windows, step, inside, lowest)
    taps = tap_slices(xp, values, axis, count, windows, lowest)
    steps = [xp.constant(np.asarray(k * step), OFFSETS) for k in range(windows.window)]
    if offsets is not None:
        earlier = tap_slices(xp, offsets, axis, count, windows, 0)
        steps = [one + more for one, more in zip(earlier, steps, strict=True)]
    return argmax_taps(xp, taps, steps, inside.reshape(count, *[1] * (-axis - 1), windows.window))


def argmax_taps(
    xp: Primitives, taps: Sequence[Array], offsets: Sequence[Array], inside: Known
) -> tuple[Array, Array]:
    """Return the first maximum of the taps that are inside, and its offset.

    The first NaN wins. Padding never does, not even over elements as low as it.
    """
    dtype = xp.dtype_name(taps[0])
    best, winner = taps[0], offsets[0]
    for value, offset in zip(taps[1:], offsets[1:], strict=True):
        better = ~(value <= best) & (best == best) if is_float(dtype) else value > best
        best = xp.where(better, value, best)
        winner = xp.where(better, offset, winner)
    if not inside.all():
        # Where padding won, all elements are as low as padding: the first of them is the maximum.
        first = offsets[0]
        for k in range(1, len(offsets)):
            is_first = inside[..., k] & ~inside[..., :k].any(-1)
            first = xp.where(xp.constant(is_first, "bool"), offsets[k], first)
        lowest = xp.constant(np.asarray(lowest_value(dtype)), dtype)
        winner = xp.where(best == lowest, first, winner)
    return best, xp.broadcast_to(winner, best.shape)


def _argmax_gathered(
    xp: Primitives,
    values: Array,
    offsets: Array | None,
    axis: int,
    count: int,
    windows: AxisWindows,
    step: int,
    inside: Known,
    lowest: Any,
) -> tuple[Array, Array]:
    taps = gather_taps(xp, values, axis, count, windows, lowest)
    hits = (taps == xp.reduce_max(taps)[..., None]) | (taps != taps)
    is_tap = xp.constant(inside.reshape(count, *[1] * (-axis - 1), windows.window), "bool")
    numbers = xp.constant(np.arange(windows.window), "int64")
    beyond = xp.constant(np.asarray(windows.window), "int64")
    first = xp.reduce_min(xp.where(hits & is_tap, numbers, beyond))[..., None]
    moved = xp.astype(first[..., 0] * step, OFFSETS)
    if offsets is not None:
        earlier = gather_taps(xp, offsets, axis, count, windows, 0)
        moved = moved + xp.take_along_last(earlier, first)[..., 0]
    return xp.take_along_last(taps, first)[..., 0], moved


def _places(length: int, count: int, windows: AxisWindows) -> tuple[Known, Known]:
    """Return where each window's taps lie on an axis, and which of them are inside."""
    window, stride, before, _, dilation = windows
    places = np.arange(count)[:, None] * stride - before + np.arange(window) * dilation
    return places, (places >= 0) & (places < length)


def is_float(dtype: str) -> bool:
    """Return whether a dtype is one of floating point."""
    return dtype.startswith(("float", "bfloat"))


def lowest_value(dtype: str) -> Any:
    """Return the lowest element that a dtype has."""
    if is_float(dtype):
        return -np.inf
    return False if dtype == "bool" else int(np.iinfo(dtype).min)


def window_starts(lengths: Sequence[int], counts: Sequence[int], axes: Axes) -> Known:
    """Return where, in the flattened plane, the first tap of each window would be."""
    places: Any = 0
    for length, count, windows in zip(lengths, counts, axes, strict=True):
        starts = np.arange(count) * windows.stride - windows.before
        places = np.add.outer(np.asarray(places) * length, starts)
    return np.asarray(places)


def checked_counts(
    lengths: Sequence[int], axes: Axes, partial_windows: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the lengths of axes, and how many windows each has; check them."""
    check_windows(lengths, axes, partial_windows)
    return tuple(lengths), tuple(pooled_lengths(lengths, axes, partial_windows))


def check_pooled(
    pooled: Array, lengths: Sequence[int], axes: Axes, partial_windows: bool, kind: int
) -> None:
    """Raise `LengthError` where an array does not have one entry for each window."""
    _, counts = checked_counts(lengths, axes, partial_windows)
    check_same_shape(pooled, tuple(pooled.shape[: -len(axes)]) + counts, kind)


def flatten_planes(x: Array, ndim: int) -> Array:
    """Flatten the last `ndim` axes."""
    return x.reshape(*x.shape[:-ndim], prod(x.shape[-ndim:]))


def take_flat(xp: Primitives, x: Array, ndim: int, places: Known) -> Array:
    """Return the elements at known places of the flattened plane."""
    return xp.take(flatten_planes(x, ndim), -1, places)


def index_axis(axis: int, some: slice) -> tuple[Any, ...]:
    """Return the index that takes a slice of an axis, which is counted from the last."""
    return (..., some, *[slice(None)] * (-axis - 1))
