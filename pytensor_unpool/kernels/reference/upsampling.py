"""Linear interpolation along one axis in NumPy: what the compiled kernels are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pytensor_unpool.errors import TOO_MANY_ELEMENTS, UPSAMPLED_DISAGREES, LengthError
from pytensor_unpool.geometry.max_unpool import MOST_ELEMENTS, check_unpooled
from pytensor_unpool.geometry.upsampling import offset, upsampled_length
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.window_taps import Array


class Neighbours(NamedTuple):
    """Where the elements of the longer axis lie: their neighbours, and what they take of each.

    On an element of the shorter axis, `high_weight` is zero.
    """

    low: Array
    high: Array
    low_weight: Array
    high_weight: Array


def neighbours(length: int, axis: int, p: int, q: int) -> Neighbours:
    """Return the neighbours, and their weights, of all elements of an axis p / q times as long.

    They are inside: 0 <= i * q <= length * p - 1, and 0 <= offset < p, so that `old` is at least
    -1 and at most length - 1. An empty axis has no new elements.
    """
    old, part = np.divmod(np.arange(checked_length(length, axis, p, q)) * q - offset(p), p)
    return Neighbours(np.maximum(old, 0), np.minimum(old + 1, length - 1), (p - part) / p, part / p)


def checked_length(length: int, axis: int, p: int, q: int) -> int:
    """Return the length of the longer axis; raise `LengthError` where it does not fit an index."""
    if length > MOST_ELEMENTS // 2 // p:
        raise LengthError(TOO_MANY_ELEMENTS, axis, length)
    return int(upsampled_length(length, p, q))


def interpolate(x: Array, axis: int, p: int, q: int) -> Array:
    """Make an axis p / q times as long."""
    at = neighbours(x.shape[axis], axis, p, q)
    low_weight, high_weight = _weights(at, axis, x.dtype)
    low, high = np.take(x, at.low, axis), np.take(x, at.high, axis)
    # NaN and infinities stay away from where their weight is zero.
    with np.errstate(invalid="ignore"):
        return np.where(high_weight == 0, low, low * low_weight + high * high_weight)


def interpolate_input_grad(
    cotangent: Array, lengths: Sequence[int], axis: int, p: int, q: int
) -> Array:
    """Share the cotangent among the elements of an axis that it was made of."""
    check_unpooled(lengths)
    shape = list(cotangent.shape)
    shape[axis] = checked_length(lengths[0], axis, p, q)
    check_same_shape(cotangent, tuple(shape), UPSAMPLED_DISAGREES)
    shape[axis] = lengths[0]
    at = neighbours(lengths[0], axis, p, q)
    low_weight, high_weight = _weights(at, axis, cotangent.dtype)
    x = np.zeros(shape, cotangent.dtype)
    along_first = np.moveaxis(x, axis, 0)
    with np.errstate(invalid="ignore"):
        for weight, index in ((low_weight, at.low), (high_weight, at.high)):
            shares = np.where(weight == 0, 0, cotangent * weight).astype(cotangent.dtype)
            np.add.at(along_first, index, np.moveaxis(shares, axis, 0))
    return x


def _weights(at: Neighbours, axis: int, dtype: Any) -> list[Array]:
    """Return the weights in the dtype of the elements, along `axis`."""
    return [w.astype(dtype).reshape(-1, *[1] * (-axis - 1)) for w in at[2:]]
