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
    """Lay out every window as a row: all its elements along a new last axis.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Real numbers of any dtype. The windowed axes are the last ones, as many as `window` has
        lengths; any number of leading axes, none included.
    window : int or sequence of int
        Length of the windows, one for each windowed axis. An int means one windowed axis.
    stride : int or sequence of int, optional
        Steps from window to window. The length of the window if left out.
    pad : int, or sequence of int or of pairs (before, after)
        Elements added to the ends of every windowed axis.
    dilation : int or sequence of int
        Steps between neighbouring elements of a window.
    partial_windows : bool
        Whether a last window may reach beyond the padded axis, if it starts inside the axis or
        the padding before it.
    border : {"zeros", "wrap"}
        What lies beyond the ends of an axis, in the padding and in partial windows: zeros, or the
        axis over again, so that its first element follows its last one.

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
        If `x` is complex, or a number of the windows is not an integer.
    ArgumentError
        If `border` is neither word.

    They are raised when the graph is built, where lengths are static, else when it runs.

    Convention
    ----------
    An axis has as many windows as in `max_pool`: its maxima are those of the rows, if no padding
    takes part. With r[w, k] the element that tap k of window w lies on, the gradient of x[e] is
    the sum of the cotangents of all r[w, k] that lie on e, which is what `rows_to_windows` gives.

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
    """Add every element of every row to its place: the adjoint of `windows_to_rows`.

    Where windows do not overlap, this undoes `windows_to_rows`; what no window holds is zero.

    Parameters
    ----------
    rows : tensor_like of shape (..., *pooled, taps)
        Numbers, as `windows_to_rows` lays them out.
    shape : int, sequence of int or symbolic int, or integer vector of static length
        Lengths of the windowed axes, such as ``x.shape[-2:]``, one for each.
    window, stride, pad, dilation, partial_windows, border
        As in `windows_to_rows`.

    Returns
    -------
    y : tensor of shape (..., *shape), dtype of `rows`
        Each element is the sum of all taps that lie on it. Taps in a border of zeros are dropped.

    Raises
    ------
    ShapeError
        If `rows` has not one entry for each tap of each window of axes of lengths `shape`, or the
        windows do not fit these.
    DTypeError
        If `rows` is complex or bool, or a length or a number of the windows is not an integer.
    ArgumentError
        If `border` is neither word.

    They are raised when the graph is built, where lengths are static, else when it runs.

    Convention
    ----------
    ``sum(windows_to_rows(x) * r) == sum(x * rows_to_windows(r, x.shape[-n:]))`` for windows of n
    axes, the same on both sides. Each function is the gradient of the other.

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
