"""Names of `theano.tensor.nnet.conv3d2d`: convolution of videos."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.arguments import declared, tensor_of
from pytensor_unpool.compat.theano.tensor.nnet.old_conv import OldConv
from pytensor_unpool.errors import ArgumentError
from pytensor_unpool.geometry.conv import padding

__all__ = ["conv3d"]

__getattr__, __dir__ = fall_back(__name__)


def conv3d(
    signals: Any,
    filters: Any,
    signals_shape: Any = None,
    filters_shape: Any = None,
    border_mode: Any = "valid",
) -> TensorVariable:
    """Convolve videos with a kernel: channels are the third axis, after time.

    Parameters
    ----------
    signals : float tensor_like of shape (batch, times, channels, rows, columns)
    filters : float tensor_like of shape (out_channels, times, channels, rows, columns)
        Reversed in time, rows and columns.
    signals_shape, filters_shape : tuple of five, constants or None, optional
        The shapes, as far as they are known.
    border_mode : {"valid", "half", "full"}, or a tuple of three of them
        Of time, rows and columns.

    Returns
    -------
    tensor of shape (batch, out_times, out_channels, out_rows, out_columns)

    Examples
    --------
    >>> import numpy as np
    >>> from pytensor_unpool.compat.theano.tensor.nnet.conv3d2d import conv3d
    >>> video, kernel = np.ones((1, 4, 1, 2, 2)), np.ones((1, 3, 1, 2, 2))
    >>> conv3d(video, kernel, border_mode=("half", "valid", "valid")).eval().ravel().tolist()
    [8.0, 12.0, 12.0, 8.0]
    """
    videos = declared("signals_shape", tensor_of("signals", signals, 5), signals_shape)
    kernel = declared("filters_shape", tensor_of("filters", filters, 5), filters_shape)
    videos, kernel = (pt.swapaxes(x, 1, 2) for x in (videos, kernel))
    words = border_mode if isinstance(border_mode, tuple) else (border_mode,) * 3
    if len(words) != 3 or any(word not in ("valid", "half", "full") for word in words):
        raise ArgumentError(
            f"invalid border_mode {border_mode!r}: wanted 'valid', 'half' or 'full', or a tuple of "
            f"three of them.",
            got=border_mode,
            wanted=("valid", "half", "full"),
        )
    convolution = OldConv(3, words[0])
    if len(set(words)) > 1:
        convolution.pad = [
            padding(word, None, kernel.shape[axis] if n is None else n, 1)
            for word, axis, n in zip(words, (2, 3, 4), kernel.type.shape[2:], strict=True)
        ]
    return pt.swapaxes(convolution.output(videos, kernel), 1, 2)
