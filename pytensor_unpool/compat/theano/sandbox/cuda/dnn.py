"""Names of `theano.sandbox.cuda.dnn`: those of `theano.gpuarray.dnn`, before there was dilation.

`conv_mode` stands where the newer functions have `dilation`.
"""

from __future__ import annotations

from typing import Any

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.gpuarray import dnn
from pytensor_unpool.compat.theano.gpuarray.dnn import (
    GpuDnnConv,
    GpuDnnConvGradI,
    GpuDnnConvGradW,
    convolution,
    dnn_available,
    dnn_pool,
    dnn_present,
)

__all__ = [
    "GpuDnnConv",
    "GpuDnnConv3d",
    "GpuDnnConv3dGradI",
    "GpuDnnConv3dGradW",
    "GpuDnnConvDesc",
    "GpuDnnConvGradI",
    "GpuDnnConvGradW",
    "dnn_available",
    "dnn_conv",
    "dnn_conv3d",
    "dnn_gradinput",
    "dnn_gradweight",
    "dnn_pool",
    "dnn_present",
]

__getattr__, __dir__ = fall_back(__name__)

GpuDnnConv3d = GpuDnnConv
GpuDnnConv3dGradI = GpuDnnConvGradI
GpuDnnConv3dGradW = GpuDnnConvGradW


def dnn_conv(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    conv_mode: str = "conv",
    direction_hint: Any = None,
    workmem: Any = None,
    algo: Any = None,
    precision: Any = None,
) -> TensorVariable:
    """Convolve images with a kernel; see `gpuarray.dnn.dnn_conv`."""
    return convolution(2, border_mode, subsample, (1, 1), conv_mode, 1).output(img, kerns)


def dnn_conv3d(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    conv_mode: str = "conv",
    direction_hint: Any = None,
    workmem: Any = None,
    algo: Any = None,
    precision: Any = None,
) -> TensorVariable:
    """Convolve volumes with a kernel: `dnn_conv` with three numbers instead of two."""
    return convolution(3, border_mode, subsample, (1, 1, 1), conv_mode, 1).output(img, kerns)


def dnn_gradweight(
    img: Any,
    topgrad: Any,
    kerns_shp: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    conv_mode: str = "conv",
) -> TensorVariable:
    """Return the gradient of `dnn_conv` with respect to a kernel of shape `kerns_shp`."""
    return dnn.dnn_gradweight(img, topgrad, kerns_shp, border_mode, subsample, conv_mode=conv_mode)


def dnn_gradinput(
    kerns: Any,
    topgrad: Any,
    img_shp: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    conv_mode: str = "conv",
) -> TensorVariable:
    """Return the gradient of `dnn_conv` with respect to images of shape `img_shp`."""
    return dnn.dnn_gradinput(kerns, topgrad, img_shp, border_mode, subsample, conv_mode=conv_mode)


class GpuDnnConvDesc(dnn.GpuDnnConvDesc):
    """``GpuDnnConvDesc(border_mode, subsample, conv_mode)(img_shape, kern_shape)``."""

    def __init__(
        self,
        border_mode: Any,
        subsample: Any = (1, 1),
        conv_mode: str = "conv",
        precision: Any = None,
    ) -> None:
        super().__init__(border_mode, subsample, conv_mode=conv_mode)
