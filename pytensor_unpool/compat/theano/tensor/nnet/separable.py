"""Convolutions built from others: separable and causal ones."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.theano.tensor.nnet.arguments import declared, length_of
from pytensor_unpool.compat.theano.tensor.nnet.old_conv import OldConv
from pytensor_unpool.errors import DTypeError, ShapeError

__all__ = ["causal_conv1d", "separable_conv2d", "separable_conv3d"]


def separable_conv2d(
    input: Any,  # noqa: A002
    depthwise_filters: Any,
    pointwise_filters: Any,
    num_channels: int,
    input_shape: Any = None,
    depthwise_filter_shape: Any = None,
    pointwise_filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: Any = True,
    filter_dilation: Any = (1, 1),
) -> TensorVariable:
    """Convolve each channel with kernels of its own, then mix channels with 1 x 1 kernels.

    `depthwise_filters` has shape (kernels, 1, rows, columns), `num_channels` as groups, and
    `pointwise_filters` (out_channels, kernels, 1, 1).
    """
    return _separable(
        OldConv(
            2, border_mode, subsample, filter_flip, filter_dilation, num_channels,
            imshp=input_shape, kshp=depthwise_filter_shape,
        ),
        OldConv(2, filter_flip=filter_flip, kshp=pointwise_filter_shape),
        (input, depthwise_filters, pointwise_filters),
    )  # fmt: skip


def separable_conv3d(
    input: Any,  # noqa: A002
    depthwise_filters: Any,
    pointwise_filters: Any,
    num_channels: int,
    input_shape: Any = None,
    depthwise_filter_shape: Any = None,
    pointwise_filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: Any = True,
    filter_dilation: Any = (1, 1, 1),
) -> TensorVariable:
    """Do what `separable_conv2d` does, for volumes."""
    return _separable(
        OldConv(
            3, border_mode, subsample, filter_flip, filter_dilation, num_channels,
            imshp=input_shape, kshp=depthwise_filter_shape,
        ),
        OldConv(3, filter_flip=filter_flip, kshp=pointwise_filter_shape),
        (input, depthwise_filters, pointwise_filters),
    )  # fmt: skip


def _separable(
    depthwise: OldConv, pointwise: OldConv, arrays: tuple[Any, Any, Any]
) -> TensorVariable:
    x, depthwise_filters, pointwise_filters = arrays
    return pointwise.output(depthwise.output(x, depthwise_filters), pointwise_filters)


def causal_conv1d(
    input: Any,  # noqa: A002
    filters: Any,
    filter_shape: Any,
    input_shape: Any = None,
    subsample: Any = 1,
    filter_flip: Any = True,
    filter_dilation: Any = 1,
    num_groups: int = 1,
    unshared: Any = False,
) -> TensorVariable:
    """Convolve sequences (batch, channels, length) so that no output depends on later elements.

    There are as many outputs as elements, divided by `subsample`: zeros are added before the first
    one. `filters` has shape (out_channels, channels, taps).

    >>> causal_conv1d([[[1.0, 2.0, 3.0]]], [[[1.0, 10.0]]], (1, 1, 2)).eval().tolist()
    [[[1.0, 12.0, 23.0]]]
    """
    x, kernel = pt.as_tensor_variable(input), pt.as_tensor_variable(filters)
    for name, tensor in (("input", x), ("filters", kernel)):
        if tensor.type.ndim != 3:
            raise ShapeError(
                f"{name} should be 3D for causal convolution: got {tensor.type.ndim} axes. Pass "
                f"(batch, channels, length) and (out_channels, channels, taps).",
                got=tensor.type.ndim,
                wanted=3,
            )
    if unshared:
        raise DTypeError(
            "filters of causal convolution are shared: got unshared=True, which needs more axes "
            "than three. Pass unshared=False.",
            got=unshared,
            wanted=False,
        )
    kernel = declared("filter_shape", kernel, filter_shape)
    taps = length_of(kernel, 2)
    convolution = OldConv(
        1, "valid", (subsample,), filter_flip, (filter_dilation,), num_groups,
        imshp=input_shape,
    )  # fmt: skip
    convolution.pad = [(filter_dilation * (taps - 1), 0)]
    return convolution.output(x, kernel)
