"""Linear interpolation along one axis, and its transpose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytensor_unpool.errors import UPSAMPLED_DISAGREES
from pytensor_unpool.geometry.max_unpool import check_unpooled
from pytensor_unpool.kernels.arrays.protocol import Array, Known, Primitives
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.linear_weights import checked_length, linear_weights


def interpolate(xp: Primitives, x: Array, axis: int, p: int, q: int) -> Array:
    """Make an axis, counted from the last, p / q times as long."""
    at = linear_weights(x.shape[axis], axis, p, q)
    terms = np.stack([at.low, at.high], 1), np.stack([at.low_weight, at.high_weight], 1)
    return _sum_of_terms(xp, x, axis, *terms)


def interpolate_input_grad(
    xp: Primitives, cotangent: Array, lengths: Sequence[int], axis: int, p: int, q: int
) -> Array:
    """Distribute the cotangent to the elements of an axis, by their weights.

    Each of these gathers its shares, so that nothing is scattered.
    """
    check_unpooled(lengths)
    (length,) = lengths
    shape = list(cotangent.shape)
    shape[axis] = checked_length(length, axis, p, q)
    check_same_shape(cotangent, tuple(shape), UPSAMPLED_DISAGREES)
    at = linear_weights(length, axis, p, q)
    elements = np.concatenate([at.low, at.high])
    weights = np.concatenate([at.low_weight, at.high_weight])
    order = np.argsort(elements, kind="stable")
    order = order[weights[order] != 0]
    elements, weights = elements[order], weights[order]
    ranks = np.arange(len(elements)) - np.searchsorted(elements, elements)
    sources = np.zeros((length, max(ranks, default=0) + 1), np.int64)
    shares = np.zeros(sources.shape)
    sources[elements, ranks], shares[elements, ranks] = order % max(shape[axis], 1), weights
    return _sum_of_terms(xp, cotangent, axis, sources, shares)


def _sum_of_terms(xp: Primitives, x: Array, axis: int, sources: Known, weights: Known) -> Array:
    """Return an axis with the sum of each row of weights times the elements at its sources.

    NaN and infinities do not spread where their weight is zero.
    """
    if 0 in x.shape or not len(sources):
        shape = list(x.shape)
        shape[axis] = len(sources)
        return xp.zeros(shape, x)
    terms = []
    for source, weight in zip(sources.T, weights.T, strict=True):
        column = xp.constant(weight.reshape(-1, *[1] * (-axis - 1)), xp.dtype_name(x))
        term = xp.take(x, axis, source) * column
        terms.append(term if weight.all() else xp.where(column != 0, term, xp.zero(x)))
    return sum(terms[1:], terms[0])
