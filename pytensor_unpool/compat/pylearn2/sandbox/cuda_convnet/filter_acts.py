"""Names of `pylearn2.sandbox.cuda_convnet.filter_acts`: convolution in the c01b layout."""

from __future__ import annotations

from typing import Any

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.base_acts import (
    FROM_BC01,
    TO_BC01,
    BaseActs,
    UnimplementedError,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.img_acts import ImageActs
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.rules import contiguous, required, result
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.weight_acts import (
    WeightActs,
    checked_in_gradient,
)
from pytensor_unpool.functions.conv import conv
from pytensor_unpool.geometry.conv import count_outputs
from pytensor_unpool.ops.check import equal

__all__ = ["FilterActs", "ImageActs", "UnimplementedError", "WeightActs"]

__getattr__, __dir__ = fall_back(__name__)


class FilterActs(BaseActs):
    """``FilterActs(pad, partial_sum, stride)(images, filters)``."""

    def __call__(self, images: Any, filters: Any) -> TensorVariable:
        """Correlate images with filters.

        Parameters
        ----------
        images : float tensor_like of shape (channels, rows, columns, batch)
        filters : float tensor_like of shape (channels, filter_rows, filter_columns, filters)

        Returns
        -------
        tensor of shape (filters, out_rows, out_columns, batch)

        Examples
        --------
        >>> import numpy as np
        >>> images = np.ones((1, 6, 6, 1), "float32")
        >>> filters = np.ones((1, 3, 3, 1), "float32")
        >>> FilterActs(stride=2)(images, filters).eval()[0, :, :, 0].tolist()
        [[9.0, 9.0, 6.0], [9.0, 9.0, 6.0], [6.0, 6.0, 4.0]]
        """
        images, filters = self._tensor("images", images), self._tensor("filters", filters)
        if self.strict:
            images, filters = self._checked(images, filters)
        # With stride - 1 more zeros after it, floor((n + stride - 1) / stride) is ceil(n / stride).
        pads = [(self.pad, self.pad + self.stride - 1)] * 2
        shuffled = images.dimshuffle(TO_BC01), filters.dimshuffle(TO_BC01)
        return result(conv(*shuffled, self.stride, pads).dimshuffle(FROM_BC01))

    def _checked(
        self, images: TensorVariable, filters: TensorVariable
    ) -> tuple[TensorVariable, TensorVariable]:
        channels, *taps, number = (filters.shape[i] for i in range(4))
        images = required(
            images,
            "FilterActs",
            *contiguous("images", images),
            *contiguous("filters", filters),
            (equal(images.shape[0], channels), "# input channels mismatch."),
            *self._filter_rules(channels, taps, number),
        )
        rows, columns = (
            count_outputs(n, k, self.stride, self.pad, self.pad + self.stride - 1, 1)
            for n, k in zip((images.shape[1], images.shape[2]), taps, strict=True)
        )
        return images, checked_in_gradient(self, filters, channels, rows * columns)
