"""Un-pooling to all maxima of a window, as old Theano's gradient, and gathering from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.support.oracle.max_pool import first_maximum
from tests.support.oracle.windows import Array, Rows, pooled_shape, windows_of


def tied_unpool(x: Array, cotangent: Array, rows: Rows, partial_windows: bool = False) -> Array:
    """Return old Theano's gradient: every maximum of a window gets its cotangent in full."""
    n = len(rows)
    out = np.zeros(x.shape, cotangent.dtype)
    for item in np.ndindex(*x.shape[:-n]):
        for index, places in windows_of(x.shape[-n:], rows, partial_windows):
            for place in maxima(x[item].reshape(-1).tolist(), places):
                out[item].reshape(-1)[place] += cotangent[item + index]
    return out


def tied_gather(x: Array, tangent: Array, rows: Rows, partial_windows: bool = False) -> Array:
    """Return the sum of the tangent over all maxima of every window."""
    n = len(rows)
    out = np.zeros(pooled_shape(x.shape, rows, partial_windows), tangent.dtype)
    for item in np.ndindex(*x.shape[:-n]):
        for index, places in windows_of(x.shape[-n:], rows, partial_windows):
            for place in maxima(x[item].reshape(-1).tolist(), places):
                out[item + index] += tangent[item].reshape(-1)[place]
    return out


def maxima(elements: Sequence[Any], places: Sequence[int]) -> list[int]:
    """Return the places of all elements that equal the maximum; none of a window with a NaN."""
    best = elements[first_maximum(elements, places)]
    return [place for place in places if elements[place] == best]
