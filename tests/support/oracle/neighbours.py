"""Windows as rows of taps, and back."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from tests.support.oracle.windows import Array, Rows, taps_of


def windows_to_rows(x: Array, rows: Rows, partial_windows: bool, border: str) -> Array:
    """Return all taps of every window along a new last axis."""
    n = len(rows)
    shape, taps = taps_of(x.shape[-n:], rows, partial_windows, border)
    out = np.zeros((*x.shape[:-n], *shape), x.dtype)
    for item in np.ndindex(*x.shape[:-n]):
        for index, place in taps:
            out[item + index] = x[item].reshape(-1)[place]
    return out


def rows_to_windows(
    taken: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool, border: str
) -> Array:
    """Return zeros of these lengths with every tap added to its place."""
    shape, taps = taps_of(lengths, rows, partial_windows, border)
    items = taken.shape[: taken.ndim - len(shape)]
    out = np.zeros((*items, prod(lengths)), taken.dtype)
    for item in np.ndindex(*items):
        for index, place in taps:
            out[(*item, place)] += taken[item + index]
    return out.reshape(*items, *lengths)
