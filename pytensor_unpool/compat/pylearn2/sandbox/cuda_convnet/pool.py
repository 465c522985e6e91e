"""Names of `pylearn2.sandbox.cuda_convnet.pool`: max-pooling in the c01b layout.

The gradient of a maximum goes in full to all elements that equal it, and adds up where windows
overlap. Unlike in the old code, a window that holds a NaN gives NaN, and one that holds only -inf
gives -inf.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool import ops
from pytensor_unpool.compat.errors import OldAssertionError
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.base_pool import (
    BasePool,
    c01b,
    ignore_outputs,
    one_number,
    pooled,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.rules import c01b_tensor, required
from pytensor_unpool.ops.check import equal, is_multiple

__all__ = ["MaxPool", "MaxPoolGrad", "MaxPoolRop", "max_pool_c01b"]

__getattr__, __dir__ = fall_back(__name__)


def max_pool_c01b(
    c01b: Any,
    pool_shape: Any,
    pool_stride: Any,
    image_shape: Any = None,
    start: int = 0,
    *,
    strict: bool | None = None,
) -> TensorVariable:
    """Take the maximum of every window of images.

    Parameters
    ----------
    c01b : tensor_like of shape (channels, rows, columns, batch)
    pool_shape, pool_stride : tuple of two ints
    image_shape : ignored
    start : int
    strict : bool, optional

    Returns
    -------
    tensor of shape (channels, window_rows, window_columns, batch)

    Examples
    --------
    >>> images = [[[[1.0], [3.0], [2.0]], [[0.0], [5.0], [4.0]]]]
    >>> max_pool_c01b(images, (2, 2), (1, 1)).eval()[0, :, :, 0].tolist()
    [[5.0, 5.0]]
    """
    if image_shape is not None:
        warnings.warn(
            "image_shape is ignored: the shape of the images is used.", UserWarning, stacklevel=2
        )
    ds, stride = one_number("pool_shape", pool_shape), one_number("pool_stride", pool_stride)
    return MaxPool(ds, stride, start, strict=strict)(c01b)


class MaxPool(BasePool):
    """``MaxPool(ds, stride, start)(images)``."""

    def __init__(
        self, ds: Any, stride: Any, start: Any = 0, outputs: Any = 0, *, strict: bool | None = None
    ) -> None:
        super().__init__(ds, stride, start, strict)
        ignore_outputs(outputs, self.strict)

    def __call__(self, images: Any) -> TensorVariable:
        """Return the maxima, of shape (channels, window_rows, window_columns, batch).

        >>> images = [[[[1.0], [3.0], [2.0]], [[0.0], [5.0], [4.0]], [[0.0], [0.0], [7.0]]]]
        >>> MaxPool(ds=2, stride=2)(images).eval()[0, :, :, 0].tolist()
        [[5.0, 4.0], [0.0, 7.0]]
        """
        images = self._images("images", images)
        return c01b(ops.MaxPool(self.windows, "all", "values")(self._inside(images)))


class MaxPoolGrad(BasePool):
    """``MaxPoolGrad(ds, stride, start)(images, maxout, gz)``, for un-pooling."""

    def __init__(self, ds: Any, stride: Any, start: Any = 0, *, strict: bool | None = None) -> None:
        super().__init__(ds, stride, start, strict)

    def __call__(self, images: Any, maxout: Any, gz: Any) -> TensorVariable:
        """Return zeros like images, with `gz` added wherever they equal their window's `maxout`.

        >>> images = np.ones((1, 3, 3, 1))
        >>> maxima = MaxPool(ds=2, stride=1)(images)
        >>> op = MaxPoolGrad(ds=2, stride=1, start=0)
        >>> op(images, maxima, pt.ones_like(maxima)).eval()[0, :, :, 0].tolist()
        [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
        """
        images = self._images("images", images)
        maxout = c01b_tensor("MaxPoolGrad", "maxout", maxout, self.strict)
        gz = c01b_tensor("MaxPoolGrad", "gz", gz, self.strict)
        if self.strict:
            gz = self._checked(images, maxout, gz)
        unpool = ops.TiedUnpool(self.windows)
        return self._whole(unpool(self._inside(images), pooled(maxout), pooled(gz)), images)

    def _checked(
        self, images: TensorVariable, maxout: TensorVariable, gz: TensorVariable
    ) -> TensorVariable:
        channels = images.type.shape[0]
        if channels is not None and channels % 16:
            raise OldAssertionError(
                f"images must have a multiple of 16 channels: got {channels}. Pass strict=False.",
                got=channels,
                wanted="a multiple of 16",
            )
        return required(
            gz,
            "MaxPoolGrad",
            (is_multiple(gz.shape[0], 16), "gz needs a multiple of 16 channels."),
            (equal(maxout.shape[1], maxout.shape[2]), "maxout must be square."),
        )


class MaxPoolRop(BasePool):
    """``MaxPoolRop(ds, stride, start)(images, evals)``: `evals` where images have their maxima.

    Of several maxima of a window, the last one counts.
    """

    def __init__(
        self, ds: Any, stride: Any, start: Any = 0, outputs: Any = 0, *, strict: bool | None = None
    ) -> None:
        super().__init__(ds, stride, start, strict)
        ignore_outputs(outputs, self.strict)

    def __call__(self, images: Any, evals: Any) -> TensorVariable:
        """Return the tangent, of shape (channels, window_rows, window_columns, batch)."""
        images, evals = self._images("images", images), self._images("evals", evals)
        x = self._inside(images)
        rows_of = ops.WindowsToRows(self.windows, "zeros")
        is_inside = pt.neq(rows_of(pt.ones_like(x, dtype="int8")), 0)
        rows = pt.switch(is_inside, rows_of(x), -np.inf)
        is_maximum = pt.ge(rows, rows.max(axis=-1, keepdims=True)).astype("int64")
        from_behind = pt.cumsum(is_maximum[..., ::-1], axis=-1)[..., ::-1]
        is_other = pt.neq(from_behind * is_maximum, 1)
        return c01b(pt.switch(is_other, 0, rows_of(self._inside(evals))).sum(axis=-1)).astype(
            evals.dtype
        )
