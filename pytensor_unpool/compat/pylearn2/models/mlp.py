"""Names of `pylearn2.models.mlp`: its poolings, whose last windows may reach beyond the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.signal.pool import Pool
from pytensor_unpool.errors import ArgumentError

__all__ = ["max_pool", "max_pool_c01b"]

__getattr__, __dir__ = fall_back(__name__)


def max_pool(
    bc01: Any,
    pool_shape: Sequence[int],
    pool_stride: Sequence[int],
    image_shape: Sequence[int],
    try_dnn: bool = True,
) -> TensorVariable:
    """Return the maxima of windows, so many that each row and column is in one.

    Parameters
    ----------
    bc01 : tensor of shape (batch, channels, rows, columns)
    pool_shape : two ints
        The lengths of the windows: at most those of the images.
    pool_stride : two ints
        At most `pool_shape`.
    image_shape : two ints
        The lengths of the images.
    try_dnn : ignored

    Returns
    -------
    tensor of shape (batch, channels, pooled rows, pooled columns)

    Convention
    ----------
    Every maximum of a window receives its full gradient.

    >>> import numpy as np
    >>> x = np.arange(5.0).reshape(1, 1, 1, 5)
    >>> max_pool(x, (1, 2), (1, 2), (1, 5)).eval().tolist()
    [[[[1.0, 3.0, 4.0]]]]
    """
    for length, window, stride in zip(image_shape, pool_shape, pool_stride, strict=True):
        if not 0 < stride <= window <= length:
            raise ArgumentError(
                f"a window must be at least as long as its stride, and at most as the image: got "
                f"pool_shape={pool_shape}, pool_stride={pool_stride}, image_shape={image_shape}.",
                got=(pool_shape, pool_stride, image_shape),
                wanted="stride <= window <= image",
            )
    lengths = (None, None, *(int(length) for length in image_shape))
    x = pt.specify_shape(pt.as_tensor_variable(bc01), lengths)
    return Pool(ignore_border=False)(x, tuple(pool_shape), tuple(pool_stride))


def max_pool_c01b(
    c01b: Any,
    pool_shape: Sequence[int],
    pool_stride: Sequence[int],
    image_shape: Sequence[int],
) -> TensorVariable:
    """Return what `max_pool` does, for tensors of shape (channels, rows, columns, batch)."""
    bc01 = pt.as_tensor_variable(c01b).dimshuffle(3, 0, 1, 2)
    return max_pool(bc01, pool_shape, pool_stride, image_shape).dimshuffle(1, 2, 3, 0)
