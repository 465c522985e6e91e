"""Names of `theano.tensor.nnet.Conv3D`, which Theano 0.7 had."""  # noqa: N999

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.old_conv import OldConv

__all__ = ["conv3D"]

__getattr__, __dir__ = fall_back(__name__)


def conv3D(V: Any, W: Any, b: Any, d: Any) -> TensorVariable:  # noqa: N802, N803
    """Correlate volumes with a kernel, and add a bias; channels are the last axis of both.

    `V` has shape (batch, rows, columns, times, channels), `W` (out_channels, rows, columns, times,
    channels), `b` (out_channels,), and `d` three strides. The kernel is not reversed.

    >>> volumes, kernel = [[[[[1.0], [2.0], [3.0]]]]], [[[[[1.0], [10.0]]]]]
    >>> conv3D(volumes, kernel, [0.5], (1, 1, 1)).eval().tolist()
    [[[[[21.5], [32.5]]]]]
    """
    volumes, kernel = (pt.moveaxis(pt.as_tensor_variable(x), -1, 1) for x in (V, W))
    strides = tuple(d[i] for i in range(3))
    y = OldConv(3, subsample=strides, filter_flip=False).output(volumes, kernel)
    return pt.moveaxis(y, 1, -1) + pt.as_tensor_variable(b)
