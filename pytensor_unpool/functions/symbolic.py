"""Un-pooling as plain PyTensor graphs, by indexed assignment and without this package's Ops.

These are three techniques that people wrote by hand: one assignment for each leading item, one
assignment to flattened data, and one assignment with broadcast ``arange`` indices. All give the
same result. `pytensor_unpool.max_unpool` is faster, and its gradient is correct for repeated
positions. These functions serve for comparison, for backends on which its Op is not implemented,
and as a reference for what old graphs mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple, cast

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import PositionError, ShapeError
from pytensor_unpool.functions.arguments import check_pooled_axes, unpooled_shape
from pytensor_unpool.functions.types import IntsLike, TensorLike
from pytensor_unpool.geometry import plane_size
from pytensor_unpool.ops.check import Check, equal
from pytensor_unpool.ops.common import one_tensor, position_tensor

__all__ = ["unpool_arange", "unpool_flat", "unpool_loop"]

# An int where the length is known, otherwise a symbolic integer.
Length = Any


def unpool_loop(values: TensorLike, positions: TensorLike, shape: IntsLike) -> TensorVariable:
    """Un-pool by a chain of ``set_subtensor`` calls, one for each leading item.

    Every call is a node of the graph, so compilation slows down with the number of leading items.
    Use one of the other functions for more than a few hundred of them.

    Parameters
    ----------
    values : tensor_like of shape (..., *pooled), leading lengths known when the graph is built
        Values to write.
    positions : integer tensor_like of the shape of `values`
        Where to write them: indices into the un-pooled axes of the same leading item, flattened in
        C order.
    shape : int, sequence of int or symbolic int, or integer vector of static length
        Lengths of the un-pooled axes. They replace the same number of last axes of `values`.

    Returns
    -------
    unpooled : tensor of shape (..., *shape), dtype of `values`
        Zero where nothing was written.

    Raises
    ------
    ShapeError
        If the leading lengths are unknown, or lengths or numbers of axes do not match. Lengths that
        are not static are compared when the function runs.
    DTypeError
        If `positions` or `shape` is not integer.
    PositionError
        At run time, for a position outside the un-pooled axes. It is also an IndexError.

    Convention
    ----------
    Duplicates: where positions repeat, the last value in C order is written. The gradient goes to
    every value with that position, including the overwritten ones, as in old Theano. Negative
    positions count from the end of the un-pooled axes, as in NumPy.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from pytensor_unpool.symbolic import unpool_loop
    >>> values = pt.matrix("values", dtype="float64", shape=(2, 2))
    >>> unpooled = unpool_loop(values, [[1, 2], [0, 3]], 4)
    >>> unpooled.eval({values: [[5.0, 6.0], [7.0, 8.0]]}).tolist()
    [[0.0, 5.0, 6.0, 0.0], [7.0, 0.0, 0.0, 8.0]]
    """
    parts = _parts("unpool_loop", values, positions, shape)
    lengths = [_static_leading_length(parts, axis) for axis in range(len(parts.leading))]
    if 0 in lengths:
        # Without any assignment the result would not depend on `values`, and have no gradient.
        return unpool_arange(values, positions, shape)
    coordinates = _unravel(parts.positions, parts.unpooled)
    unpooled = parts.zeros()
    for item in product(*map(range, lengths)):
        where = (*item, *(coordinate[item] for coordinate in coordinates))
        unpooled = pt.set_subtensor(unpooled[where], parts.values[item])
    return unpooled


def unpool_flat(values: TensorLike, positions: TensorLike, shape: IntsLike) -> TensorVariable:
    """Un-pool by a single ``set_subtensor`` on a vector that holds all leading items.

    Parameters
    ----------
    values : tensor_like of shape (..., *pooled)
        Values to write.
    positions : integer tensor_like of the shape of `values`
        Where to write them: indices into the un-pooled axes of the same leading item, flattened in
        C order. The offset of each item in the vector is added by this function.
    shape : int, sequence of int or symbolic int, or integer vector of static length
        Lengths of the un-pooled axes. They replace the same number of last axes of `values`.

    Returns
    -------
    unpooled : tensor of shape (..., *shape), dtype of `values`
        Zero where nothing was written.

    Raises
    ------
    ShapeError
        If lengths or numbers of axes do not match. Lengths that are not static are compared when
        the function runs.
    DTypeError
        If `positions` or `shape` is not integer.
    PositionError
        At run time, for a position outside the un-pooled axes. It is also an IndexError.

    Convention
    ----------
    Duplicates and negative positions: as in `unpool_loop`.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> from pytensor_unpool.symbolic import unpool_flat
    >>> values = pt.matrix("values", dtype="float64")
    >>> unpooled = unpool_flat(values, [[1, 2], [0, 3]], 4)
    >>> unpooled.eval({values: [[5.0, 6.0], [7.0, 8.0]]}).tolist()
    [[0.0, 5.0, 6.0, 0.0], [7.0, 0.0, 0.0, 8.0]]
    """
    parts = _parts("unpool_flat", values, positions, shape)
    plane = plane_size(parts.unpooled)
    items = plane_size(parts.leading)
    # Modulo, because a negative position plus an offset would fall into the previous item.
    inside = parts.positions % plane
    if parts.leading:
        starts = pt.arange(items) * plane
        inside = inside + starts.reshape([*parts.leading, *(1 for _ in parts.unpooled)])
    vector = pt.zeros(items * plane, dtype=parts.values.dtype)
    # Values of another shape could have the same size, so their shape is checked before flattening.
    values = _same_shape("unpool_flat", parts.values, parts.positions)
    written = pt.set_subtensor(vector[inside.flatten()], values.flatten())
    return written.reshape([*parts.leading, *parts.unpooled])


def unpool_arange(values: TensorLike, positions: TensorLike, shape: IntsLike) -> TensorVariable:
    """Un-pool by a single ``set_subtensor`` with broadcast ``arange`` indices.

    With two leading axes and one un-pooled axis, this writes to
    ``zeros[arange(N)[:, None, None], arange(C)[None, :, None], positions]``. With more un-pooled
    axes, `positions` is split into one index for each of them.

    Parameters
    ----------
    values : tensor_like of shape (..., *pooled)
        Values to write.
    positions : integer tensor_like of the shape of `values`
        Where to write them: indices into the un-pooled axes of the same leading item, flattened in
        C order.
    shape : int, sequence of int or symbolic int, or integer vector of static length
        Lengths of the un-pooled axes. They replace the same number of last axes of `values`.

    Returns
    -------
    unpooled : tensor of shape (..., *shape), dtype of `values`
        Zero where nothing was written.

    Raises
    ------
    ShapeError
        If lengths or numbers of axes do not match. Lengths that are not static are compared when
        the function runs.
    DTypeError
        If `positions` or `shape` is not integer.
    PositionError
        At run time, for a position outside the un-pooled axes. It is also an IndexError.

    Convention
    ----------
    Duplicates and negative positions: as in `unpool_loop`.

    Examples
    --------
    An array of shape (2, 2) un-pooled to (2, 4), where position 5 is row 1, column 1:

    >>> import pytensor.tensor as pt
    >>> from pytensor_unpool.symbolic import unpool_arange
    >>> values = pt.matrix("values", dtype="float64")
    >>> unpooled = unpool_arange(values, [[1, 2], [5, 7]], (2, 4))
    >>> unpooled.eval({values: [[5.0, 6.0], [7.0, 8.0]]}).tolist()
    [[0.0, 5.0, 6.0, 0.0], [0.0, 7.0, 0.0, 8.0]]
    """
    parts = _parts("unpool_arange", values, positions, shape)
    index = [
        _along(axis, parts.values.ndim, pt.arange(length))
        for axis, length in enumerate(parts.leading)
    ]
    index += _unravel(parts.positions, parts.unpooled)
    return pt.set_subtensor(parts.zeros()[tuple(index)], parts.values)


class _Parts(NamedTuple):
    """Checked arguments: `positions` is int64, in range, and has the shape of `values`."""

    function: str
    values: TensorVariable
    positions: TensorVariable
    leading: tuple[Length, ...]
    unpooled: tuple[Length, ...]

    def zeros(self) -> TensorVariable:
        return pt.zeros([*self.leading, *self.unpooled], dtype=self.values.dtype)


def _parts(function: str, values: Any, positions: Any, shape: Any) -> _Parts:
    values, positions = one_tensor("values", values), position_tensor(positions)
    unpooled = tuple(unpooled_shape(shape))
    check_pooled_axes(positions, len(unpooled))
    if values.ndim != positions.ndim:
        raise ShapeError(
            f"{function} needs positions with the same number of axes as values: got positions "
            f"with {positions.ndim} axes and values with {values.ndim}. Pass one position for "
            f"each value.",
            got=positions.ndim,
            wanted=values.ndim,
        )
    if not 1 <= len(unpooled) <= values.ndim:
        raise ShapeError(
            f"{function} needs one length in shape for each un-pooled axis: got {len(unpooled)} "
            f"lengths for values with {values.ndim} axes. Un-pool at least one axis, and no more "
            f"than values has.",
            got=len(unpooled),
            wanted=f"1 to {values.ndim}",
        )
    static = _common_shape(function, values, positions)
    leading = tuple(
        values.shape[axis] if length is None else length
        for axis, length in enumerate(static[: values.ndim - len(unpooled)])
    )
    positions = _same_shape(function, positions.astype("int64"), values)
    positions = _inside(function, positions, plane_size(unpooled))
    return _Parts(function, values, positions, leading, unpooled)


def _common_shape(
    function: str, values: TensorVariable, positions: TensorVariable
) -> tuple[int | None, ...]:
    """Return the lengths that are static for either of two arrays of the same shape."""
    lengths = []
    for axis, (ours, theirs) in enumerate(
        zip(values.type.shape, positions.type.shape, strict=True)
    ):
        if ours is not None and theirs is not None and ours != theirs:
            raise ShapeError(
                f"{function} needs positions of the shape of values: got length {theirs} for axis "
                f"{axis} of positions, wanted {ours}. Broadcast them first if one row serves many "
                f"(`pytensor.tensor.broadcast_to`).",
                got=positions.type.shape,
                wanted=values.type.shape,
            )
        lengths.append(theirs if ours is None else ours)
    return tuple(lengths)


def _same_shape(function: str, x: TensorVariable, like: TensorVariable) -> TensorVariable:
    """Return `x`, which raises at run time if its shape is not that of `like`.

    The two are positions and values, in either order. Without the check, backends differ: NumPy
    would broadcast a length of 1, and a loop over the static length of one array would leave the
    rest of the other unread.
    """
    agree = [
        equal(x.shape[axis], like.shape[axis])
        for axis, lengths in enumerate(zip(x.type.shape, like.type.shape, strict=True))
        if None in lengths
    ]
    if not agree:
        return x
    check = Check(ShapeError, f"{function}: positions must have the shape of values.")
    return cast(TensorVariable, check(x, *agree))


def _inside(function: str, positions: TensorVariable, plane: Length) -> TensorVariable:
    """Return `positions`, which raise at run time if they lie outside the un-pooled axes.

    Indexed assignment does not check this everywhere: Numba would write outside the array.
    """
    limit = plane if isinstance(plane, int) else "the number of elements of the un-pooled axes"
    check = Check(
        PositionError,
        f"{function}: a position lies outside the un-pooled axes: wanted -limit <= position < "
        f"limit, where limit is {limit}. Pass in shape the lengths that were pooled.",
    )
    inside = (pt.all(positions >= -plane), pt.all(positions < plane))
    return cast(TensorVariable, check(positions, *inside))


def _static_leading_length(parts: _Parts, axis: int) -> int:
    length = parts.leading[axis]
    if isinstance(length, int):
        return length
    raise ShapeError(
        f"{parts.function} makes one assignment for each leading item, so it needs the leading "
        f"lengths of values when the graph is built: got {parts.values.type}, where axis {axis} "
        f"is unknown. Declare it (`pytensor.tensor.specify_shape`), or call unpool_arange, which "
        f"does not need it.",
        got=parts.values.type.shape,
        wanted="static leading lengths",
    )


def _unravel(positions: TensorVariable, lengths: Sequence[Length]) -> list[TensorVariable]:
    """Split flat positions into one coordinate for each axis.

    Floor division leaves the sign of a negative position in the first coordinate, which indexing
    counts from the end.
    """
    coordinates: list[TensorVariable] = []
    for length in reversed(lengths[1:]):
        coordinates.insert(0, positions % length)
        positions = positions // length
    return [positions, *coordinates]


def _along(axis: int, ndim: int, vector: TensorVariable) -> TensorVariable:
    """Give a vector `ndim` axes, all of length 1 but `axis`."""
    index: list[slice | None] = [None] * ndim
    index[axis] = slice(None)
    return vector[tuple(index)]
