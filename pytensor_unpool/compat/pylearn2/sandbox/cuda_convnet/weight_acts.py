"""Names of `pylearn2.sandbox.cuda_convnet.weight_acts`: the gradient of filters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Variable
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
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.rules import (
    Rule,
    contiguous,
    required,
    result,
)
from pytensor_unpool.functions.conv import conv_kernel_grad
from pytensor_unpool.ops.check import is_multiple

__all__ = ["UnimplementedError", "WeightActs"]

__getattr__, __dir__ = fall_back(__name__)


class WeightActs(BaseActs):
    """``WeightActs(pad, partial_sum, stride)(images, hid_grads, output_shape)``."""

    def __call__(self, images: Any, hid_grads: Any, output_shape: Any) -> list[TensorVariable]:
        """Return the gradient of `FilterActs` with respect to filters, and its partial sums.

        Parameters
        ----------
        images : float tensor_like of shape (channels, rows, columns, batch)
        hid_grads : float tensor_like of shape (filters, out_rows, out_columns, batch)
        output_shape : integer vector or tuple of two ints
            Rows and columns of the filters.

        Returns
        -------
        weights_grads : tensor of shape (channels, filter_rows, filter_columns, filters)
        partial_sums : tensor of shape (outputs / partial_sum, *shape of weights_grads)
            The same for `partial_sum` outputs at a time, in C order; for all of them if it is None.
            Computed only if used.

        Examples
        --------
        >>> images, hid_grads = [[[[1.0]], [[2.0]], [[3.0]]]], [[[[1.0]], [[10.0]]]]
        >>> weights, sums = WeightActs(partial_sum=1)(images, hid_grads, (2, 1))
        >>> weights.eval()[0, :, 0, 0].tolist(), sums.eval()[:, 0, :, 0, 0].tolist()
        ([21.0, 32.0], [[1.0, 2.0], [20.0, 30.0]])
        """
        images = self._tensor("images", images)
        hid_grads = self._tensor("hid_grads", hid_grads)
        taps = two_lengths(output_shape)
        if self.strict:
            images = required(
                images,
                "WeightActs",
                *contiguous("images", images),
                *contiguous("hid_grads", hid_grads),
                *self._filter_rules(images.shape[0], taps, hid_grads.shape[0]),
                *gradient_rules(self, images.shape[0], hid_grads.shape[1] * hid_grads.shape[2]),
            )
        return [
            self._weights_grads(images, hid_grads, taps),
            self._partial_sums(images, hid_grads, taps),
        ]

    def _weights_grads(self, images: Any, hid_grads: Any, taps: list[Any]) -> TensorVariable:
        pads = self._pads(spatial_lengths(images), taps, spatial_lengths(hid_grads))
        shuffled = images.dimshuffle(TO_BC01), hid_grads.dimshuffle(TO_BC01)
        weights = conv_kernel_grad(*shuffled, taps, self.stride, pads)
        return result(weights.dimshuffle(FROM_BC01))

    def _partial_sums(self, images: Any, hid_grads: Any, taps: list[Any]) -> TensorVariable:
        filters, rows, columns, batch = (hid_grads.shape[i] for i in range(4))
        step = _step(self, rows * columns)
        # Numbers the outputs by counting, as JAX has no ranges of unknown length.
        number = pt.cumsum(pt.ones_like(hid_grads[0, :, :, 0], dtype="int64").flatten()) - 1
        is_other = pt.neq(
            (number // step).reshape((rows, columns)), number[::step, None, None] // step
        )
        # Each sum is the gradient of separate filters: that of all other outputs is set to zero.
        alone = pt.switch(is_other[:, None, :, :, None], np.zeros((), hid_grads.dtype), hid_grads)
        sums = self._weights_grads(images, alone.reshape((-1, rows, columns, batch)), taps)
        sums = sums.reshape((*(sums.shape[i] for i in range(3)), -1, filters))
        return sums.dimshuffle(3, 0, 1, 2, 4)


def _step(acts: BaseActs, outputs: Any) -> Any:
    """Return the number of outputs in a partial sum: all of them for None, 0 or less."""
    return acts.partial_sum if acts.partial_sum and acts.partial_sum > 0 else outputs


def gradient_rules(acts: BaseActs, channels: Any, outputs: Any) -> list[Rule]:
    """Return the rules that only the gradient of filters has."""
    step = _step(acts, outputs)
    return [
        (
            pt.or_(pt.le(channels, 3), is_multiple(channels, 4)),
            "the images must have 3 or fewer channels, or have a multiple of 4 channels.",
        ),
        (is_multiple(outputs, step), "partialSum must divide numModules."),
    ]


def checked_in_gradient(
    acts: BaseActs, filters: TensorVariable, channels: Any, outputs: Any
) -> TensorVariable:
    """Return `filters`, with a check of their gradient's own rules."""

    def pullback(inputs: Any, _: Any, cotangents: Any) -> list[Variable]:
        rules = gradient_rules(acts, *inputs[1:])
        gradient = required(cotangents[0], "WeightActs", *rules)
        return [gradient, disconnected_type(), disconnected_type()]

    inner = [filters.type(), pt.lscalar(), pt.lscalar()]
    identity = OpFromGraph(
        inner,
        [pt.tensor_copy(inner[0])],
        inline=True,
        pullback=pullback,
        connection_pattern=[[True], [False], [False]],
        on_unused_input="ignore",
    )
    return identity(filters, *(pt.cast(n, "int64") for n in (channels, outputs)))
