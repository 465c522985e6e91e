"""Un-pooling to every maximum of a window, and gathering from them."""

from __future__ import annotations

from pytensor_unpool.errors import MOVED_DISAGREES, POOLED_DISAGREE
from pytensor_unpool.kernels.arrays.fold import fold
from pytensor_unpool.kernels.arrays.protocol import Array, Axes, Primitives
from pytensor_unpool.kernels.arrays.slices import check_pooled, take_flat
from pytensor_unpool.kernels.checks import check_same_shape
from pytensor_unpool.kernels.window_taps import window_taps


def tied_unpool(
    xp: Primitives, x: Array, values: Array, cotangent: Array, axes: Axes, partial_windows: bool
) -> Array:
    """Return zeros like `x` with `cotangent` added to every element that is its window's value."""
    lengths = x.shape[-len(axes) :]
    check_pooled(values, lengths, axes, partial_windows, POOLED_DISAGREE)
    check_same_shape(values, tuple(x.shape[: -len(axes)]) + tuple(values.shape[-len(axes) :]))
    check_same_shape(cotangent, tuple(values.shape), MOVED_DISAGREES)

    def is_tied(number: Array, values: Array, x: Array) -> Array:
        return (x == values) & (number >= 0)

    return fold(xp, lengths, axes, is_tied, (cotangent, values), (x,))


def tied_gather(
    xp: Primitives, x: Array, values: Array, tangent: Array, axes: Axes, partial_windows: bool
) -> Array:
    """Return the sum of `tangent` over the elements of `x` that are their window's value."""
    lengths = x.shape[-len(axes) :]
    check_same_shape(tangent, tuple(x.shape), MOVED_DISAGREES)
    check_pooled(values, lengths, axes, partial_windows, POOLED_DISAGREE)
    check_same_shape(values, tuple(x.shape[: -len(axes)]) + tuple(values.shape[-len(axes) :]))
    flat, inside = window_taps(lengths, axes, partial_windows)
    hits = take_flat(xp, x, len(axes), flat) == values[..., None]
    hits = hits & xp.constant(inside, "bool")
    return xp.reduce_sum(xp.where(hits, take_flat(xp, tangent, len(axes), flat), xp.zero(tangent)))
