"""Linear interpolation along one axis in NumPy: the reference for the compiled kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytensor_unpool.errors import UPSAMPLED_DISAGREES
from pytensor_unpool.geometry.max_unpool import check_unpooled
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.linear_weights import (
    Array,
    LinearWeights,
    checked_length,
    linear_weights,
)


def interpolate(x: Array, axis: int, p: int, q: int) -> Array:
    """Make an axis p / q times as long."""
    at = linear_weights(x.shape[axis], axis, p, q)
    low_weight, high_weight = _weights(at, axis, x.dtype)
    low, high = np.take(x, at.low, axis), np.take(x, at.high, axis)
    # NaN and infinities do not spread where their weight is zero.
    with np.errstate(invalid="ignore"):
        return np.where(high_weight == 0, low, low * low_weight + high * high_weight)


def interpolate_input_grad(
    cotangent: Array, lengths: Sequence[int], axis: int, p: int, q: int
) -> Array:
    """Distribute the cotangent to the elements of an axis, by their weights."""
    check_unpooled(lengths)
    shape = list(cotangent.shape)
    shape[axis] = checked_length(lengths[0], axis, p, q)
    check_same_shape(cotangent, tuple(shape), UPSAMPLED_DISAGREES)
    shape[axis] = lengths[0]
    at = linear_weights(lengths[0], axis, p, q)
    low_weight, high_weight = _weights(at, axis, cotangent.dtype)
    x = np.zeros(shape, cotangent.dtype)
    along_first = np.moveaxis(x, axis, 0)
    with np.errstate(invalid="ignore"):
        for weight, index in ((low_weight, at.low), (high_weight, at.high)):
            shares = np.where(weight == 0, 0, cotangent * weight).astype(cotangent.dtype)
            np.add.at(along_first, index, np.moveaxis(shares, axis, 0))
    return x


def _weights(at: LinearWeights, axis: int, dtype: Any) -> list[Array]:
    """Return the weights in the dtype of the elements, along `axis`."""
    return [w.astype(dtype).reshape(-1, *[1] * (-axis - 1)) for w in at[2:]]
