"""Where the taps of all windows lie, as one array: for the reference and the array backends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytensor_unpool.geometry.windows import AxisWindows, check_windows, pooled_lengths

Array = np.ndarray[Any, Any]
Axes = Sequence[AxisWindows]


def window_taps(
    lengths: Sequence[int], axes: Axes, partial_windows: bool, wraps: bool = False
) -> tuple[Array, Array]:
    """Return, for every window, where its taps lie in the flattened plane and which are inside.

    Both have the shape ``(*pooled_lengths, taps)``; taps outside are given a place inside. If an
    axis wraps around, its first element follows its last one, and all taps are inside.
    """
    check_windows(lengths, axes, partial_windows)
    counts = pooled_lengths(lengths, axes, partial_windows)
    ndim = len(axes)
    flat: Any = 0
    inside: Any = True
    for i, (length, count, axis) in enumerate(zip(lengths, counts, axes, strict=True)):
        starts = np.arange(count) * axis.stride - axis.before
        coordinate = starts[:, None] + np.arange(axis.window) * axis.dilation
        if wraps:
            coordinate %= length
        shape = [1] * (2 * ndim)
        shape[i], shape[ndim + i] = count, axis.window
        coordinate = coordinate.reshape(shape)
        flat = flat * length + coordinate.clip(0, length - 1)
        inside = inside & (coordinate >= 0) & (coordinate < length)
    return flat.reshape(*counts, -1), inside.reshape(*counts, -1)
