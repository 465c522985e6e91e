"""Which elements linear interpolation reads, and how it weighs them, as arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pytensor_unpool.errors import TOO_MANY_ELEMENTS, LengthError
from pytensor_unpool.geometry.max_unpool import MOST_ELEMENTS
from pytensor_unpool.geometry.upsampling import offset, upsampled_length

Array = np.ndarray[Any, Any]


class LinearWeights(NamedTuple):
    """Where the elements of the longer axis lie: their neighbours, and the weight of each.

    On an element of the shorter axis, `high_weight` is zero.
    """

    low: Array
    high: Array
    low_weight: Array
    high_weight: Array


def linear_weights(length: int, axis: int, p: int, q: int) -> LinearWeights:
    """Return the neighbours, and their weights, of all elements of an axis p / q times as long.

    They are inside: 0 <= i * q <= length * p - 1, and 0 <= offset < p, so that `old` is at least
    -1 and at most length - 1. An empty axis has no new elements.
    """
    old, part = np.divmod(np.arange(checked_length(length, axis, p, q)) * q - offset(p), p)
    return LinearWeights(
        np.maximum(old, 0), np.minimum(old + 1, length - 1), (p - part) / p, part / p
    )


def checked_length(length: int, axis: int, p: int, q: int) -> int:
    """Return the length of the longer axis; raise `LengthError` where it does not fit an index."""
    if length > MOST_ELEMENTS // 2 // p:
        raise LengthError(TOO_MANY_ELEMENTS, axis, length)
    return int(upsampled_length(length, p, q))
