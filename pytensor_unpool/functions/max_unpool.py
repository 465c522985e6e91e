"""Un-pooling by positions: the public function."""

from __future__ import annotations

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.functions.arguments import (
    check_pooled_axes,
    length_vector,
    unpooled_shape,
)
from pytensor_unpool.functions.types import IntsLike, TensorLike
from pytensor_unpool.geometry.windows import choice
from pytensor_unpool.ops import MaxUnpool
from pytensor_unpool.ops.common import position_tensor

__all__ = ["max_unpool"]


def max_unpool(
    values: TensorLike, positions: TensorLike, shape: IntsLike, *, duplicates: str = "last"
) -> TensorVariable:
    """Undo a max pooling: write values at their positions, and zeros elsewhere.

    Parameters
    ----------
    values : tensor_like of shape (..., *pooled)
        Values to write.
    positions : integer tensor_like of the shape of `values`
        Where to write them: indices into the un-pooled axes of the same leading item, flattened in
        C order, as `max_pool` returns them.
    shape : int, sequence of int or symbolic int, or integer vector of static length
        Lengths of the un-pooled axes alone, such as ``x.shape[-2:]`` if two axes were pooled. They
        replace the same number of last axes of `values`.
    duplicates : {"last", "sum"}
        What to do where positions repeat: write the last value in C order, or add them up.

    Returns
    -------
    unpooled : tensor of shape (..., *shape), dtype of `values`

    Raises
    ------
    PositionError
        If ``0 <= position < prod(shape)`` does not hold. It is also an IndexError.
    ShapeError
        If `values` and `positions` differ in shape, `shape` is not a valid shape, or the graph
        shows that `positions` come from a pooling over another number of axes.
    DTypeError
        If `positions` or `shape` is not integer, or `values` is complex.

    These are raised when the graph is built if everything they depend on is static, and otherwise
    when it runs.

    Convention
    ----------
    With ``duplicates="last"`` only the values that were written receive a gradient; for all others
    it is zero. ``max_unpool(g, positions, shape, duplicates="sum")`` is the gradient of `max_pool`
    with ``ties="first"``.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> pu.max_unpool([5.0, 8.0], [1, 3], 6).eval().tolist()
    [0.0, 5.0, 0.0, 8.0, 0.0, 0.0]
    """
    choice("duplicates", duplicates, ("last", "sum"))
    positions = position_tensor(positions)
    lengths = unpooled_shape(shape)
    check_pooled_axes(positions, len(lengths))
    return MaxUnpool(len(lengths), duplicates)(values, positions, length_vector(lengths))
