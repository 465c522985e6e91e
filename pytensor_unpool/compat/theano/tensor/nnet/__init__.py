"""Names of `theano.tensor.nnet`."""

from __future__ import annotations

import warnings
from typing import Any

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet import (
    abstract_conv,
    conv,
    conv3d2d,
    corr,
    corr3d,
    neighbours,
)
from pytensor_unpool.compat.theano.tensor.nnet.abstract_conv import (
    conv2d_grad_wrt_inputs,
    conv3d,
    separable_conv2d,
    separable_conv3d,
)
from pytensor_unpool.compat.theano.tensor.nnet.bn import batch_normalization
from pytensor_unpool.compat.theano.tensor.nnet.Conv3D import conv3D
from pytensor_unpool.compat.theano.tensor.nnet.nnet import (
    LogSoftmax,
    Softmax,
    binary_crossentropy,
    categorical_crossentropy,
    confusion_matrix,
    crossentropy_categorical_1hot,
    crossentropy_softmax_1hot,
    crossentropy_softmax_1hot_with_bias,
    crossentropy_softmax_argmax_1hot_with_bias,
    crossentropy_softmax_max_and_argmax_1hot,
    crossentropy_softmax_max_and_argmax_1hot_with_bias,
    elu,
    h_softmax,
    logsoftmax,
    logsoftmax_op,
    prepend_0_to_each_row,
    prepend_1_to_each_row,
    prepend_scalar_to_each_row,
    relu,
    selu,
    sigmoid_binary_crossentropy,
    softmax,
    softmax_graph,
    softmax_op,
    softmax_with_bias,
    softsign,
)
from pytensor_unpool.compat.theano.tensor.nnet.separable import causal_conv1d
from pytensor_unpool.compat.theano.tensor.nnet.sigm import (
    hard_sigmoid,
    scalar_sigmoid,
    ultra_fast_sigmoid,
)
from pytensor_unpool.errors import ArgumentError

__all__ = [
    "LogSoftmax",
    "Softmax",
    "abstract_conv",
    "batch_normalization",
    "binary_crossentropy",
    "categorical_crossentropy",
    "causal_conv1d",
    "confusion_matrix",
    "conv",
    "conv2d",
    "conv2d_transpose",
    "conv3D",
    "conv3d",
    "conv3d2d",
    "corr",
    "corr3d",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "elu",
    "h_softmax",
    "hard_sigmoid",
    "logsoftmax",
    "logsoftmax_op",
    "neighbours",
    "prepend_0_to_each_row",
    "prepend_1_to_each_row",
    "prepend_scalar_to_each_row",
    "relu",
    "scalar_sigmoid",
    "selu",
    "separable_conv2d",
    "separable_conv3d",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
    "softsign",
    "ultra_fast_sigmoid",
]

__getattr__, __dir__ = fall_back(__name__)


def conv2d(
    input: Any,  # noqa: A002
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: Any = True,
    image_shape: Any = None,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: Any = False,
    **kwargs: Any,
) -> TensorVariable:
    """Convolve images with a kernel, as ``theano.tensor.nnet.conv2d`` of 0.7 and of 1.0 did.

    Parameters
    ----------
    input : float tensor_like of shape (batch, channels, rows, columns)
    filters : float tensor_like of shape (out_channels, channels // num_groups, rows, columns)
    input_shape : tuple of four, constants or None, optional
        The shape of `input`, as far as it is known. Theano 0.7 called it `image_shape`, and had it
        in the same place.
    filter_shape : tuple of four, constants or None, optional
        The shape of `filters`, as far as it is known.
    border_mode : {"valid", "half", "full"}, int, or tuple of two ints or pairs (before, after)
    subsample : tuple of two ints
        The stride.
    filter_flip : bool
        Whether to reverse the kernel along its rows and columns.
    image_shape : tuple of four, optional
        Old name of `input_shape`; gives a warning.
    filter_dilation : tuple of two ints
    num_groups : int
    unshared : bool
        Whether each output position has its own kernel; see
        `abstract_conv.conv2d`, which has no `image_shape` between its arguments.
    kwargs : what `ConvOp` took for speed
        Ignored with a warning.

    Returns
    -------
    tensor of shape (batch, out_channels, out_rows, out_columns)

    Raises
    ------
    TypeError, ValueError
        As in `abstract_conv.conv2d`.

    Convention
    ----------
    That of Theano 1.0.5. Wrong shapes were errors in 0.7, ignored in 1.0, and are errors here.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.nnet import conv2d
    >>> conv2d([[[[1.0, 2.0, 3.0]]]], [[[[1.0, 10.0]]]], border_mode="full").eval().tolist()
    [[[[1.0, 12.0, 23.0, 30.0]]]]
    """
    if "imshp_logical" in kwargs or "kshp_logical" in kwargs:
        raise ArgumentError(
            "conv2d takes no logical shapes: got imshp_logical or kshp_logical. Put zeros between "
            "the elements (`pytensor_unpool.upsample_dilate`).",
            got=sorted(kwargs),
            wanted="neither",
        )
    if kwargs:
        warnings.warn(
            f"conv2d ignores {', '.join(sorted(kwargs))}: only ConvOp used them.",
            UserWarning,
            stacklevel=2,
        )
    if image_shape is not None:
        warnings.warn(
            "`image_shape` is the old name of `input_shape`. Pass `input_shape`.",
            UserWarning,
            stacklevel=2,
        )
        if input_shape is not None:
            raise ArgumentError(
                "input_shape and image_shape are two names of one argument: got both. Pass "
                "input_shape alone.",
                got=(input_shape, image_shape),
                wanted="input_shape",
            )
        input_shape = image_shape
    return abstract_conv.conv2d(
        input, filters, input_shape, filter_shape, border_mode, subsample, filter_flip,
        filter_dilation, num_groups, unshared,
    )  # fmt: skip


def conv2d_transpose(
    input: Any,  # noqa: A002
    filters: Any,
    output_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    input_dilation: Any = (1, 1),
    filter_flip: Any = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: Any = False,
) -> TensorVariable:
    """Compute a transposed convolution: the gradient of a convolution of images of `output_shape`.

    `filters` is the kernel of that convolution, whose first axis has the channels of `input`.
    `input_dilation` is its stride.

    >>> image, kernel = [[[[1.0, 2.0]]]], [[[[1.0, 10.0]]]]
    >>> conv2d_transpose(image, kernel, (None, None, 1, 4), input_dilation=(1, 2)).eval().tolist()
    [[[[10.0, 1.0, 20.0, 2.0]]]]
    """
    return conv2d_grad_wrt_inputs(
        input, filters, output_shape, filter_shape, border_mode, input_dilation, filter_flip,
        filter_dilation, num_groups, unshared,
    )  # fmt: skip
