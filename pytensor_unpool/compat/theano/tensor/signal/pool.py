"""`theano.tensor.signal.pool` of Theano 1.0: functions, and Op classes as callables.

The gradient of a maximum goes to every element that equals it, in full, as in Theano on a CPU.
Where results differ from Theano's on purpose, the migration guide says so.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool import ops
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.signal.arguments import (
    image_tensor,
    new_name,
    theano_windows,
)
from pytensor_unpool.compat.theano.tensor.signal.pool_ops import (
    AveragePoolGrad,
    DownsampleFactorMaxGradGrad,
    MaxPoolGrad,
    MaxPoolRop,
    Pool,
    PoolGrad,
    empty_result,
)
from pytensor_unpool.errors import DTypeError

__all__ = [
    "AveragePoolGrad",
    "DownsampleFactorMaxGradGrad",
    "MaxPoolGrad",
    "MaxPoolRop",
    "Pool",
    "PoolGrad",
    "max_pool_2d_same_size",
    "pool_2d",
    "pool_3d",
]

__getattr__, __dir__ = fall_back(__name__)


def pool_2d(
    input: Any,  # noqa: A002
    ws: Any = None,
    ignore_border: Any = None,
    stride: Any = None,
    pad: Any = (0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> TensorVariable:
    """Pool the last two axes, as ``theano.tensor.signal.pool.pool_2d`` of Theano 1.0 did.

    Parameters
    ----------
    input : tensor or array of shape (..., rows, columns)
    ws : tuple of two ints, or integer vector
        Lengths of the windows. Its old name is `ds`.
    ignore_border : bool
        Whether to ignore windows that extend beyond the input. If omitted, there is a warning, and
        they are pooled.
    stride : tuple of two ints, or integer vector, optional
        Defaults to `ws`. Its old name is `st`.
    pad : tuple of two ints, or integer vector
        Its old name is `padding`. Only with ``ignore_border=True``.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad", "max_deterministic"}

    Returns
    -------
    tensor of shape (..., pooled rows, pooled columns), dtype of `input`

    Raises
    ------
    NotImplementedError
        If `input` has fewer than two axes, or `pad` is not smaller than the window, or there is a
        `pad` without ``ignore_border=True``.
    TypeError, ValueError, AssertionError, IndexError
        For other arguments that Theano refused: it raised the same classes.

    Convention
    ----------
    Ties: every maximum receives the full gradient. A window with a NaN gives NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from pytensor_unpool.compat.theano.tensor.signal.pool import pool_2d
    >>> x = np.arange(12.0).reshape(3, 4)
    >>> pool_2d(x, (2, 2), ignore_border=True).eval().tolist()
    [[5.0, 7.0]]
    >>> pool_2d(x, (2, 2), ignore_border=False, mode="sum").eval().tolist()
    [[10.0, 18.0], [17.0, 21.0]]
    """
    return _pool("pool_2d", 2, input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def pool_3d(
    input: Any,  # noqa: A002
    ws: Any = None,
    ignore_border: Any = None,
    stride: Any = None,
    pad: Any = (0, 0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> TensorVariable:
    """Pool the last three axes: `pool_2d` for volumes, with three numbers instead of two.

    Examples
    --------
    >>> import numpy as np
    >>> from pytensor_unpool.compat.theano.tensor.signal.pool import pool_3d
    >>> pool_3d(np.arange(8.0).reshape(2, 2, 2), (2, 2, 2), ignore_border=True).eval().tolist()
    [[[7.0]]]
    """
    return _pool("pool_3d", 3, input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def _pool(
    name: str,
    ndim: int,
    x: Any,
    ws: Any,
    ignore_border: Any,
    stride: Any,
    pad: Any,
    mode: str,
    ds: Any,
    st: Any,
    padding: Any,
) -> TensorVariable:
    ws = new_name("ws", ws, "ds", ds, calls=3)
    pad = new_name("pad", pad, "padding", padding, calls=3)
    stride = new_name("stride", stride, "st", st, calls=3)
    x = image_tensor(name, x, ndim)
    if ignore_border is None:
        warnings.warn(
            f"{name} pools windows that reach beyond the input, because ignore_border was left "
            f"out. Pass ignore_border=False to keep that, or True to drop them.",
            UserWarning,
            stacklevel=3,
        )
    return Pool(bool(ignore_border), mode, ndim)(x, ws, stride, pad)


def max_pool_2d_same_size(input: Any, patch_size: Any) -> TensorVariable:  # noqa: A002
    """Set all elements that are not the maximum of their patch to zero, and keep the shape.

    Every element that equals its patch's maximum is kept. Elements after the last whole patch are
    set to zero.

    Examples
    --------
    >>> import numpy as np
    >>> from pytensor_unpool.compat.theano.tensor.signal.pool import max_pool_2d_same_size
    >>> x = np.array([[1.0, 5.0, 2.0], [4.0, 5.0, 8.0]])
    >>> max_pool_2d_same_size(x, (2, 2)).eval().tolist()
    [[0.0, 5.0, 0.0], [0.0, 5.0, 0.0]]
    """
    x = pt.as_tensor_variable(input)
    if x.type.ndim < 2:
        raise DTypeError(
            f"max_pool_2d_same_size needs two axes: got {x.type.ndim}. Add axes of length 1.",
            got=x.type.ndim,
            wanted=2,
        )
    windows, numbers = theano_windows(patch_size, True, None, None, 2)
    if empty_result(x, windows) is not None:
        # Connected to x, as gradients expect.
        return pt.switch(np.bool_(False), x, pt.zeros_like(x))
    maxima = ops.MaxPool(windows, "all", "values")(x, *numbers)
    return ops.TiedUnpool(windows)(x, maxima, maxima, *numbers)
