"""Places of taps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.support.oracle.windows import Array, Rows, taps_of


def places_of_taps(
    taps: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool = False
) -> Array:
    """Return the flat place of each window's tap, -1 where it has none of that number inside."""
    held = dict(taps_of(lengths, rows, partial_windows, "zeros")[1])
    places = np.full(taps.shape, -1, np.int64)
    for index in np.ndindex(*taps.shape):
        window = index[taps.ndim - len(rows) :]
        places[index] = held.get((*window, int(taps[index])), -1)
    return places
