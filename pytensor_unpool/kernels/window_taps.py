"""Where the taps of all windows lie, as one array: for the reference and the array backends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytensor_unpool.geometry.windows import Row, check_windows, pooled_lengths

Array = np.ndarray[Any, Any]
Rows = Sequence[Row]


def window_taps(
    lengths: Sequence[int], rows: Rows, partial_windows: bool, wraps: bool = False
) -> tuple[Array, Array]:
    """Return, for every window, where its taps lie in the flattened plane and which are inside.

    Both have the shape ``(*pooled_lengths, taps)``; taps outside are given a place inside. If an
    axis wraps around, its first element follows its last one, and all taps are inside.
    """
    check_windows(lengths, rows, partial_windows)
    counts = pooled_lengths(lengths, rows, partial_windows)
    ndim = len(rows)
    flat: Any = 0
    inside: Any = True
    for axis, (length, count, row) in enumerate(zip(lengths, counts, rows, strict=True)):
        window, stride, before, _, dilation = row
        starts = np.arange(count) * stride - before
        coordinate = starts[:, None] + np.arange(window) * dilation
        if wraps:
            coordinate %= length
        spread = [1] * (2 * ndim)
        spread[axis], spread[ndim + axis] = count, window
        coordinate = coordinate.reshape(spread)
        flat = flat * length + coordinate.clip(0, length - 1)
        inside = inside & (coordinate >= 0) & (coordinate < length)
    return flat.reshape(*counts, -1), inside.reshape(*counts, -1)
