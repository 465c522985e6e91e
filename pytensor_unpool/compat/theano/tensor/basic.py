"""Names of `theano.tensor.basic` with other arguments, or that PyTensor does not have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import mul
from typing import Any, cast

import numpy as np
import pytensor.tensor as pt
from pytensor import config
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.ops.check import Check, equal

__all__ = [
    "batched_dot",
    "batched_tensordot",
    "col",
    "default",
    "flatten",
    "matrix",
    "patternbroadcast",
    "row",
    "scalar",
    "stack",
    "tensor",
    "tensor3",
    "tensor4",
    "tensor5",
    "tile",
    "unbroadcast",
    "vector",
]

__getattr__, __dir__ = fall_back(__name__)


def tensor(*args: Any, **kwargs: Any) -> TensorVariable:
    """Return a variable: ``tensor(dtype, broadcastable, name)``, as for `TensorType`."""
    name = kwargs.pop("name", None)
    return cast(TensorVariable, TensorType(*args, **kwargs)(name=name))


def _constructor(new: Callable[..., Any]) -> Callable[..., TensorVariable]:
    """Return a function that makes variables like `new`, with dtype as its second argument."""

    def make(name: str | None = None, dtype: str | None = None) -> TensorVariable:
        return cast(TensorVariable, new(name, dtype=dtype or config.floatX))

    make.__doc__ = f"Return a variable: ``{new.__name__}(name, dtype)``, floatX by default."
    make.__name__ = make.__qualname__ = new.__name__
    return make


scalar, vector, matrix = _constructor(pt.scalar), _constructor(pt.vector), _constructor(pt.matrix)
row, col = _constructor(pt.row), _constructor(pt.col)
tensor3, tensor4 = _constructor(pt.tensor3), _constructor(pt.tensor4)
tensor5 = _constructor(pt.tensor5)


def stack(*tensors: Any, axis: int | None = None, **named: Any) -> TensorVariable:
    """Join tensors along a new axis: ``stack([a, b], axis)``, or ``stack(a, b)`` as before 0.7.

    The list may be passed as ``tensors=``.
    """
    tensors = (named.pop("tensors"),) if not tensors and set(named) == {"tensors"} else tensors
    if named:
        raise DTypeError(
            f"stack takes tensors and axis: got {sorted(named)} too. Leave them out.",
            got=sorted(named),
            wanted=("tensors", "axis"),
        )
    sequence = isinstance(tensors[0], list | tuple) if tensors else False
    if sequence and len(tensors) <= 2:
        where = 0 if axis is None else axis
        return cast(TensorVariable, pt.stack(tensors[0], tensors[1] if tensors[1:] else where))
    return cast(TensorVariable, pt.stack(list(tensors), axis or 0))


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> TensorVariable:
    """Join the last axes of a tensor into one, so that `ndim` axes are left.

    Parameters
    ----------
    x : tensor_like
    ndim : int
        1 by default.
    outdim : int
        The older name of `ndim`.
    """
    if ndim is not None and outdim is not None:
        raise ArgumentError(
            "ndim and outdim are two names of one argument: got both. Pass ndim alone.",
            got=(ndim, outdim),
            wanted="one",
        )
    x = pt.as_tensor_variable(x)
    given = [number for number in (ndim, outdim) if number is not None]
    wanted = given[0] if given else 1
    if wanted != 1 and not 1 <= wanted <= x.type.ndim:
        raise ShapeError(
            f"ndim must be from 1 to {x.type.ndim}: got {wanted}. It is the number of axes of the "
            f"result.",
            got=wanted,
            wanted=x.type.ndim,
        )
    return cast(TensorVariable, pt.flatten(x, ndim=wanted))


def tile(x: Any, reps: Any, ndim: int | None = None) -> TensorVariable:
    """Repeat a tensor as a whole.

    Parameters
    ----------
    x : tensor_like
    reps : int, sequence of ints, or integer vector of known length
        How often, along each of the last axes.
    ndim : int, optional
        The number of axes of the result; without it, as many as `x` has or `reps` says.
    """
    x = pt.as_tensor_variable(x)
    if not isinstance(reps, list | tuple):
        reps = pt.as_tensor_variable(reps)
        reps = list(reps) if reps.type.ndim == 1 else [reps]
    reps = list(reps)
    wanted = max(len(reps), x.type.ndim) if ndim is None else ndim
    if wanted < max(len(reps), x.type.ndim):
        raise ShapeError(
            f"ndim must be at least the number of axes of x, and of reps: got {ndim} for "
            f"{x.type.ndim} and {len(reps)}. Leave it out.",
            got=ndim,
            wanted=max(len(reps), x.type.ndim),
        )
    return cast(TensorVariable, pt.tile(x, [1] * (wanted - len(reps)) + reps))


def default(x: Any, a: Any) -> Any:
    """Return `a` if `x` is None, else `x`."""
    return pt.as_tensor_variable(a) if x is None else x


def unbroadcast(x: Any, *axes: int) -> TensorVariable:
    """Drop the static length 1 of axes, so that the type accepts any length."""
    x = pt.as_tensor_variable(x)
    # The only index, in a vector whose length PyTensor does not know statically.
    (only,) = pt.nonzero(pt.ones(1, dtype="bool"))
    for axis in axes:
        if x.type.shape[axis] == 1:
            x = pt.take(x, only, axis=axis)
    return cast(TensorVariable, x)


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> TensorVariable:
    """Specify for every axis whether it always has length 1."""
    x = pt.as_tensor_variable(x)
    once = [i for i, flag in enumerate(broadcastable) if flag and x.type.shape[i] != 1]
    many = [i for i, flag in enumerate(broadcastable) if not flag and x.type.shape[i] == 1]
    x = pt.specify_broadcastable(x, *once) if once else x
    return unbroadcast(x, *many)


def batched_dot(a: Any, b: Any) -> TensorVariable:
    """Return the dot product of each item of `a` with the one of `b`.

    Parameters
    ----------
    a, b : tensor_like of shape (batch, ...)
        The last axis of an item of `a` is contracted with the second to last axis of an item of
        `b`, or its only one. A vector holds one number for each item.
    """
    a, b = pt.as_tensor_variable(a), pt.as_tensor_variable(b)
    for name, x in (("a", a), ("b", b)):
        if x.type.ndim == 0:
            raise DTypeError(
                f"{name} must have an axis of items: got a number. Use `a * b`.", got=0, wanted=1
            )
    if a.type.ndim == 1:
        return cast(TensorVariable, pt.shape_padright(a, b.type.ndim - 1) * b)
    if b.type.ndim == 1:
        return cast(TensorVariable, a * pt.shape_padright(b, a.type.ndim - 1))
    return batched_tensordot(a, b, [[a.type.ndim - 1], [max(1, b.type.ndim - 2)]])


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> TensorVariable:
    """Return the tensor product of each item of `x` with the one of `y`, summed along axes.

    Parameters
    ----------
    x, y : tensor_like of shape (batch, ...)
    axes : int, or two ints or sequences of ints
        The number of axes to sum: the last ones of `x`, the first ones of an item of `y`. Or the
        axes of each; the batch is axis 0.

    Raises
    ------
    ShapeError
        If there are no such axes, or not as many of `x` as of `y`. It is a `ValueError`.

    Examples
    --------
    >>> batched_tensordot([[1.0, 2.0]], [[3.0, 4.0]], axes=1).eval().tolist()
    [11.0]
    """
    x, y = pt.as_tensor_variable(x), pt.as_tensor_variable(y)
    of_x, of_y = _summed(axes, x.type.ndim, y.type.ndim)
    kept_x = [i for i in range(1, x.type.ndim) if i not in of_x]
    kept_y = [i for i in range(1, y.type.ndim) if i not in of_y]
    x = _with_items_of(x, y)
    left = x.dimshuffle(0, *kept_x, *of_x).reshape([_size(x, of) for of in ([0], kept_x, of_x)])
    right = y.dimshuffle(0, *of_y, *kept_y).reshape([_size(y, of) for of in ([0], of_y, kept_y)])
    product = pt.matmul(left, right)
    lengths = [x.shape[0], *(x.shape[i] for i in kept_x), *(y.shape[i] for i in kept_y)]
    return cast(TensorVariable, product.reshape(lengths, ndim=len(lengths)))


def _size(x: TensorVariable, axes: Sequence[int]) -> Any:
    """Return the product of lengths. Reshaping cannot find one out where another is 0."""
    lengths = [x.shape[i] if n is None else n for i, n in enumerate(x.type.shape) if i in axes]
    return reduce(mul, lengths, 1)


def _with_items_of(x: TensorVariable, y: TensorVariable) -> TensorVariable:
    """Return `x` if it has as many items as `y`. PyTensor would broadcast those of length 1."""
    got, wanted = x.type.shape[0], y.type.shape[0]
    message = "both must have as many items: their first axes differ"
    if got is not None and wanted is not None and got != wanted:
        raise DTypeError(f"{message}, {got} and {wanted}.", got=got, wanted=wanted)
    if got == wanted or 1 not in (got, wanted):
        return x
    return Check(DTypeError, f"{message}.")(x, equal(x.shape[0], y.shape[0]))


def _summed(axes: Any, ndim_x: int, ndim_y: int) -> tuple[list[int], list[int]]:
    """Return the axes that `batched_tensordot` sums, of each tensor, counted from the front."""
    if not _is_sequence(axes):
        n, most = int(axes), min(ndim_x, ndim_y)
        if not 0 <= n < most:
            raise ShapeError(
                f"axes must be a number below {most}, without the axis of items: got {n}. Pass the "
                f"number of axes to sum.",
                got=n,
                wanted=most - 1,
            )
        return list(range(ndim_x - n, ndim_x)), list(range(1, n + 1))
    if len(axes) != 2:
        raise ShapeError(
            f"axes must be a number, or the axes of x and those of y: got {axes}. Pass two.",
            got=axes,
            wanted=2,
        )
    of_x = _axes("x", axes[0], ndim_x)
    of_y = _axes("y", axes[1], ndim_y)
    if len(of_x) != len(of_y):
        raise ShapeError(
            f"axes must have as many axes of x as of y: got {of_x} and {of_y}.",
            got=(len(of_x), len(of_y)),
            wanted="equal numbers",
        )
    return of_x, of_y


def _axes(name: str, some: Any, ndim: int) -> list[int]:
    axes = [int(axis) for axis in (some if _is_sequence(some) else [some])]
    for axis in axes:
        if not -ndim <= axis < ndim:
            raise ShapeError(
                f"{name} has {ndim} axes: got axis {axis}. Pass at most {ndim - 1}.",
                got=axis,
                wanted=ndim - 1,
            )
        if axis % ndim == 0:
            raise ShapeError(
                f"axis {axis} of {name} is the axis of items, which is not summed. Pass others.",
                got=axis,
                wanted="1 or more",
            )
    return [axis % ndim for axis in axes]


def _is_sequence(some: Any) -> bool:
    return isinstance(some, list | tuple) or np.ndim(some) > 0
