"""`theano.tensor.nnet.conv`: the older `conv2d`, and `ConvOp` as a callable.

They accept the border modes "valid" and "full", and always reverse kernels.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import OldNotImplementedError
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.arguments import constant_lengths, steps_of
from pytensor_unpool.compat.theano.tensor.nnet.conv_shapes import get_conv_shape_1axis
from pytensor_unpool.compat.theano.tensor.nnet.old_conv import OldConv

__all__ = ["ConvOp", "conv2d"]

__getattr__, __dir__ = fall_back(__name__)


def conv2d(
    input: Any,  # noqa: A002
    filters: Any,
    image_shape: Any = None,
    filter_shape: Any = None,
    border_mode: str = "valid",
    subsample: Any = (1, 1),
    **kargs: Any,
) -> TensorVariable:
    """Convolve images with a kernel, as ``theano.tensor.nnet.conv.conv2d`` did.

    Parameters
    ----------
    input : float tensor_like of shape (batch, channels, rows, columns)
    filters : float tensor_like of shape (out_channels, channels, rows, columns)
    image_shape, filter_shape : tuple of four, constants or None, optional
        The shapes, as far as they are known.
    border_mode : {"valid", "full"}
    subsample : tuple of two ints
        The stride.
    kargs : what `ConvOp` takes
        Ignored, but for names that it does not know.

    Returns
    -------
    tensor of shape (batch, out_channels, out_rows, out_columns)

    Convention
    ----------
    There is a warning, as in Theano 1.0: ``theano.tensor.nnet.conv2d`` does the same and more.
    Gradients exist for every stride.
    """
    warnings.warn(
        "theano.tensor.nnet.conv.conv2d is deprecated: theano.tensor.nnet.conv2d does the same. "
        "Here `pytensor_unpool.functions.conv.conv(..., flip=True)` does.",
        UserWarning,
        stacklevel=2,
    )
    return convolve(input, filters, image_shape, filter_shape, border_mode, subsample, **kargs)


def convolve(
    images: Any,
    kernel: Any,
    image_shape: Any,
    filter_shape: Any,
    border_mode: str,
    subsample: Any,
    **kargs: Any,
) -> TensorVariable:
    """Return what `ConvOp` gives with these arguments."""
    dx, dy = steps_of("subsample", subsample, 2)
    bsize, *imshp = _lengths("image_shape", image_shape)
    nkern, _, *kshp = _lengths("filter_shape", filter_shape)
    convolution = ConvOp(imshp, kshp, nkern, bsize, dx, dy, border_mode, **kargs)
    return convolution(images, kernel)


def _lengths(name: str, shape: Any) -> Sequence[int | None]:
    return (None,) * 4 if shape is None else constant_lengths(name, shape, 4)


class ConvOp(OldConv):
    """``ConvOp(imshp, kshp, nkern, bsize, dx, dy, output_mode)(images, kernel)``.

    Arguments that tuned Theano's speed are ignored: `unroll_batch`, `unroll_kern`, `unroll_patch`,
    `verbose`, `version`, `direction_hint`, `openmp`.
    """

    def __init__(
        self,
        imshp: Any = None,
        kshp: Any = None,
        nkern: Any = None,
        bsize: Any = None,
        dx: Any = 1,
        dy: Any = 1,
        output_mode: str = "valid",
        unroll_batch: Any = None,
        unroll_kern: Any = None,
        unroll_patch: Any = None,
        imshp_logical: Any = None,
        kshp_logical: Any = None,
        kshp_logical_top_aligned: Any = True,
        verbose: Any = 0,
        version: Any = -1,
        direction_hint: Any = "forward",
        openmp: Any = None,
    ) -> None:
        if output_mode not in ("valid", "full"):
            raise OldNotImplementedError(
                f"Mode {output_mode} not implemented: ConvOp knows 'valid' and 'full'. Use "
                f"theano.tensor.nnet.conv2d, which pads in other ways too.",
                got=output_mode,
                wanted=("valid", "full"),
            )
        if imshp_logical is not None or kshp_logical is not None:
            raise OldNotImplementedError(
                "ConvOp takes no logical shapes here: got imshp_logical or kshp_logical. Put zeros "
                "between the elements (`pytensor_unpool.upsample_dilate`).",
                got=(imshp_logical, kshp_logical),
                wanted=None,
            )
        imshp = (None,) * 3 if imshp is None else tuple(imshp)
        kshp = (None,) * 2 if kshp is None else tuple(kshp)
        if len(imshp) == 2:
            imshp = (1, *imshp)
        super().__init__(
            2, output_mode, (dx, dy), imshp=(bsize, *imshp), kshp=(nkern, imshp[0], *kshp)
        )

    def __call__(self, inputs: Any, kerns: Any) -> TensorVariable:
        """Return the convolution of images with a kernel."""
        return self.output(inputs, kerns)

    @staticmethod
    def getOutputShape(  # noqa: N802
        inshp: Sequence[Any],
        kshp: Sequence[Any],
        stride: Sequence[Any] = (1, 1),
        mode: str = "valid",
    ) -> tuple[Any, ...]:
        """Return the lengths of the output's rows and columns.

        >>> ConvOp.getOutputShape((8, None), (3, 3), (2, 2), "full")
        (5, None)
        """
        axes = zip(inshp, kshp, stride, strict=True)
        return tuple(get_conv_shape_1axis(n, taps, mode, step) for n, taps, step in axes)
