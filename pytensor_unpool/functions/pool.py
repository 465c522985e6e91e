"""Pooling by maximum, sum or average: the public function."""

from __future__ import annotations

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.functions.arguments import make_windows
from pytensor_unpool.functions.max_pool import max_pool
from pytensor_unpool.functions.types import IntsLike, PadLike, TensorLike
from pytensor_unpool.geometry.windows import choice
from pytensor_unpool.ops import Pool

__all__ = ["pool"]


def pool(
    x: TensorLike,
    window: IntsLike,
    stride: IntsLike | None = None,
    pad: PadLike = 0,
    dilation: IntsLike = 1,
    *,
    mode: str = "max",
    partial_windows: bool = False,
) -> TensorVariable:
    """Take the maximum, the sum or the average of every window.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Any real dtype; for the maximum also bool. The last axes are pooled, one for each length in
        `window`. There may be any number of leading axes, including none.
    window : int or sequence of int
        Length of the windows along each pooled axis. An int means one pooled axis.
    stride : int or sequence of int, optional
        Step between windows. Defaults to `window`.
    pad : int, or sequence of int or of pairs (before, after)
        Number of elements added at the ends of every pooled axis. They are zeros in sums, and never
        the maximum.
    dilation : int or sequence of int
        Step between neighbouring elements of a window.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}
        What to compute. The averages divide by a number of taps: "average_inc_pad" counts elements
        and padding (but nothing beyond the padding), "average_exc_pad" elements only.
    partial_windows : bool
        Whether a last window may extend beyond the padded axis, as in `max_pool`.

    `window`, `stride` and `pad` may be symbolic integers, or integer vectors of static length.

    Returns
    -------
    y : tensor of shape (..., *pooled), dtype of `x`
        Sums of integers wrap around as in NumPy; their averages are truncated towards zero.

    Raises
    ------
    ArgumentError
        If `mode` is not one of the four.
    ShapeError
        If `x` has fewer axes than `window` has lengths, a window is longer than its padded axis,
        `pad` is not smaller than the span of the window, or a pooled axis is empty.
    DTypeError
        If `x` is complex, or bool where it would be summed, or a window parameter is not an
        integer.

    Convention
    ----------
    The modes are those of Theano's ``pool_2d`` and ``pool_3d``. "average_inc_pad" is PyTorch's
    ``avg_pool2d``, "average_exc_pad" the same with ``count_include_pad=False``. If a window has
    several maxima, the first receives the gradient, as in `max_pool`. A window that holds a NaN
    gives NaN in every mode.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor_unpool as pu
    >>> x = np.array([[1.0, 5.0, 2.0, 0.0], [4.0, 3.0, 8.0, 7.0]])
    >>> pu.pool(x, (2, 2), mode="sum").eval().tolist()
    [[13.0, 17.0]]
    >>> pu.pool(x[0], 3, stride=2, pad=1, mode="average_exc_pad").eval().tolist()
    [3.0, 2.3333333333333335]
    """
    choice("mode", mode, ("max", "sum", "average_inc_pad", "average_exc_pad"))
    if mode == "max":
        return max_pool(x, window, stride, pad, dilation, partial_windows=partial_windows)[0]
    windows, numbers = make_windows(window, stride, pad, dilation, partial_windows)
    return Pool(windows, mode)(x, *numbers)
