"""Maxima of windows, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.support.oracle.windows import Array, Rows, pooled_shape, windows_of


def max_pool(x: Array, rows: Rows, partial_windows: bool = False) -> tuple[Array, Array]:
    """Return the maximum of every window, and the place of the first element that is it."""
    n = len(rows)
    shape = pooled_shape(x.shape, rows, partial_windows)
    values, positions = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    windows = list(windows_of(x.shape[-n:], rows, partial_windows))
    for item in np.ndindex(*x.shape[:-n]):
        elements = x[item].reshape(-1).tolist()
        for index, places in windows:
            winner = first_maximum(elements, places)
            values[item + index] = x[item].reshape(-1)[winner]
            positions[item + index] = winner
    return values, positions


def first_maximum(elements: Sequence[Any], places: Sequence[int]) -> int:
    """Return the first NaN's place, else the first largest element's."""
    winner = places[0]
    for place in places:
        if elements[place] != elements[place]:
            return place
        if elements[place] > elements[winner]:
            winner = place
    return winner
