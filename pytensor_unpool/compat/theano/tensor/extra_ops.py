"""Names of `theano.tensor.extra_ops`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytensor.tensor as pt
from numpy.lib.array_utils import normalize_axis_index
from pytensor.graph.basic import Constant
from pytensor.tensor import extra_ops
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.operations import OldOp, stands_for
from pytensor_unpool.errors import LARGEST_NUMBER, ArgumentError, DTypeError, ShapeError
from pytensor_unpool.ops.check import Check, equal

__all__ = ["CumOp", "CumprodOp", "CumsumOp", "Unique", "repeat", "unravel_index"]

__getattr__, __dir__ = fall_back(__name__)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> TensorVariable:
    """Repeat the elements of a tensor.

    Parameters
    ----------
    x : tensor_like
        The tensor to repeat.
    repeats : int, or integer scalar or vector
        Number of repeats, for all elements or for each element along the axis. A vector that is
        known to have one entry counts as a scalar.
    axis : int, optional
        The axis to repeat along, counted from the end if negative. Without it, `x` is flattened
        first.

    Returns
    -------
    repeated : tensor of the axes of `x`, or a vector without `axis`; dtype of `x`

    Raises
    ------
    DTypeError
        If `repeats` is not integer.
    ShapeError
        If `repeats` has more than one axis, or a vector has another length than the axis.
    ArgumentError
        If a repeat is negative, or above 2**31 - 1.
    ValueError
        If `x` has no such axis.

    These are raised when the graph is built if everything they depend on is known, and otherwise
    when it runs.

    Convention
    ----------
    The same as ``numpy.repeat``. The gradient of an element is the sum over its copies, also for a
    vector of repeats, for which Theano had no gradient. To repeat along several axes at once, use
    `pytensor_unpool.upsample_nearest`.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.extra_ops import repeat
    >>> repeat([[1, 2], [3, 4]], 2, axis=1).eval().tolist()
    [[1, 1, 2, 2], [3, 3, 4, 4]]
    >>> repeat([5, 6, 7], [1, 0, 3]).eval().tolist()
    [5, 7, 7, 7]
    """
    x = pt.as_tensor_variable(x)
    repeats = _counts(repeats)
    if axis is None:
        x, axis = x.flatten(), 0
    axis = normalize_axis_index(axis, x.type.ndim)
    if repeats.type.shape == (1,):
        constant = isinstance(repeats, Constant)
        repeats = pt.constant(repeats.data[0]) if constant else repeats[0]
    if repeats.type.ndim == 0:
        repeats = _within_limits(repeats)
        number = int(repeats.data) if isinstance(repeats, Constant) else repeats
        cells = pt.broadcast_to(
            pt.expand_dims(x, axis + 1), [*x.shape[: axis + 1], number, *x.shape[axis + 1 :]]
        )
        lengths = [x.shape[i] if n is None else n for i, n in enumerate(x.type.shape)]
        lengths[axis] = lengths[axis] * number
        return cells.reshape(lengths)
    return pt.take(x, _sources(x, repeats, axis), axis=axis)


def _counts(repeats: Any) -> TensorVariable:
    # A list without an entry is one of floats.
    if isinstance(repeats, tuple | list) and not repeats:
        repeats = np.zeros(0, dtype=np.int64)
    counts = pt.as_tensor_variable(repeats)
    if counts.type.numpy_dtype.kind not in "iu":
        raise DTypeError(
            f"repeats must be integer: got dtype {counts.dtype}. Cast them (`.astype('int64')`).",
            got=counts.dtype,
            wanted="integer",
        )
    if counts.type.ndim > 1:
        raise ShapeError(
            f"repeats must be a number or a vector: got {counts.type.ndim} axes. Pass one number "
            f"for each element along the axis.",
            got=counts.type.ndim,
            wanted="0 or 1",
        )
    if isinstance(counts, Constant):
        return pt.constant(counts.data.astype(np.int64))
    return cast(TensorVariable, counts.astype("int64"))


def _within_limits(repeats: TensorVariable) -> TensorVariable:
    """Return `repeats`, checked to be neither negative nor so large that their sum overflows."""
    wanted = f"0 to {LARGEST_NUMBER}"
    if not isinstance(repeats, Constant):
        check = Check(ArgumentError, f"repeats must be from {wanted}.")
        inside = (pt.all(repeats >= 0), pt.all(repeats <= LARGEST_NUMBER))
        return cast(TensorVariable, check(repeats, *inside))
    for number in (repeats.data.min(initial=0), repeats.data.max(initial=0)):
        if not 0 <= number <= LARGEST_NUMBER:
            raise ArgumentError(
                f"repeats must be from {wanted}: got {number}. Pass 0 to drop elements.",
                got=int(number),
                wanted=wanted,
            )
    return repeats


def _sources(x: TensorVariable, repeats: TensorVariable, axis: int) -> TensorVariable:
    """Return for each copy the index of its element.

    In Numba, gathering does not check bounds. These are within: there are as many ends as elements,
    they do not decrease, and every copy is before the last of them.
    """
    (got,), wanted = repeats.type.shape, x.type.shape[axis]
    if got is not None and wanted is not None and got != wanted:
        raise ShapeError(
            f"repeats must have one number for each element along the axis: got {got}, wanted "
            f"{wanted}. Pass one int if all are the same.",
            got=got,
            wanted=wanted,
        )
    repeats = _within_limits(repeats)
    if got is None or wanted is None:
        check = Check(ShapeError, "repeats must have one number for each element along the axis.")
        repeats = check(repeats, equal(repeats.shape[0], x.shape[axis]))
    ends = pt.cumsum(repeats)
    return cast(TensorVariable, pt.searchsorted(ends, pt.arange(repeats.sum()), side="right"))


class _AtAxis(NotAnOp):
    """An operation along an axis that is counted from the end, or in a tensor as one vector."""

    def __init__(self, axis: int | None, make: Callable[[int], Any]) -> None:
        self.axis, self._make = axis, make

    def __call__(self, x: Any) -> Any:
        x = pt.as_tensor_variable(x)
        if self.axis is None:
            return self._make(0)(x.flatten())
        return self._make(normalize_axis_index(self.axis, x.type.ndim))(x)


@stands_for(extra_ops.CumOp)
class CumOp(OldOp, extra_ops.CumOp):
    """``CumOp(axis, mode)``: the sum, or the product, of all elements up to each one.

    Parameters
    ----------
    axis : int, optional
        It may be counted from the end. Without it, the tensor is flattened first.
    mode : {"add", "mul"}
    """

    _has_twins = True

    def __new__(cls, axis: int | None = None, mode: str = "add") -> Any:
        """Return the operation, or one that finds the axis when it is called."""
        if axis is None or axis < 0:
            return _AtAxis(axis, lambda known: cls(known, mode))
        return super().__new__(cls)


def CumsumOp(axis: int | None = None) -> Any:  # noqa: N802
    """Return `CumOp` for sums."""
    return CumOp(axis, "add")


def CumprodOp(axis: int | None = None) -> Any:  # noqa: N802
    """Return `CumOp` for products."""
    return CumOp(axis, "mul")


@stands_for(extra_ops.Unique)
class Unique(OldOp, extra_ops.Unique):
    """``Unique(return_index, return_inverse, return_counts, axis)``, as ``numpy.unique``.

    Parameters
    ----------
    axis : int, optional
        It may be counted from the end.
    """

    _has_twins = True

    def __new__(
        cls,
        return_index: bool = False,
        return_inverse: bool = False,
        return_counts: bool = False,
        axis: int | None = None,
    ) -> Any:
        """Return the operation, or one that finds the axis when it is called."""
        if axis is not None and axis < 0:
            returned = return_index, return_inverse, return_counts
            return _AtAxis(axis, lambda known: cls(*returned, known))
        return super().__new__(cls)


def unravel_index(
    indices: Any, dims: Any, order: str = "C", ndim: int | None = None
) -> tuple[TensorVariable, ...]:
    """Return the coordinates of flat indices, one tensor for each axis.

    Parameters
    ----------
    indices : integer tensor_like
    dims : tuple of ints, or integer vector
        The shape that the indices are in.
    order : {"C", "F"}
    ndim : int, optional
        The length of `dims`, where it is a vector of unknown length.

    >>> [x.eval().tolist() for x in unravel_index([4, 5], (2, 3))]
    [[1, 1], [1, 2]]
    """
    dims = pt.as_tensor_variable(dims)
    if ndim is not None:
        dims = pt.specify_shape(dims, (ndim,))
    return tuple(pt.unravel_index(indices, dims, order))
