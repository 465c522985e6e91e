"""Names of `theano.tensor.sort`."""

from __future__ import annotations

from typing import Any, cast

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import OldIndexError
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.errors import ArgumentError, DTypeError
from pytensor_unpool.ops.check import Check

__all__ = ["argtopk", "topk", "topk_and_argtopk"]

__getattr__, __dir__ = fall_back(__name__)

INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))


def argtopk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002
    idx_dtype: str = "int64",
) -> TensorVariable:
    """Return the indices of the largest elements along an axis.

    Parameters
    ----------
    x : tensor_like
    kth : int, or integer scalar
        How many elements; if negative, the smallest ones.
    axis : int, optional
        With None, `x` is flattened first.
    sorted : ignored
        Theano documented the order as arbitrary. Here it is ascending by value.
    idx_dtype : str
    """
    x, axis = _along(x, axis)
    if idx_dtype not in INTEGERS:
        raise DTypeError(
            f"idx_dtype must be an integer type: got {idx_dtype!r}. Pass 'int64'.",
            got=idx_dtype,
            wanted=INTEGERS,
        )
    x = _long_enough(x, kth, axis)
    order = pt.argsort(x, axis=axis)
    largest = [slice(None)] * axis + [slice(-kth, None)]
    smallest = [slice(None)] * axis + [slice(None, -kth)]
    if isinstance(kth, int):
        chosen = order[tuple(largest if kth > 0 else smallest)]
    else:
        n = x.shape[axis]
        within = slice(pt.switch(kth > 0, n - kth, 0), pt.switch(kth > 0, n, -kth))
        chosen = order[tuple([slice(None)] * axis + [within])]
    return cast(TensorVariable, chosen.astype(idx_dtype))


def topk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002
    idx_dtype: str = "int64",
) -> TensorVariable:
    """Return the largest elements along an axis; see `argtopk`."""
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[0]


def topk_and_argtopk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002
    idx_dtype: str = "int64",
) -> tuple[TensorVariable, TensorVariable]:
    """Return the largest elements along an axis, and their indices; see `argtopk`."""
    x = pt.as_tensor_variable(x)
    indices = argtopk(x, kth, axis, sorted, idx_dtype)
    x, axis = _along(x, axis)
    return cast(TensorVariable, pt.take_along_axis(x, indices, axis)), indices


def _along(x: Any, axis: int | None) -> tuple[TensorVariable, int]:
    """Return a tensor and its axis, counted from the front; all elements for None."""
    x = pt.as_tensor_variable(x)
    if axis is None:
        return x.flatten(), 0
    if not -x.type.ndim <= axis < x.type.ndim:
        raise OldIndexError(
            f"axis {axis} is out of bounds: x has {x.type.ndim} axes. Pass one of them.",
            got=axis,
            wanted=x.type.ndim,
        )
    return x, axis % x.type.ndim


def _long_enough(x: TensorVariable, kth: Any, axis: int) -> TensorVariable:
    """Return `x` if its axis has `kth` elements, of which none would be left out in silence."""
    length = x.type.shape[axis]
    if not isinstance(kth, int) or length is None:
        longest = x.shape[axis]
        message = "kth must be at most the length of the axis, and not 0."
        return Check(ArgumentError, message)(x, pt.le(abs(kth), longest), pt.neq(kth, 0))
    if kth == 0 or abs(kth) > length:
        raise ArgumentError(
            f"kth must be at most {length}, the length of the axis, and not 0: got {kth}. Pass how "
            f"many elements.",
            got=kth,
            wanted=length,
        )
    return x
