"""Names of `theano.gpuarray.dnn`: cuDNN's convolutions and poolings, on any backend.

Arguments that chose between cuDNN's algorithms are ignored.
"""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import OldAssertionError
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.theano.tensor.nnet.bn import (
    batch_normalization_test,
    batch_normalization_train,
)
from pytensor_unpool.compat.theano.tensor.nnet.old_conv import OldConv
from pytensor_unpool.functions.pool import pool

__all__ = [
    "GpuDnnConv",
    "GpuDnnConvDesc",
    "GpuDnnConvGradI",
    "GpuDnnConvGradW",
    "dnn_available",
    "dnn_batch_normalization_test",
    "dnn_batch_normalization_train",
    "dnn_conv",
    "dnn_conv3d",
    "dnn_gradinput",
    "dnn_gradweight",
    "dnn_pool",
    "dnn_present",
    "version",
]

__getattr__, __dir__ = fall_back(__name__)

# The newest one that Theano knew.
CUDNN_VERSION = 7000


class _Absent:
    """Whether cuDNN is used: never. All names of this module work without it."""

    msg = "cuDNN is not used: its names run on the backend that PyTensor compiles for."

    def __call__(self, context_name: Any = None) -> bool:
        """Return False."""
        return False


dnn_available = dnn_present = _Absent()


def dnn_conv(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    dilation: Any = (1, 1),
    conv_mode: str = "conv",
    direction_hint: Any = None,
    workmem: Any = None,
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
) -> TensorVariable:
    """Convolve images with a kernel.

    Parameters
    ----------
    img : float tensor_like of shape (batch, channels, rows, columns)
    kerns : float tensor_like of shape (out_channels, channels // num_groups, rows, columns)
    border_mode : {"valid", "half", "full"}, int, or tuple of two ints
    subsample : tuple of two ints
        The stride.
    dilation : tuple of two ints
    conv_mode : {"conv", "cross"}
        Whether to reverse kernels along their rows and columns ("conv") or not ("cross").
    direction_hint, workmem, algo, precision : ignored
    num_groups : int

    Returns
    -------
    tensor of shape (batch, out_channels, out_rows, out_columns)

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.gpuarray.dnn import dnn_conv
    >>> dnn_conv([[[[1.0, 2.0, 3.0]]]], [[[[1.0, 10.0]]]], conv_mode="cross").eval().tolist()
    [[[[21.0, 32.0]]]]
    """
    return convolution(2, border_mode, subsample, dilation, conv_mode, num_groups).output(
        img, kerns
    )


def dnn_conv3d(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    dilation: Any = (1, 1, 1),
    conv_mode: str = "conv",
    direction_hint: Any = None,
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
) -> TensorVariable:
    """Convolve volumes with a kernel: `dnn_conv` with three numbers instead of two."""
    return convolution(3, border_mode, subsample, dilation, conv_mode, num_groups).output(
        img, kerns
    )


def dnn_gradweight(
    img: Any,
    topgrad: Any,
    kerns_shp: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    dilation: Any = (1, 1),
    conv_mode: str = "conv",
    precision: Any = None,
    algo: Any = None,
    num_groups: int = 1,
) -> TensorVariable:
    """Return the gradient of `dnn_conv` with respect to a kernel of shape `kerns_shp`."""
    old = convolution(2, border_mode, subsample, dilation, conv_mode, num_groups)
    return old.kernel_grad(img, topgrad, kerns_shp)


def dnn_gradinput(
    kerns: Any,
    topgrad: Any,
    img_shp: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    dilation: Any = (1, 1),
    conv_mode: str = "conv",
    precision: Any = None,
    algo: Any = None,
    num_groups: int = 1,
) -> TensorVariable:
    """Return the gradient of `dnn_conv` with respect to images of shape `img_shp`."""
    old = convolution(2, border_mode, subsample, dilation, conv_mode, num_groups)
    return old.input_grad(kerns, topgrad, img_shp)


def dnn_pool(
    img: Any, ws: Any, stride: Any = None, mode: str = "max", pad: Any = None
) -> TensorVariable:
    """Pool the last two or three axes, as many as `ws` has entries, without partial windows.

    Parameters
    ----------
    img : tensor_like of shape (batch, channels, *spatial)
    ws : tuple of two or three ints, or integer vector
        Lengths of the windows.
    stride : tuple of ints, optional
        Defaults to ones, not to `ws` as in `pool_2d`.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad", "average", "max_deterministic"}
        "average" is an old name of "average_inc_pad".
    pad : tuple of ints, optional

    Convention
    ----------
    The gradient of a maximum goes to the first of equal elements.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.gpuarray.dnn import dnn_pool
    >>> dnn_pool([[[[1.0, 3.0, 2.0]]]], (1, 2)).eval().tolist()
    [[[[3.0, 3.0]]]]
    """
    mode = {"average": "average_inc_pad", "max_deterministic": "max"}.get(mode, mode)
    return pool(img, ws, 1 if stride is None else stride, 0 if pad is None else pad, mode=mode)


