"""Adaptive and global pooling: the output lengths are given instead of the windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import and_, mul
from typing import Any, NamedTuple

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import LARGEST_NUMBER, DTypeError, ShapeError
from pytensor_unpool.functions.arguments import adaptive_lengths
from pytensor_unpool.functions.pool import pool
from pytensor_unpool.functions.types import IntLike, IntsLike, TensorLike
from pytensor_unpool.geometry.adaptive import (
    adaptive_end,
    adaptive_start,
    check_adaptive,
    has_equal_windows,
    longest_adaptive_window,
)
from pytensor_unpool.geometry.max_unpool import plane_size
from pytensor_unpool.geometry.windows import as_integer, choice
from pytensor_unpool.ops import MaxGather
from pytensor_unpool.ops.adaptive import CheckLength, Repeat
from pytensor_unpool.ops.common import check_ndim, real_tensor

__all__ = ["adaptive_pool", "global_pool"]

# There is no padding, so all averages are the same.
MODES = ("max", "sum", "average", "average_inc_pad", "average_exc_pad")

# The window length of the first of two stages: the longest that kernels unroll.
FIRST_STAGE = 32


def adaptive_pool(
    x: TensorLike, lengths: IntsLike | Sequence[IntLike | None], *, mode: str = "max"
) -> TensorVariable:
    """Pool to given output lengths, with windows of nearly equal length.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Any real dtype; for the maximum also bool. The last axes are pooled, one for each of
        `lengths`. There may be any number of leading axes, including none.
    lengths : int, sequence of int, of symbolic int and of None, or integer vector of static length
        Lengths of the pooled axes in the result. An int means one pooled axis. None leaves an axis
        as it is. A length may exceed that of the axis; windows then share elements.
    mode : {"max", "sum", "average", "average_inc_pad", "average_exc_pad"}
        What to compute. There is no padding, so the averages are all the same.

    Returns
    -------
    y : tensor of shape (..., *lengths), dtype of `x`
        Sums of integers wrap around as in NumPy; their averages are truncated towards zero.

    Raises
    ------
    ArgumentError
        If `mode` is not one of the five.
    ShapeError
        If a length is less than 1, `x` has fewer axes than there are lengths, or a pooled axis is
        empty.
    DTypeError
        If `x` is complex, or bool where it would be summed, or a length is not an integer.

    These are raised when the graph is built if everything they depend on is static, and otherwise
    when it runs.

    Convention
    ----------
    Window i of m on an axis of n elements covers the elements ``floor(i * n / m)`` up to, but not
    including, ``ceil((i + 1) * n / m)``, as in PyTorch's ``adaptive_max_pool2d`` and
    ``adaptive_avg_pool2d``. Adjacent windows can share an element where m does not divide n. If
    several elements are the maximum, the first in C order receives the gradient. A window that
    holds a NaN gives NaN, and no other does.

    Where m divides n, and both are static, this is `pool` with windows of length n / m. Otherwise
    windows of equal length are first laid out in memory: at most n + 2 * m elements for an axis of
    n elements, and as many positions.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> pu.adaptive_pool([1, 5, 2, 0, 4, 3, 8], 3).eval().tolist()
    [5, 4, 8]
    >>> pu.adaptive_pool([[1.0, 5.0, 2.0], [4.0, 3.0, 8.0]], (None, 2), mode="average").eval()
    array([[3. , 3.5],
           [3.5, 5.5]])
    """
    choice("mode", mode, MODES)
    x, axes = _adaptive_axes(x, adaptive_lengths(lengths))
    windows = [axis.window for axis in axes]
    laid_out = x if all(axis.is_regular for axis in axes) else _lay_out(x, axes)
    if mode == "max":
        y = pool(laid_out, windows)
    elif all(axis.has_equal_windows for axis in axes):
        y = pool(laid_out, windows, mode=_mode_of_pool(mode))
    else:
        inside = _outer([axis.inside() for axis in axes], and_)
        y = pool(pt.switch(inside, laid_out, pt.zeros((), laid_out.dtype)), windows, mode="sum")
        if mode != "sum":
            y = _divide(y, _outer([axis.sizes() for axis in axes], mul))
    counts = [axis.count if isinstance(axis.count, int) else None for axis in axes]
    if any(k is not None is n for k, n in zip(counts, y.type.shape[-len(axes) :], strict=True)):
        y = pt.specify_shape(y, (*[None] * (y.type.ndim - len(axes)), *counts))
    return y


def global_pool(
    x: TensorLike, ndim: int, *, mode: str = "max", keepdims: bool = False
) -> TensorVariable:
    """Pool whole axes: take the maximum, the sum or the average of each leading item.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Any real dtype; for the maximum also bool.
    ndim : int
        Number of pooled axes, counted from the last.
    mode : {"max", "sum", "average", "average_inc_pad", "average_exc_pad"}
        What to compute. There is no padding, so the averages are all the same.
    keepdims : bool
        Whether to keep the pooled axes, with length 1.

    Returns
    -------
    y : tensor of shape (...) or (..., 1, ..., 1), dtype of `x`
        Sums of integers wrap around as in NumPy; their averages are truncated towards zero.

    Raises
    ------
    ArgumentError
        If `mode` is not one of the five.
    ShapeError
        If `ndim` is less than 1, `x` has fewer axes, or a pooled axis is empty.
    DTypeError
        If `x` is complex, or bool where it would be summed, or `ndim` is not an int.

    These are raised when the graph is built if everything they depend on is static, and otherwise
    when it runs.

    Convention
    ----------
    Keras calls these GlobalMaxPooling and GlobalAveragePooling. If several elements are the
    maximum, the first in C order receives the gradient; `pytensor.tensor.max` gives it to each of
    them. An item that holds a NaN gives NaN.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> x = [[[1.0, 5.0], [2.0, 0.0]], [[4.0, 3.0], [8.0, 7.0]]]
    >>> pu.global_pool(x, 2).eval().tolist()
    [5.0, 8.0]
    >>> pu.global_pool(x, 2, mode="average", keepdims=True).eval().tolist()
    [[[2.0]], [[5.5]]]
    """
    choice("mode", mode, MODES)
    ndim = _number_of_axes(ndim)
    x, axes = _adaptive_axes(x, [1] * ndim)
    lengths = [axis.length for axis in axes]
    is_max = mode == "max"
    y = _max_in_stages(x, lengths) if is_max else pool(x, lengths, mode=_mode_of_pool(mode))
    pooled = tuple(range(x.type.ndim - ndim, y.type.ndim))
    y = pt.specify_broadcastable(y, *pooled).squeeze(pooled)
    return pt.expand_dims(y, tuple(range(-ndim, 0))) if keepdims else y


class _Axis(NamedTuple):
    """The length of a pooled axis and the number of its windows, each an int or symbolic."""

    length: Any
    count: Any
    is_kept: bool

    @property
    def is_static(self) -> bool:
        return isinstance(self.length, int) and isinstance(self.count, int)

    @property
    def is_regular(self) -> bool:
        """Whether the windows are known to be those of `pool` with its default stride."""
        return self.is_kept or (self.is_static and self.length % self.count == 0)

    @property
    def window(self) -> Any:
        """Number of elements of the longest window."""
        return 1 if self.is_kept else longest_adaptive_window(self.length, self.count)

    @property
    def has_equal_windows(self) -> bool:
        return self.is_kept or has_equal_windows(self.length, self.count)

    def numbers(self) -> Any:
        return np.arange(self.count) if self.is_static else pt.arange(self.count)

    def sizes(self) -> Any:
        """Return the number of elements of each window."""
        if self.is_kept:
            return np.ones(1, "int64")
        numbers = self.numbers()
        ends = adaptive_end(numbers, self.length, self.count)
        return ends - adaptive_start(numbers, self.length, self.count)

    def taps(self) -> Any:
        """Return the indices of the taps of the longest window."""
        return np.arange(self.window) if self.is_static else pt.arange(self.window)

    def inside(self) -> Any:
        """Return which taps lie inside their window, for all windows one after another."""
        if self.is_kept:
            return np.ones(1, bool)
        return (self.taps() < self.sizes()[:, None]).reshape((-1,))

    def elements(self) -> Any:
        """Return the element that each tap reads. Shorter windows repeat their last element.

        The copies come last, so the first maximum of a window stays the first.
        """
        if self.is_kept:
            return self.numbers()
        numbers = self.numbers()
        minimum = np.minimum if self.is_static else pt.minimum
        elements = minimum(
            adaptive_start(numbers, self.length, self.count)[:, None] + self.taps(),
            adaptive_end(numbers, self.length, self.count)[:, None] - 1,
        )
        return elements.reshape((-1,))


def _number_of_axes(ndim: Any) -> int:
    ndim = as_integer("ndim", ndim)
    if not isinstance(ndim, int):
        raise DTypeError(
            f"ndim must be known when the graph is built: got {ndim}. Pass an int.",
            got=ndim,
            wanted="int",
        )
    if ndim < 1:
        raise ShapeError(
            f"ndim must be at least 1: got {ndim}. Pass the number of axes to pool.",
            got=ndim,
            wanted="at least 1",
        )
    return ndim


def _adaptive_axes(x: Any, counts: list[Any]) -> tuple[TensorVariable, list[_Axis]]:
    """Return `x` as a tensor, and its pooled axes. Lengths not yet known get run-time checks."""
    x = real_tensor("x", x)
    check_ndim("x", x, len(counts))
    # Axes in front that stay as they are count as leading axes.
    while len(counts) > 1 and counts[0] is None:
        counts = counts[1:]
    first = x.type.ndim - len(counts)
    lengths = x.type.shape[first:]
    check_adaptive(lengths, tuple(counts))
    axes = []
    for i, (length, count) in enumerate(zip(lengths, counts, strict=True)):
        if length is None:
            length = _checked_length(x, first + i)
        if count is not None and not isinstance(count, int):
            count = _checked_count(count, i - len(counts))
        axes.append(_Axis(length, length if count is None else count, count is None))
    return x, axes


def _checked_length(x: TensorVariable, axis: int) -> Any:
    check = CheckLength(
        ShapeError,
        f"x must have elements to pool: axis {axis - x.type.ndim} is empty. Only leading axes may "
        f"have length 0.",
    )
    return check(x.shape[axis], pt.ge(x.shape[axis], 1))


def _checked_count(count: Any, axis: int) -> Any:
    check = CheckLength(
        ShapeError,
        f"lengths must be at least 1, and at most {LARGEST_NUMBER}: got another number for axis "
        f"{axis}. Pass the length that the axis should have after pooling, or None to keep its "
        f"own.",
    )
    return check(count, pt.ge(count, 1), pt.le(count, LARGEST_NUMBER))


def _leading_lengths(x: TensorVariable, ndim: int) -> list[Any]:
    """Return the lengths of all axes but the last `ndim`."""
    same = CheckLength(ShapeError, "An axis has a negative length.")
    return [
        same(x.shape[axis], pt.ge(x.shape[axis], 0)) if length is None else np.int64(length)
        for axis, length in enumerate(x.type.shape[: x.type.ndim - ndim])
    ]


def _lay_out(x: TensorVariable, axes: list[_Axis]) -> TensorVariable:
    """Return the elements of all windows side by side, each padded to the longest window."""
    positions: Any = 0
    for i, axis in enumerate(axes):
        behind = [1] * (len(axes) - 1 - i)
        stride = plane_size([other.length for other in axes[i + 1 :]])
        positions = positions + (axis.elements() * stride).reshape((-1, *behind))
    if isinstance(positions, np.ndarray):
        positions = positions.astype(np.min_scalar_type(-int(positions.max()) - 1))
    positions = disconnected_grad(pt.as_tensor_variable(positions))
    laid_out = [axis.length if axis.is_kept else axis.window * axis.count for axis in axes]
    leading = _leading_lengths(x, len(axes))
    return MaxGather(len(axes), "sum")(x, Repeat()(positions, *leading, *laid_out))


def _max_in_stages(x: TensorVariable, lengths: list[Any]) -> TensorVariable:
    """Return the maximum over the last axes, merged into one of length 1.

    Kernels are fast for many short windows and slow for a few long ones. Ties still go to the first
    element: the first stage and the second both take the first maximum.
    """
    size: Any = plane_size(lengths)
    if len(lengths) > 1:
        x = x.reshape((*_leading_lengths(x, len(lengths)), size))
    is_short = isinstance(size, int) and size <= FIRST_STAGE
    if not is_short:
        x = pool(x, FIRST_STAGE, partial_windows=True)
        size = -(-size // FIRST_STAGE)
    return pool(x, size)


def _mode_of_pool(mode: str) -> str:
    return "average_exc_pad" if mode == "average" else mode


def _outer(vectors: list[Any], function: Callable[[Any, Any], Any]) -> TensorVariable:
    """Combine one vector per axis into an array with those axes, which has no derivatives.

    Forward mode would build tangents of the wrong shape for numbers derived from a length of x.
    """
    result = vectors[0]
    for vector in vectors[1:]:
        result = function(result[..., None], vector)
    return disconnected_grad(pt.as_tensor_variable(result))


def _divide(sums: TensorVariable, sizes: TensorVariable) -> TensorVariable:
    """Divide as `pool` does: integers are truncated towards zero."""
    kind = sums.type.numpy_dtype.kind
    if kind == "f":
        return sums / sizes.astype(sums.dtype)
    wide = sums.astype("uint64" if kind == "u" else "int64")
    sizes = sizes.astype(wide.dtype)
    quotients = wide // sizes
    if kind == "i":
        quotients = quotients + (pt.lt(wide, 0) & pt.neq(quotients * sizes, wide))
    return quotients.astype(sums.dtype)
