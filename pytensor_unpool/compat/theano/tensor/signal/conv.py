"""Names of `theano.tensor.signal.conv`: convolution of images without channels."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import OldAssertionError
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.conv import convolve

__all__ = ["conv2d"]

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
    """Convolve one image or several with one kernel or several, each with each.

    Parameters
    ----------
    input : float tensor_like of shape (rows, columns) or (images, rows, columns)
    filters : float tensor_like of shape (rows, columns) or (kernels, rows, columns)
    image_shape, filter_shape : tuple of ints or None, optional
        The shapes, as far as they are known.
    border_mode : {"valid", "full"}
    subsample : tuple of two ints
        The stride.
    kargs : what `theano.tensor.nnet.conv.ConvOp` took
        Ignored, but for names that it does not know.

    Returns
    -------
    tensor of shape ([images], [kernels], out_rows, out_columns)
        With those of the first two axes that the arguments have.

    Convention
    ----------
    That of Theano 1.0.5. Theano 0.7 warned that two matrices give a matrix; there is no such
    warning here.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.signal.conv import conv2d
    >>> conv2d([[1.0, 2.0, 3.0]], [[1.0, 10.0]]).eval().tolist()
    [[12.0, 23.0]]
    """
    image, kernel = pt.as_tensor_variable(input), pt.as_tensor_variable(filters)
    for name, x in (("input", image), ("filters", kernel)):
        if x.type.ndim not in (2, 3):
            raise OldAssertionError(
                f"{name} must have 2 or 3 axes: got {x.type.ndim}. For images with channels there "
                f"is `theano.tensor.nnet.conv2d`.",
                got=x.type.ndim,
                wanted=(2, 3),
            )
    y = convolve(
        _with_channel(image),
        _with_channel(kernel),
        _shape(image_shape),
        _shape(filter_shape),
        border_mode,
        subsample,
        **kargs,
    )
    if kernel.type.ndim == 2:
        y = y[:, 0]
    return y[0] if image.type.ndim == 2 else y


def _with_channel(x: TensorVariable) -> TensorVariable:
    return x[None, None] if x.type.ndim == 2 else x[:, None]


def _shape(shape: Any) -> Any:
    """Return a declared shape with the axes that `_with_channel` adds."""
    if shape is None:
        return None
    *items, rows, columns = shape
    return (*(items or (1,)), 1, rows, columns)
