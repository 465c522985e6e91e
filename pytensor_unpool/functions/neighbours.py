"""Neighbourhoods: the windows of a tensor as rows, and back."""

from __future__ import annotations

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.functions.arguments import length_vector, make_windows, unpooled_shape
from pytensor_unpool.functions.types import IntsLike, PadLike, TensorLike
from pytensor_unpool.geometry.windows import choice
from pytensor_unpool.ops import RowsToWindows, WindowsToRows

__all__ = ["rows_to_windows", "windows_to_rows"]

BORDERS = ("zeros", "wrap")


def windows_to_rows(
    x: TensorLike,
    window: IntsLike,
    stride: IntsLike | None = None,
    pad: PadLike = 0,
    dilation: IntsLike = 1,
    *,
    partial_windows: bool = False,
    border: str = "zeros",
) -> TensorVariable:
    """Return every window as a row, with all its elements along a new last axis.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Any real dtype. The last axes are windowed, one for each length in `window`. There may be
        any number of leading axes, including none.
    window : int or sequence of int
        Length of the windows along each windowed axis. An int means one windowed axis.
    stride : int or sequence of int, optional
        Step between windows. Defaults to `window`.
    pad : int, or sequence of int or of pairs (before, after)
        Number of elements added at the ends of every windowed axis.
    dilation : int or sequence of int
        Step between neighbouring elements of a window.
    partial_windows : bool
        Whether a last window may extend beyond the padded axis, if it starts inside the axis or
        the padding before it.
    border : {"zeros", "wrap"}
        What lies beyond the ends of an axis, in the padding and in partial windows: zeros, or the
        axis repeated, so that its first element follows its last.

    `window`, `stride` and `pad` may be symbolic integers, or integer vectors of static length.

    Returns
    -------
    rows : tensor of shape (..., *pooled, taps), dtype of `x`
        The elements ("taps") of each window, flattened in C order. ``taps`` is the product of
        `window`; ``rows.reshape((*rows.shape[:-1], *window))`` has an axis for each of its axes.

    Raises
    ------
    ShapeError
        If `x` has fewer axes than `window` has lengths, a window is longer than its padded axis,
        `pad` is not smaller than the span of the window, a windowed axis is empty, or a window
        would hold nothing but border.
    DTypeError
        If `x` is complex, or a window parameter is not an integer.
    ArgumentError
        If `border` is any other string.

    These are raised when the graph is built if the lengths are static, and otherwise when it runs.

    Convention
    ----------
    The windows are those of `max_pool`: without padding, its values are the maxima of the rows.
    Where r[w, k] is the element that tap k of window w reads, the gradient of x[e] is the sum of
    the cotangents of all r[w, k] that read e, which is what `rows_to_windows` computes.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> pu.windows_to_rows([1, 2, 3, 4, 5], 3, stride=2, pad=1).eval().tolist()
    [[0, 1, 2], [2, 3, 4], [4, 5, 0]]
    >>> pu.windows_to_rows([[1, 2, 3, 4], [5, 6, 7, 8]], (2, 2)).eval().tolist()
    [[[1, 2, 5, 6], [3, 4, 7, 8]]]
    """
    choice("border", border, BORDERS)
    windows, numbers = make_windows(window, stride, pad, dilation, partial_windows)
    return WindowsToRows(windows, border)(x, *numbers)


def rows_to_windows(
    rows: TensorLike,
    shape: IntsLike,
    window: IntsLike,
    stride: IntsLike | None = None,
    pad: PadLike = 0,
    dilation: IntsLike = 1,
    *,
    partial_windows: bool = False,
    border: str = "zeros",
) -> TensorVariable:
    """Add every element of every row to its place in the array: the adjoint of `windows_to_rows`.

    If windows do not overlap, this undoes `windows_to_rows`. Elements outside all windows are zero.

    Parameters
    ----------
    rows : tensor_like of shape (..., *pooled, taps)
        Numbers, laid out as `windows_to_rows` returns them.
    shape : int, sequence of int or symbolic int, or integer vector of static length
        Lengths of the windowed axes, such as ``x.shape[-2:]``, one for each.
    window, stride, pad, dilation, partial_windows, border
        As in `windows_to_rows`.

    Returns
    -------
    y : tensor of shape (..., *shape), dtype of `rows`
        Each element is the sum of all its taps. Taps in a border of zeros are dropped.

    Raises
    ------
    ShapeError
        If `rows` does not have one entry for each tap of each window, or the windows do not fit
        axes of the lengths `shape`.
    DTypeError
        If `rows` is complex or bool, or a length or a window parameter is not an integer.
    ArgumentError
        If `border` is any other string.

    These are raised when the graph is built if the lengths are static, and otherwise when it runs.

    Convention
    ----------
    ``sum(windows_to_rows(x) * r) == sum(x * rows_to_windows(r, x.shape[-n:]))`` for the same
    windows of n axes on both sides. Each function is the gradient of the other.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> rows = [[0, 1, 2], [2, 3, 4], [4, 5, 0]]
    >>> pu.rows_to_windows(rows, 5, 3, stride=2, pad=1).eval().tolist()
    [1, 4, 3, 8, 5]
    >>> pu.rows_to_windows([[[1, 2, 5, 6], [3, 4, 7, 8]]], (2, 4), (2, 2)).eval().tolist()
    [[1, 2, 3, 4], [5, 6, 7, 8]]
    """
    choice("border", border, BORDERS)
    windows, numbers = make_windows(window, stride, pad, dilation, partial_windows)
    lengths = unpooled_shape(shape)
    return RowsToWindows(windows, border)(rows, length_vector(lengths), *numbers)
