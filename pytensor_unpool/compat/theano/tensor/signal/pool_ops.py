"""The Ops of `theano.tensor.signal.pool` of Theano 1.0, as callables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool import ops
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.static_shape import of_theano, with_static_shape
from pytensor_unpool.compat.theano.tensor.signal.arguments import new_name, theano_windows
from pytensor_unpool.errors import ArgumentError, DTypeError
from pytensor_unpool.geometry import Windows, count_windows
from pytensor_unpool.ops.common import lengths_vector

__all__ = [
    "AveragePoolGrad",
    "DownsampleFactorMaxGradGrad",
    "MaxPoolGrad",
    "MaxPoolRop",
    "Pool",
    "PoolGrad",
    "empty_result",
]

MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")


def empty_result(x: TensorVariable, windows: Windows) -> TensorVariable | None:
    """Return an empty result if an axis is known to be too short for a window.

    Theano gave such results. If lengths are only known at run time, the Ops raise an error.
    """
    if windows.partial_windows or not windows.is_static:
        return None
    ndim = windows.ndim
    known = [
        None if length is None else max(0, count_windows(length, *axis, False))
        for length, axis in zip(x.type.shape[-ndim:], windows.axes(), strict=True)
    ]
    if 0 not in known:
        return None
    result = x
    for axis, count in enumerate(known, start=-ndim):
        result = result.take(np.zeros(count or 0, int), axis=axis)
    return result


class _WindowedOp(NotAnOp):
    """Base of Theano's Ops that take their windows as inputs.

    Before Theano 0.9 they were given their windows when they were made: ``Pool(ds, ...)``.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        fixed = {"ds", "st", "padding"}
        if not (args and isinstance(args[0], tuple | list | np.ndarray)) and not fixed & {*kwargs}:
            return super().__new__(cls)
        # Here, because `downsample` imports this file.
        from pytensor_unpool.compat.theano.tensor.signal import downsample

        kind = downsample.WITH_FIXED_WINDOWS.get(cls)
        return super().__new__(cls) if kind is None else kind(*args, **kwargs)

    def __init__(
        self, ignore_border: Any = False, mode: str = "max", ndim: int = 2, openmp: Any = None
    ) -> None:
        if mode == "max_deterministic":
            mode = "max"
        if mode not in MODES:
            raise ArgumentError(
                f"Pool mode parameter only support 'max', 'sum', 'average_inc_pad' and "
                f"'average_exc_pad'. Got {mode}",
                got=mode,
                wanted=MODES,
            )
        self.ignore_border = bool(ignore_border)
        self.mode = mode
        self.ndim = ndim

    def _windows(self, ws: Any, stride: Any, pad: Any) -> tuple[Windows, list[TensorVariable]]:
        return theano_windows(ws, self.ignore_border, stride, pad, self.ndim)

    def _broadcastable(self, x: TensorVariable) -> tuple[bool, ...]:
        return (*x.type.broadcastable[: -self.ndim], *[False] * self.ndim)


class Pool(_WindowedOp):
    """``Pool(ignore_border, mode, ndim)(x, ws, stride, pad)``."""

    makes = (ops.MaxPool, ops.Pool)

    def __call__(self, x: Any, ws: Any, stride: Any = None, pad: Any = None) -> TensorVariable:
        """Return the pooled tensor."""
        x = pt.as_tensor_variable(x)
        windows, numbers = self._windows(ws, stride, pad)
        empty = empty_result(x, windows)
        if empty is not None:
            return empty
        if self.mode == "max":
            y = ops.MaxPool(windows, "all")(x, *numbers)[0]
        else:
            y = ops.Pool(windows, self.mode)(x, *numbers)
        return of_theano(y, self._broadcastable(x))

    @staticmethod
    def out_shape(
        imgshape: Sequence[Any],
        ws: Any = None,
        ignore_border: Any = False,
        stride: Any = None,
        pad: Any = None,
        ndim: int = 2,
        ds: Any = None,
        st: Any = None,
        padding: Any = None,
    ) -> list[Any]:
        """Return the output shape for images of a shape; all numbers may be symbolic.

        >>> Pool.out_shape((1, 2, 5, 7), (3, 3), True, (2, 2), (1, 1))
        [1, 2, 3, 4]
        """
        ws = new_name("ws", ws, "ds", ds, calls=2)
        stride = new_name("stride", stride, "st", st, calls=2)
        pad = new_name("pad", pad, "padding", padding, calls=2)
        if ws is None:
            raise ArgumentError(
                f"ws needs the lengths of the windows: got None. Pass a tuple of {ndim}.",
                got=None,
                wanted=f"a tuple of {ndim}",
            )
        if len(imgshape) < ndim:
            raise DTypeError(
                f"imgshape must have at least {ndim} dimensions: got {imgshape}.",
                got=len(imgshape),
                wanted=ndim,
            )
        stride = ws if stride is None else stride
        pad = (0,) * ndim if pad is None else pad
        pooled = [
            _number_of_windows(imgshape[i - ndim], ws[i], stride[i], pad[i], ignore_border)
            for i in range(ndim)
        ]
        return [*imgshape[: len(imgshape) - ndim], *pooled]


PoolGrad = Pool


