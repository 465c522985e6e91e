"""Convolution and its two gradients: the public functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import ShapeError
from pytensor_unpool.functions.arguments import length_vector, make_convolution, unpooled_shape
from pytensor_unpool.functions.types import IntsLike, PadLike, TensorLike
from pytensor_unpool.geometry.conv import BATCH_AND_CHANNELS, MOST_SPATIAL_AXES
from pytensor_unpool.ops import Conv, ConvInputGrad, ConvKernelGrad
from pytensor_unpool.ops.common import one_tensor

__all__ = ["conv", "conv_input_grad", "conv_kernel_grad"]


def conv(
    x: TensorLike,
    kernel: TensorLike,
    stride: IntsLike = 1,
    pad: PadLike | str = 0,
    dilation: IntsLike = 1,
    groups: int = 1,
    *,
    flip: bool = False,
) -> TensorVariable:
    """Convolve images with a kernel, in 1, 2 or 3 dimensions.

    Parameters
    ----------
    x : float tensor_like of shape (batch, channels, *spatial)
        The images. One, two or three spatial axes.
    kernel : float tensor_like of shape (out_channels, channels // groups, *spatial)
        The weights.
    stride : int or sequence of int
        Step between outputs, one for each spatial axis or one for all.
    pad : int, sequence of int or of pairs (before, after), or {"valid", "same", "half", "full"}
        Zeros added at the ends of every spatial axis. "valid" adds none. "half" adds ``span // 2``
        and "full" ``span - 1`` at both ends, where ``span = (taps - 1) * dilation + 1`` is the
        extent of the kernel. "same" adds as many as give ``ceil(length / stride)`` outputs; if
        that number is odd, the end gets one more.
    dilation : int or sequence of int
        Step between neighbouring taps of the kernel.
    groups : int
        Number of groups into which input and output channels are split. Each group of output
        channels only sees its own group of input channels. ``groups=channels`` is a depthwise
        convolution.
    flip : bool
        Whether to reverse the kernel along its spatial axes: convolution in the mathematical
        sense, and that of old Theano (``filter_flip=True``). Without it, this is the
        cross-correlation that PyTorch, JAX and TensorFlow call convolution.

    `stride`, `pad` and `dilation` may be symbolic integers, or integer vectors of static length.

    Returns
    -------
    y : tensor of shape (batch, out_channels, *outputs)
        The dtype is the wider of the two. An axis of n elements has
        ``(n + before + after - span) // stride + 1`` outputs.

    Raises
    ------
    ShapeError
        If channels, groups and kernel do not match, the kernel is longer than a padded axis, the
        number of axes is wrong, or a stride, pad or dilation is out of range.
    DTypeError
        If `x` or `kernel` is not float, or a parameter is not an integer.
    ArgumentError
        If `pad` is any other string, or `groups` is less than 1.

    Errors in shapes are raised when the graph is built if the lengths are static, and otherwise
    when it runs.

    Convention
    ----------
    Element i of an output axis reads ``x[i * stride - before + k * dilation]`` for tap k, as in
    ``torch.nn.functional.conv1d``, ``conv2d`` and ``conv3d``. If the stride leaves a remainder,
    elements at the end that no tap reaches have a zero gradient. Compiled code also multiplies by
    zeros, so an infinity or a NaN can make gradients NaN that do not depend on it. With 3 by 3
    taps, stride 1 and at least 32 channels it uses Winograd's algorithm: rounding errors are
    several times larger, and results that would be infinite can be NaN.

    The convolution and its gradients run in a single thread. If ``pytensor.config.openmp`` is true
    when this function is called, C code (mode "CVM") uses OpenMP's threads: `OMP_NUM_THREADS`,
    which most builds of BLAS obey too, or one for each core. A process that has run such threads
    must not be forked.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> x, kernel = [[[1.0, 2.0, 3.0, 4.0]]], [[[1.0, 0.0, -1.0]]]
    >>> pu.conv(x, kernel).eval().tolist()
    [[[-2.0, -2.0]]]
    >>> pu.conv(x, kernel, pad="same", flip=True).eval().tolist()
    [[[2.0, 2.0, 2.0, -3.0]]]
    """
    x, kernel = one_tensor("x", x), one_tensor("kernel", kernel)
    axes = list(zip(_lengths(x), _lengths(kernel), strict=False))
    _check_axes("kernel", kernel)
    _check_axes("x", x, kernel.type.ndim)
    convolution, numbers = make_convolution(stride, pad, dilation, groups, flip, axes)
    return Conv(convolution)(x, kernel, *numbers)


def conv_input_grad(
    kernel: TensorLike,
    dy: TensorLike,
    input_shape: IntsLike,
    stride: IntsLike = 1,
    pad: PadLike | str = 0,
    dilation: IntsLike = 1,
    groups: int = 1,
    *,
    flip: bool = False,
) -> TensorVariable:
    """Return the gradient of `conv` with respect to the images: transposed convolution.

    Parameters
    ----------
    kernel : float tensor_like of shape (out_channels, channels // groups, *spatial)
        The weights of the convolution.
    dy : float tensor_like of shape (batch, out_channels, *outputs)
        Gradient of the convolution's output, or the input of a transposed convolution.
    input_shape : sequence of int or symbolic int, or integer vector of static length
        Shape of the images, such as ``x.shape``, or the lengths of their spatial axes alone.
    stride : int or sequence of int
        As in `conv`.
    pad : int, sequence of int or of pairs (before, after), or {"valid", "same", "half", "full"}
        As in `conv`.
    dilation : int or sequence of int
        As in `conv`.
    groups : int
        As in `conv`.
    flip : bool
        As in `conv`.

    Returns
    -------
    dx : tensor of shape `input_shape`
        The dtype is the wider of those of `kernel` and `dy`.

    Raises
    ------
    ShapeError
        If the convolution of images of this shape has an output of another shape than `dy`;
        otherwise as in `conv`.
    DTypeError
        As in `conv`.
    ArgumentError
        As in `conv`.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> kernel, dy = [[[1.0, 2.0]]], [[[1.0, 10.0]]]
    >>> pu.conv_input_grad(kernel, dy, (1, 1, 5), stride=2).eval().tolist()
    [[[1.0, 2.0, 10.0, 20.0, 0.0]]]
    """
    kernel, dy = one_tensor("kernel", kernel), one_tensor("dy", dy)
    _check_axes("kernel", kernel)
    _check_axes("dy", dy, kernel.type.ndim)
    lengths = unpooled_shape(input_shape)
    if len(lengths) == kernel.type.ndim - BATCH_AND_CHANNELS:
        lengths = [_length(dy, 0), _length(kernel, 1) * groups, *lengths]
    _check_shape("input_shape", lengths, kernel.type.ndim)
    axes = list(zip(lengths[BATCH_AND_CHANNELS:], _lengths(kernel), strict=True))
    convolution, numbers = make_convolution(stride, pad, dilation, groups, flip, axes)
    return ConvInputGrad(convolution)(kernel, dy, length_vector(lengths), *numbers)


def conv_kernel_grad(
    x: TensorLike,
    dy: TensorLike,
    kernel_shape: IntsLike,
    stride: IntsLike = 1,
    pad: PadLike | str = 0,
    dilation: IntsLike = 1,
    groups: int = 1,
    *,
    flip: bool = False,
) -> TensorVariable:
    """Return the gradient of `conv` with respect to the kernel.

    Parameters
    ----------
    x : float tensor_like of shape (batch, channels, *spatial)
        The images of the convolution.
    dy : float tensor_like of shape (batch, out_channels, *outputs)
        Gradient of the convolution's output.
    kernel_shape : sequence of int or symbolic int, or integer vector of static length
        Shape of the kernel, such as ``kernel.shape``, or the lengths of its spatial axes alone.
    stride : int or sequence of int
        As in `conv`.
    pad : int, sequence of int or of pairs (before, after), or {"valid", "same", "half", "full"}
        As in `conv`.
    dilation : int or sequence of int
        As in `conv`.
    groups : int
        As in `conv`.
    flip : bool
        As in `conv`.

    Returns
    -------
    dkernel : tensor of shape `kernel_shape`
        The dtype is the wider of those of `x` and `dy`.

    Raises
    ------
    ShapeError
        If the convolution with a kernel of this shape has an output of another shape than `dy`;
        otherwise as in `conv`.
    DTypeError
        As in `conv`.
    ArgumentError
        As in `conv`.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> x, dy = [[[1.0, 2.0, 3.0, 4.0, 5.0]]], [[[1.0, 10.0]]]
    >>> pu.conv_kernel_grad(x, dy, (1, 1, 2), stride=2).eval().tolist()
    [[[31.0, 42.0]]]
    """
    x, dy = one_tensor("x", x), one_tensor("dy", dy)
    _check_axes("x", x)
    _check_axes("dy", dy, x.type.ndim)
    lengths = unpooled_shape(kernel_shape)
    if len(lengths) == x.type.ndim - BATCH_AND_CHANNELS:
        lengths = [_length(dy, 1), _length(x, 1) // groups, *lengths]
    _check_shape("kernel_shape", lengths, x.type.ndim)
    axes = list(zip(_lengths(x), lengths[BATCH_AND_CHANNELS:], strict=True))
    convolution, numbers = make_convolution(stride, pad, dilation, groups, flip, axes)
    return ConvKernelGrad(convolution)(x, dy, length_vector(lengths), *numbers)


def _lengths(x: TensorVariable) -> list[Any]:
    """Return the lengths of the spatial axes, ints where they are static."""
    return [_length(x, axis) for axis in range(BATCH_AND_CHANNELS, x.type.ndim)]


def _length(x: TensorVariable, axis: int) -> Any:
    length = x.type.shape[axis]
    return x.shape[axis] if length is None else length


def _check_axes(name: str, x: TensorVariable, wanted: int | None = None) -> None:
    """Check the number of axes: 3 to 5, and the same for both arrays."""
    least, most = BATCH_AND_CHANNELS + 1, BATCH_AND_CHANNELS + MOST_SPATIAL_AXES
    if not least <= x.type.ndim <= most or wanted not in (None, x.type.ndim):
        raise ShapeError(
            f"{name} must have {wanted or f'{least} to {most}'} axes: got {x.type.ndim}. Images "
            f"are (batch, channels, *spatial), kernels (out_channels, channels // groups, "
            f"*spatial), with 1 to {MOST_SPATIAL_AXES} spatial axes.",
            got=x.type.ndim,
            wanted=wanted or (least, most),
        )


def _check_shape(name: str, lengths: Sequence[Any], wanted: int) -> None:
    if len(lengths) != wanted:
        raise ShapeError(
            f"{name} must have {wanted} lengths, or the {wanted - BATCH_AND_CHANNELS} of the "
            f"spatial axes: got {len(lengths)}. Pass the shape of the array, such as `x.shape`.",
            got=len(lengths),
            wanted=wanted,
        )
