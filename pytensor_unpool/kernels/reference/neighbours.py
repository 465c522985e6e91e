"""Windows as rows in NumPy: short, obviously right, and what the other kernels are tested against.

`axes` is what `geometry.Windows.axes` returns; windowed axes are the last ``len(axes)``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytensor_unpool.errors import ROWS_DISAGREE
from pytensor_unpool.geometry.max_unpool import check_unpooled, plane_size
from pytensor_unpool.geometry.neighbours import check_taps
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.window_taps import Array, Axes, window_taps


def windows_to_rows(x: Array, axes: Axes, partial_windows: bool, border: str = "zeros") -> Array:
    """Return all taps of every window, flattened in C order along a new last axis."""
    check_taps(axes)
    lengths = x.shape[-len(axes) :]
    places, inside = window_taps(lengths, axes, partial_windows, border == "wrap")
    taps = x.reshape(*x.shape[: -len(axes)], plane_size(lengths))[..., places]
    return np.where(inside, taps, np.zeros((), x.dtype))


def rows_to_windows(
    rows: Array, shape: Sequence[int], axes: Axes, partial_windows: bool, border: str = "zeros"
) -> Array:
    """Return zeros of lengths `shape` with every tap added to its place."""
    check_unpooled(shape)
    check_taps(axes)
    places, inside = window_taps(shape, axes, partial_windows, border == "wrap")
    items = rows.shape[: -places.ndim]
    check_same_shape(rows, items + places.shape, ROWS_DISAGREE)
    # The taps of all items that go to one place, as entries of one index.
    out = np.zeros((plane_size(shape), *items), rows.dtype)
    taps = np.where(inside, rows, np.zeros((), rows.dtype))
    np.add.at(out, places, np.moveaxis(taps, range(len(items)), range(-len(items), 0)))
    return np.ascontiguousarray(np.moveaxis(out, 0, -1)).reshape(items + tuple(shape))