def convolution(
    ndim: int, border_mode: Any, subsample: Any, dilation: Any, conv_mode: str, num_groups: int
) -> OldConv:
    """Return the convolution that cuDNN's arguments describe."""
    if conv_mode not in ("conv", "cross"):
        raise OldAssertionError(
            f"conv_mode must be 'conv', which reverses kernels, or 'cross': got {conv_mode!r}.",
            got=conv_mode,
            wanted=("conv", "cross"),
        )
    return OldConv(ndim, border_mode, subsample, conv_mode == "conv", dilation, num_groups)


class GpuDnnConvDesc:
    """``GpuDnnConvDesc(border_mode, subsample, ...)(kern_shape)``: what `GpuDnnConv` takes."""

    def __init__(
        self,
        border_mode: Any,
        subsample: Any = (1, 1),
        dilation: Any = None,
        conv_mode: str = "conv",
        precision: Any = None,
        num_groups: int = 1,
    ) -> None:
        ndim = len(subsample)
        dilation = (1,) * ndim if dilation is None else dilation
        self.convolution = convolution(
            ndim, border_mode, subsample, dilation, conv_mode, num_groups
        )

    def __call__(self, *shapes: Any) -> OldConv:
        """Return the convolution; it reads shapes from arrays."""
        return self.convolution


class _GpuDnnConvOp(NotAnOp):
    """An Op that took cuDNN's choice of algorithm, which is ignored."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


class GpuDnnConv(_GpuDnnConvOp):
    """``GpuDnnConv()(img, kern, output, desc)``."""

    def __call__(
        self, img: Any, kern: Any, output: Any, desc: OldConv, alpha: Any = None, beta: Any = None
    ) -> TensorVariable:
        """Return ``alpha`` times the convolution, plus ``beta * output``."""
        return _scaled(desc.output(img, kern), output, alpha, beta)


class GpuDnnConvGradI(_GpuDnnConvOp):
    """``GpuDnnConvGradI()(kern, topgrad, output, desc)``, for deconvolution.

    `output` has the shape of the result; its content is not used unless `beta` is given.
    """

    def __call__(
        self,
        kern: Any,
        topgrad: Any,
        output: Any,
        desc: OldConv,
        alpha: Any = None,
        beta: Any = None,
    ) -> TensorVariable:
        """Return ``alpha`` times the gradient of the images, plus ``beta * output``."""
        return _scaled(desc.input_grad(kern, topgrad, _shape(output)), output, alpha, beta)


class GpuDnnConvGradW(_GpuDnnConvOp):
    """``GpuDnnConvGradW()(img, topgrad, output, desc)``."""

    def __call__(
        self,
        img: Any,
        topgrad: Any,
        output: Any,
        desc: OldConv,
        alpha: Any = None,
        beta: Any = None,
    ) -> TensorVariable:
        """Return ``alpha`` times the gradient of the kernel, plus ``beta * output``."""
        return _scaled(desc.kernel_grad(img, topgrad, _shape(output)), output, alpha, beta)


def _shape(output: Any) -> list[Any]:
    """Return the shape of an array, with ints where it is static."""
    output = pt.as_tensor_variable(output)
    return [output.shape[i] if n is None else n for i, n in enumerate(output.type.shape)]


def _scaled(result: TensorVariable, output: Any, alpha: Any, beta: Any) -> TensorVariable:
    if alpha is not None:
        result = alpha * result
    return result if beta is None else result + beta * output


def dnn_batch_normalization_train(
    inputs: Any, gamma: Any, beta: Any, mode: str = "per-activation", *args: Any, **kwargs: Any
) -> tuple[TensorVariable, ...]:
    """Normalize by the batch's statistics; see `tensor.nnet.bn.batch_normalization_train`."""
    return batch_normalization_train(inputs, gamma, beta, mode, *args, **kwargs)


def dnn_batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    mode: str = "per-activation",
    epsilon: float = 1e-4,
) -> TensorVariable:
    """Normalize by a given mean and variance; see `tensor.nnet.bn.batch_normalization_test`."""
    return batch_normalization_test(inputs, gamma, beta, mean, var, mode, epsilon)


def version(raises: bool = True) -> int:
    """Return the version of cuDNN whose names are here, for code that checks it."""
    return CUDNN_VERSION
