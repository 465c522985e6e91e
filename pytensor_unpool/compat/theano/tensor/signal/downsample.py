"""`theano.tensor.signal.downsample` of Theano 0.7 and 0.8: functions, and Op classes as callables.

The gradient of a maximum goes to every element that equals it, in full, as in Theano on a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.graph.basic import Variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.theano.tensor.signal import pool
from pytensor_unpool.compat.theano.tensor.signal.arguments import image_tensor
from pytensor_unpool.compat.theano.tensor.signal.pool import max_pool_2d_same_size

__all__ = [
    "AveragePoolGrad",
    "DownsampleFactorMax",
    "DownsampleFactorMaxGrad",
    "DownsampleFactorMaxGradGrad",
    "MaxPoolGrad",
    "PoolGrad",
    "max_pool2D",
    "max_pool_2d",
    "max_pool_2d_same_size",
]

__getattr__, __dir__ = fall_back(__name__)


def max_pool_2d(
    input: Any,  # noqa: A002
    ds: Any,
    ignore_border: Any = False,
    st: Any = None,
    padding: Any = (0, 0),
    mode: str = "max",
) -> TensorVariable:
    """Pool the last two axes, as ``theano.tensor.signal.downsample.max_pool_2d`` did.

    Parameters
    ----------
    input : tensor of shape (..., rows, columns)
    ds : tuple of two ints
        Lengths of the windows.
    ignore_border : bool
        Whether to ignore windows that extend beyond the input.
    st : tuple of two ints, optional
        The stride, `ds` by default.
    padding : tuple of two ints
        Only with ``ignore_border=True``.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}
        Accepted by versions after 0.7.

    Returns
    -------
    tensor of shape (..., pooled rows, pooled columns), dtype of `input`

    Raises
    ------
    NotImplementedError
        If `input` has fewer than two axes, or `padding` is not smaller than the window, or there
        is one without ``ignore_border=True``.
    TypeError, ValueError, IndexError
        For other arguments that Theano refused.

    Examples
    --------
    >>> import numpy as np
    >>> from pytensor_unpool.compat.theano.tensor.signal import downsample
    >>> downsample.max_pool_2d(np.arange(12.0).reshape(3, 4), (2, 2)).eval().tolist()
    [[5.0, 7.0], [9.0, 11.0]]
    """
    x = image_tensor("max_pool_2d", input, 2)
    return pool.Pool(ignore_border, mode)(x, _pair(ds), _pair(st), _pair(padding))


def max_pool2D(*args: Any, **kwargs: Any) -> TensorVariable:  # noqa: N802
    """Call `max_pool_2d`, of which this is the older name.

    >>> import numpy as np
    >>> max_pool2D(np.array([[1.0, 2.0]]), (1, 2)).eval().tolist()
    [[2.0]]
    """
    return max_pool_2d(*args, **kwargs)


def _pair(numbers: Any) -> Any:
    """Return an iterable as a tuple; raise Theano's TypeError for a plain number."""
    return numbers if numbers is None or isinstance(numbers, Variable) else tuple(numbers)


class _DownsampleOp(NotAnOp):
    """Base of Theano's Ops that have fixed windows."""

    def __init__(
        self,
        ds: Any,
        ignore_border: Any = False,
        st: Any = None,
        padding: Any = (0, 0),
        mode: str = "max",
    ) -> None:
        self.mode = mode
        self.ds = _pair(ds)
        self.ignore_border = ignore_border
        self.st = self.ds if st is None else _pair(st)
        self.padding = _pair(padding)

    def _numbers(self) -> tuple[Any, Any, Any]:
        return self.ds, self.st, self.padding


class DownsampleFactorMax(_DownsampleOp):
    """``DownsampleFactorMax(ds, ignore_border, st, padding, mode)(x)``."""

    makes = pool.Pool.makes

    def __call__(self, x: Any) -> TensorVariable:
        """Return the pooled tensor."""
        return pool.Pool(self.ignore_border, self.mode)(x, *self._numbers())

    @staticmethod
    def out_shape(
        imgshape: Sequence[Any],
        ds: Any,
        ignore_border: Any = False,
        st: Any = None,
        padding: Any = (0, 0),
    ) -> list[Any]:
        """Return the output shape for images of a shape."""
        return pool.Pool.out_shape(imgshape, ds, ignore_border, st, padding)


class DownsampleFactorMaxGrad(_DownsampleOp):
    """``DownsampleFactorMaxGrad(ds, ignore_border, st, padding)(x, maxout, gz)``, for un-pooling.

    >>> import numpy as np
    >>> x = np.array([[1.0, 5.0, 2.0, 0.0], [4.0, 3.0, 8.0, 7.0]])
    >>> unpool = DownsampleFactorMaxGrad((2, 2), ignore_border=True)
    >>> unpool(x, [[5.0, 8.0]], [[50.0, 80.0]]).eval().tolist()
    [[0.0, 50.0, 0.0, 0.0], [0.0, 0.0, 80.0, 0.0]]

    With a `mode` other than "max" it is an `AveragePoolGrad`.
    """

    makes = pool.MaxPoolGrad.makes

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the gradient of the maximum, or of another mode."""
        mode = args[4] if len(args) > 4 else kwargs.get("mode", "max")
        return super().__new__(cls) if mode == "max" else AveragePoolGrad(*args, **kwargs)

    def __call__(self, x: Any, maxout: Any, gz: Any) -> TensorVariable:
        """Return zeros like `x`, with `gz` added wherever it equals its window's `maxout`."""
        return pool.MaxPoolGrad(self.ignore_border)(x, maxout, gz, *self._numbers())


class AveragePoolGrad(_DownsampleOp):
    """``AveragePoolGrad(ds, ignore_border, st, padding, mode)(x, gz)``."""

    makes = pool.AveragePoolGrad.makes

    def __init__(
        self,
        ds: Any,
        ignore_border: Any = False,
        st: Any = None,
        padding: Any = (0, 0),
        mode: str = "average_inc_pad",
    ) -> None:
        super().__init__(ds, ignore_border, st, padding, mode)

    def __call__(self, x: Any, gz: Any) -> TensorVariable:
        """Return every element's share of `gz`, in the shape of `x`."""
        return pool.AveragePoolGrad(self.ignore_border, self.mode)(x, gz, *self._numbers())


class DownsampleFactorMaxGradGrad(_DownsampleOp):
    """``DownsampleFactorMaxGradGrad(ds, ignore_border, st)(x, maxout, ggx)``."""

    def __call__(self, x: Any, maxout: Any, gz: Any) -> TensorVariable:
        """Return `gz`, which has the shape of `x`, summed over the maxima of every window."""
        return pool.DownsampleFactorMaxGradGrad(self.ignore_border)(x, maxout, gz, *self._numbers())


MaxPoolGrad = DownsampleFactorMaxGrad
PoolGrad = pool.PoolGrad

WITH_FIXED_WINDOWS: dict[type, type] = {
    pool.Pool: DownsampleFactorMax,
    pool.MaxPoolGrad: MaxPoolGrad,
    pool.AveragePoolGrad: AveragePoolGrad,
    pool.DownsampleFactorMaxGradGrad: DownsampleFactorMaxGradGrad,
}
