"""`theano.tensor.nnet.abstract_conv`: convolutions, their gradients, and Op classes as callables.

`filter_flip=True`, the default, reverses kernels: convolution in the mathematical sense. Where
results differ from Theano's on purpose, the migration guide says so.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pytensor.graph.basic import Constant, Variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.conv_checks import (
    assert_conv_shape,
    assert_shape,
    check_conv_gradinputs_shape,
)
from pytensor_unpool.compat.theano.tensor.nnet.conv_shapes import (
    border_mode_to_pad,
    get_conv_gradinputs_shape,
    get_conv_gradweights_shape,
    get_conv_output_shape,
    get_conv_shape_1axis,
)
from pytensor_unpool.compat.theano.tensor.nnet.old_conv import OldConv
from pytensor_unpool.compat.theano.tensor.nnet.separable import (
    causal_conv1d,
    separable_conv2d,
    separable_conv3d,
)
from pytensor_unpool.compat.theano.tensor.nnet.upsampling import (
    bilinear_kernel_1D,
    bilinear_kernel_2D,
    bilinear_upsampling,
    frac_bilinear_upsampling,
)

__all__ = [
    "AbstractConv2d",
    "AbstractConv2d_gradInputs",
    "AbstractConv2d_gradWeights",
    "AbstractConv3d",
    "AbstractConv3d_gradInputs",
    "AbstractConv3d_gradWeights",
    "assert_conv_shape",
    "assert_shape",
    "bilinear_kernel_1D",
    "bilinear_kernel_2D",
    "bilinear_upsampling",
    "border_mode_to_pad",
    "causal_conv1d",
    "check_conv_gradinputs_shape",
    "conv2d",
    "conv2d_grad_wrt_inputs",
    "conv2d_grad_wrt_weights",
    "conv3d",
    "conv3d_grad_wrt_inputs",
    "conv3d_grad_wrt_weights",
    "frac_bilinear_upsampling",
    "get_conv_gradinputs_shape",
    "get_conv_gradweights_shape",
    "get_conv_output_shape",
    "get_conv_shape_1axis",
    "separable_conv2d",
    "separable_conv3d",
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
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: Any = False,
) -> TensorVariable:
    """Convolve images with a kernel, as ``theano.tensor.nnet.abstract_conv.conv2d`` did.

    ``theano.tensor.nnet.conv2d`` has an argument `image_shape` between `filter_flip` and
    `filter_dilation`; this function does not have it.

    Parameters
    ----------
    input : float tensor_like of shape (batch, channels, rows, columns)
    filters : float tensor_like of shape (out_channels, channels // num_groups, rows, columns)
        With `unshared`, (out_channels, out_rows, out_columns, channels // num_groups, rows,
        columns).
    input_shape : tuple of four, constants or None, optional
        The shape of `input`, as far as it is known.
    filter_shape : tuple of four or six, constants or None, optional
        The shape of `filters`, as far as it is known.
    border_mode : {"valid", "half", "full"}, int, or tuple of two ints or pairs (before, after)
        Zeros around the images.
    subsample : tuple of two ints
        The stride.
    filter_flip : bool
        Whether to reverse the kernel along its rows and columns.
    filter_dilation : tuple of two ints
    num_groups : int
    unshared : bool
        Whether each output position has its own kernel.

    Returns
    -------
    tensor of shape (batch, out_channels, out_rows, out_columns)
        The dtype is the wider of the two.

    Raises
    ------
    TypeError
        If an array has the wrong number of axes or is not float, or `subsample` or
        `filter_dilation` is not a tuple.
    ValueError
        For an invalid `border_mode`, for numbers that are out of range, and for shapes that do not
        match each other or the declared ones.

    Convention
    ----------
    That of Theano 1.0.5, except that a wrongly declared shape is an error instead of ignored.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.nnet.abstract_conv import conv2d
    >>> image, kernel = [[[[1.0, 2.0, 3.0]]]], [[[[1.0, 10.0]]]]
    >>> conv2d(image, kernel).eval().tolist()
    [[[[12.0, 23.0]]]]
    >>> conv2d(image, kernel, border_mode=(0, 1), filter_flip=False).eval().tolist()
    [[[[10.0, 21.0, 32.0, 3.0]]]]
    """
    convolution = AbstractConv2d(
        input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation,
        num_groups, unshared,
    )  # fmt: skip
    return convolution(input, filters)


def conv3d(
    input: Any,  # noqa: A002
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: Any = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> TensorVariable:
    """Convolve volumes with a kernel: `conv2d` with three numbers instead of two."""
    convolution = AbstractConv3d(
        input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups
    )
    return convolution(input, filters)


def conv2d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: Any = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: Any = False,
) -> TensorVariable:
    """Return the gradient of `conv2d` with respect to the images: transposed convolution.

    `input_shape` is that of the images: the first two may be None, the others symbolic.

    >>> conv2d_grad_wrt_inputs([[[[1.0, 2.0]]]], [[[[1.0, 10.0]]]], (1, 1, 1, 3)).eval().tolist()
    [[[[10.0, 21.0, 2.0]]]]
    """
    gradient = AbstractConv2d_gradInputs(
        _of_constants(input_shape), filter_shape, border_mode, subsample, filter_flip,
        filter_dilation, num_groups, unshared,
    )  # fmt: skip
    return gradient(filters, output_grad, input_shape)


def conv3d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: Any = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> TensorVariable:
    """Return the gradient of `conv3d` with respect to the volumes; see `conv2d_grad_wrt_inputs`."""
    gradient = AbstractConv3d_gradInputs(
        _of_constants(input_shape), filter_shape, border_mode, subsample, filter_flip,
        filter_dilation, num_groups,
    )  # fmt: skip
    return gradient(filters, output_grad, input_shape)


def conv2d_grad_wrt_weights(
    input: Any,  # noqa: A002
    output_grad: Any,
    filter_shape: Any,
    input_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: Any = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: Any = False,
) -> TensorVariable:
    """Return the gradient of `conv2d` with respect to the kernel.

    `filter_shape` is that of the kernel. Its spatial lengths may be symbolic, the others None.

    >>> image, gradient = [[[[1.0, 2.0, 3.0]]]], [[[[1.0, 10.0]]]]
    >>> conv2d_grad_wrt_weights(image, gradient, (1, 1, 1, 2)).eval().tolist()
    [[[[32.0, 21.0]]]]
    """
    gradient = AbstractConv2d_gradWeights(
        input_shape, _of_constants(filter_shape), border_mode, subsample, filter_flip,
        filter_dilation, num_groups, unshared,
    )  # fmt: skip
    return gradient(input, output_grad, filter_shape)


def conv3d_grad_wrt_weights(
    input: Any,  # noqa: A002
    output_grad: Any,
    filter_shape: Any,
    input_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: Any = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> TensorVariable:
    """Return the gradient of `conv3d` with respect to the kernel; see `conv2d_grad_wrt_weights`."""
    gradient = AbstractConv3d_gradWeights(
        input_shape, _of_constants(filter_shape), border_mode, subsample, filter_flip,
        filter_dilation, num_groups,
    )  # fmt: skip
    return gradient(input, output_grad, filter_shape)


def _of_constants(shape: Any) -> Any:
    """Return a shape with None for its symbolic lengths, which need no declaration."""
    if not isinstance(shape, tuple | list):
        return None
    return [None if isinstance(n, Variable) and not isinstance(n, Constant) else n for n in shape]


class _AbstractConv(OldConv):
    """A convolution in Theano's order of arguments."""

    convdim: ClassVar[int]

    def __init__(
        self,
        imshp: Any = None,
        kshp: Any = None,
        border_mode: Any = "valid",
        subsample: Any = None,
        filter_flip: Any = True,
        filter_dilation: Any = None,
        num_groups: int = 1,
        unshared: Any = False,
    ) -> None:
        super().__init__(
            self.convdim, border_mode, subsample, filter_flip, filter_dilation, num_groups,
            unshared, imshp, kshp,
        )  # fmt: skip


class AbstractConv2d(_AbstractConv):
    """``AbstractConv2d(imshp, kshp, border_mode, subsample, ...)(img, kern)``."""

    convdim = 2

    def __call__(self, img: Any, kern: Any) -> TensorVariable:
        """Return the convolution of images with a kernel."""
        return self.output(img, kern)


class AbstractConv2d_gradInputs(_AbstractConv):  # noqa: N801
    """``AbstractConv2d_gradInputs(imshp, kshp, ...)(kern, topgrad, shape)``, for deconvolution.

    >>> deconvolve = AbstractConv2d_gradInputs(subsample=(1, 2), filter_flip=False)
    >>> deconvolve([[[[1.0, 10.0]]]], [[[[1.0, 2.0]]]], (1, 4)).eval().tolist()
    [[[[1.0, 10.0, 2.0, 20.0]]]]
    """

    convdim = 2

    def __call__(self, kern: Any, topgrad: Any, shape: Any) -> TensorVariable:
        """Return the gradient with respect to images with the spatial lengths `shape`."""
        return self.input_grad(kern, topgrad, shape)


class AbstractConv2d_gradWeights(_AbstractConv):  # noqa: N801
    """``AbstractConv2d_gradWeights(imshp, kshp, ...)(img, topgrad, shape)``."""

    convdim = 2

    def __call__(self, img: Any, topgrad: Any, shape: Any) -> TensorVariable:
        """Return the gradient with respect to a kernel with the spatial lengths `shape`."""
        return self.kernel_grad(img, topgrad, shape)


class AbstractConv3d(AbstractConv2d):
    """``AbstractConv3d(imshp, kshp, border_mode, subsample, ...)(img, kern)``."""

    convdim = 3


class AbstractConv3d_gradInputs(AbstractConv2d_gradInputs):  # noqa: N801
    """``AbstractConv3d_gradInputs(imshp, kshp, ...)(kern, topgrad, shape)``."""

    convdim = 3


class AbstractConv3d_gradWeights(AbstractConv2d_gradWeights):  # noqa: N801
    """``AbstractConv3d_gradWeights(imshp, kshp, ...)(img, topgrad, shape)``."""

    convdim = 3
