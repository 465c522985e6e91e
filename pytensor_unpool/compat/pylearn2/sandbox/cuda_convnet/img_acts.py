"""Names of `pylearn2.sandbox.cuda_convnet.img_acts`: transposed convolution in the c01b layout."""

from __future__ import annotations

from typing import Any

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.base_acts import (
    FROM_BC01,
    TO_BC01,
    BaseActs,
    UnimplementedError,
    spatial_lengths,
    two_lengths,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.rules import contiguous, required, result
from pytensor_unpool.errors import ArgumentError
from pytensor_unpool.functions.conv import conv_input_grad

__all__ = ["ImageActs", "UnimplementedError"]

__getattr__, __dir__ = fall_back(__name__)


class ImageActs(BaseActs):
    """``ImageActs(pad, partial_sum, stride)(hid_acts, filters, output_shape)``."""

    def __call__(self, hid_acts: Any, filters: Any, output_shape: Any = None) -> TensorVariable:
        """Return the gradient of `FilterActs` with respect to images, given that of its output.

        Parameters
        ----------
        hid_acts : float tensor_like of shape (filters, out_rows, out_columns, batch)
        filters : float tensor_like of shape (channels, filter_rows, filter_columns, filters)
        output_shape : integer vector or tuple of two ints, optional
            Rows and columns of the images. May be left out with stride 1. What the filters reach
            beyond them is cut off.

        Returns
        -------
        tensor of shape (channels, rows, columns, batch)

        Examples
        --------
        >>> hid_acts, filters = [[[[1.0]], [[10.0]]]], [[[[1.0]], [[2.0]]]]
        >>> ImageActs(stride=2)(hid_acts, filters, (3, 1)).eval()[0, :, 0, 0].tolist()
        [1.0, 2.0, 10.0]
        """
        hid_acts, filters = self._tensor("hid_acts", hid_acts), self._tensor("filters", filters)
        if self.strict:
            channels, *taps, number = (filters.shape[i] for i in range(4))
            hid_acts = required(
                hid_acts,
                "ImageActs",
                *contiguous("hid_acts", hid_acts),
                *contiguous("filters", filters),
                *self._filter_rules(channels, taps, number),
            )
        outputs, taps = spatial_lengths(hid_acts), spatial_lengths(filters)
        if output_shape is not None:
            lengths = two_lengths(output_shape)
        elif self.stride == 1:
            lengths = [n + k - 1 - 2 * self.pad for n, k in zip(outputs, taps, strict=True)]
        else:
            raise ArgumentError(
                f"output_shape must be given if stride is not 1: got stride={self.stride}. Images "
                f"of several lengths have the same output.",
                got=None,
                wanted="two lengths",
            )
        shuffled = filters.dimshuffle(TO_BC01), hid_acts.dimshuffle(TO_BC01)
        pads = self._pads(lengths, taps, outputs)
        images = conv_input_grad(*shuffled, lengths, self.stride, pads)
        return result(images.dimshuffle(FROM_BC01))
