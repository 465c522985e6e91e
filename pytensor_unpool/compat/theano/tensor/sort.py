"""Names of `theano.tensor.sort`."""

from __future__ import annotations

from typing import Any, cast

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.errors import ArgumentError

__all__ = ["argtopk", "topk", "topk_and_argtopk"]

__getattr__, __dir__ = fall_back(__name__)


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
    x = pt.as_tensor_variable(x)
    x, axis = (x.flatten(), 0) if axis is None else (x, axis % x.type.ndim)
    if isinstance(kth, int) and kth == 0:
        raise ArgumentError("kth must not be 0: pass how many elements.", got=0, wanted="not 0")
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
    x, axis = (x.flatten(), 0) if axis is None else (x, axis)
    return cast(TensorVariable, pt.take_along_axis(x, indices, axis)), indices