def _number_of_windows(length: Any, window: Any, stride: Any, pad: Any, ignore_border: Any) -> Any:
    """Return Theano's number of windows, which is 0 if the axis is too short for one.

    Theano has no partial windows with padding, but counts them anyway if asked to.
    """
    numbers = (length, window, stride, pad)
    largest = pt.maximum if any(isinstance(n, Variable) for n in numbers) else max
    length = length + 2 * pad
    if ignore_border:
        return largest(0, (length - window) // stride + 1)
    steps = largest(0, -((window - length) // stride))
    return (length > 0) * (1 + _smaller_of(steps, (length - 1) // stride))


def _smaller_of(a: Any, b: Any) -> Any:
    """Return the smaller of two numbers, of which some may be symbolic."""
    return pt.minimum(a, b) if isinstance(a, Variable) or isinstance(b, Variable) else min(a, b)


class MaxPoolGrad(_WindowedOp):
    """``MaxPoolGrad(ignore_border, ndim)(x, maxout, gz, ws, stride, pad)``, for un-pooling."""

    makes = (ops.TiedUnpool,)

    def __init__(self, ignore_border: Any, ndim: int = 2, openmp: Any = None) -> None:
        super().__init__(ignore_border, "max", ndim)

    def __call__(
        self, x: Any, maxout: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None
    ) -> TensorVariable:
        """Return zeros like `x`, with `gz` added to all that equals its window's `maxout`."""
        x = pt.as_tensor_variable(x)
        windows, numbers = self._windows(ws, stride, pad)
        return with_static_shape(ops.TiedUnpool(windows)(x, maxout, gz, *numbers), x.type.shape)


class AveragePoolGrad(_WindowedOp):
    """``AveragePoolGrad(ignore_border, mode, ndim)(x, gz, ws, stride, pad)``."""

    makes = (ops.PoolInputGrad,)

    def __init__(self, ignore_border: Any, mode: str = "average_inc_pad", ndim: int = 2) -> None:
        super().__init__(ignore_border, mode, ndim)
        if self.mode == "max":
            raise ArgumentError(
                f"mode must be 'sum', 'average_inc_pad' or 'average_exc_pad': got {mode!r}. For "
                f"maxima there is MaxPoolGrad.",
                got=mode,
                wanted=MODES[1:],
            )

    def __call__(
        self, x: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None, dummy: Any = None
    ) -> TensorVariable:
        """Return every element's share of `gz`, in the shape of `x`."""
        x = pt.as_tensor_variable(x)
        return with_static_shape(self._shares(x, gz, ws, stride, pad), x.type.shape)

    def _shares(self, x: TensorVariable, gz: Any, ws: Any, stride: Any, pad: Any) -> TensorVariable:
        lengths = lengths_vector(x, self.ndim)
        pads = _pads_around_windows(ws, pad)
        if pads is None or not self.ignore_border or self.mode == "average_exc_pad":
            windows, numbers = self._windows(ws, stride, pad)
            return ops.PoolInputGrad(windows, self.mode)(gz, lengths, *numbers)
        # This Op did not compare them with the windows, of which some lie in the padding then.
        windows, numbers = self._windows(ws, stride, None)
        padded = ops.PoolInputGrad(windows, self.mode)(gz, lengths + 2 * pads, *numbers)
        inner = [slice(p, p + lengths[i]) for i, p in enumerate(pads.tolist())]
        return padded[(..., *inner)]


def _pads_around_windows(ws: Any, pad: Any) -> np.ndarray | None:
    """Return the pads if one of them is at least as long as its window, and all are known."""
    if isinstance(ws, Variable) or pad is None or isinstance(pad, Variable):
        return None
    windows, pads = np.asarray(ws), np.asarray(pad)
    known = all(x.dtype.kind in "iu" and x.ndim == 1 for x in (windows, pads))
    return pads if known and len(pads) == len(windows) and (pads >= windows).any() else None


class DownsampleFactorMaxGradGrad(_WindowedOp):
    """``DownsampleFactorMaxGradGrad(ignore_border)(x, maxout, ggx, ws, stride, pad)``."""

    makes = (ops.TiedGather,)

    def __call__(
        self, x: Any, maxout: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None
    ) -> TensorVariable:
        """Return `gz`, which has the shape of `x`, summed over the maxima of every window."""
        x = pt.as_tensor_variable(x)
        windows, numbers = self._windows(ws, stride, pad)
        y = ops.TiedGather(windows)(x, maxout, gz, *numbers)
        return of_theano(y, self._broadcastable(x))


class MaxPoolRop(_WindowedOp):
    """``MaxPoolRop(ignore_border, mode, ndim)(x, eval_point, ws, stride, pad)``."""

    def __call__(
        self, x: Any, eval_point: Any, ws: Any, stride: Any = None, pad: Any = None
    ) -> TensorVariable:
        """Return `eval_point` where each window of `x` has its first maximum."""
        x = pt.as_tensor_variable(x)
        windows, numbers = self._windows(ws, stride, pad)
        _, positions = ops.MaxPool(windows, "first")(x, *numbers)
        y = ops.MaxGather(self.ndim, "sum")(eval_point, positions)
        return of_theano(y, self._broadcastable(x))
