"""The public functions: symbolic graphs from tensors and plain numbers."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

import numpy as np
from pytensor.tensor import _as_tensor_variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.arguments import check_pooled_axes, length_vector, make_windows, unpooled_shape
from pytensor_unpool.errors import DTypeError
from pytensor_unpool.geometry.pool import choice
from pytensor_unpool.ops import MaxPool, MaxUnpool, Pool
from pytensor_unpool.ops.common import position_tensor, refuse_several

__all__ = ["MaxPooled", "max_pool", "max_unpool", "pool"]


class MaxPooled(NamedTuple):
    """What `max_pool` returns. PyTensor takes it for no tensor: it is to be unpacked."""

    values: TensorVariable
    positions: TensorVariable

    # A tuple times a number is a longer tuple, which PyTensor would stack.
    def __mul__(self, _: Any) -> NoReturn:
        refuse_several("a factor", self)

    def __rmul__(self, _: Any) -> NoReturn:
        refuse_several("a factor", self)


@_as_tensor_variable.register(MaxPooled)
def _refuse_pair(pair: MaxPooled, *_: Any, **__: Any) -> NoReturn:
    refuse_several("an input of an Op", pair)


def max_pool(
    x: Any,
    window: Any,
    stride: Any = None,
    pad: Any = 0,
    dilation: Any = 1,
    *,
    partial_windows: bool = False,
    ties: str = "first",
    positions_dtype: str = "int64",
) -> MaxPooled:
    """Take the maximum of every window, and remember where it was.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Real numbers of any dtype. The pooled axes are the last ones, as many as `window` has
        lengths; any number of leading axes, none included.
    window : int or sequence of int
        Length of the windows, one for each pooled axis. An int means one pooled axis.
    stride : int or sequence of int, optional
        Steps from window to window. The length of the window if left out.
    pad : int, or sequence of int or of pairs (before, after)
        Elements added to the ends of every pooled axis. They never are a maximum.
    dilation : int or sequence of int
        Steps between neighbouring elements of a window.
    partial_windows : bool
        Whether a last window may reach beyond the padded axis, if it starts inside the axis or
        the padding before it (Theano's ``ignore_border=False``, PyTorch's ``ceil_mode=True``).
    ties : {"first", "all"}
        Which of several maxima of a window receives the gradient: the first in C order, or every
        one in full (old Theano, cuda-convnet). The positions are those of the first.
    positions_dtype : {"int64", "int32", "int16", "int8"}
        Dtype of the positions.

    `window`, `stride` and `pad` may be symbolic integers, or integer vectors of static length.

    Returns
    -------
    A named tuple, to be unpacked:

    values : tensor of shape (..., *pooled), dtype of `x`
    positions : integer tensor of the shape of `values`
        Index of the maximum inside the unpadded pooled axes of its own leading item, flattened in
        C order. With one pooled axis, the coordinate.

    Raises
    ------
    ShapeError
        If `x` has fewer axes than `window` has lengths, a window is longer than its padded axis,
        `pad` is not smaller than the span of the window, or a pooled axis is empty.
    DTypeError
        If `x` is complex, or a number of the windows is not an integer.

    Both are raised when the graph is built, where lengths are static, else when it runs.

    Convention
    ----------
    An axis of n elements has ``(n + before + after - span) // stride + 1`` windows, with
    ``span = (window - 1) * dilation + 1``. A window that holds a NaN gives NaN and the position of
    its first NaN. A window of -inf alone gives -inf.

    The positions are those of PyTorch's ``return_indices=True``, but for windows with several
    NaNs: PyTorch reports the last of them, this function the first, as ``numpy.argmax``.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor_unpool as pu
    >>> x = np.array([[1.0, 5.0, 2.0, 0.0], [4.0, 3.0, 8.0, 7.0]])
    >>> values, positions = pu.max_pool(x, (2, 2))
    >>> values.eval().tolist(), positions.eval().tolist()
    ([[5.0, 8.0]], [[1, 6]])

    The gradient of pooling, taken at `x` for any array in place of the values, un-pools without
    positions: the idiom of Lasagne's InverseLayer.

    >>> import pytensor.tensor as pt
    >>> x = pt.constant(x)
    >>> values, _ = pu.max_pool(x, (2, 2))
    >>> pt.grad(None, wrt=x, known_grads={values: pt.constant([[10.0, 20.0]])}).eval().tolist()
    [[0.0, 10.0, 0.0, 0.0], [0.0, 0.0, 20.0, 0.0]]
    """
    choice("ties", ties, ("first", "all"))
    positions_dtype = _signed_integer(positions_dtype)
    windows, numbers = make_windows(window, stride, pad, dilation, partial_windows)
    return MaxPooled(*MaxPool(windows, ties, positions_dtype)(x, *numbers))


def max_unpool(
    values: Any, positions: Any, shape: Any, *, duplicates: str = "last"
) -> TensorVariable:
    """Undo a max-pooling: put values at their positions, and zeros elsewhere.

    Parameters
    ----------
    values : tensor_like of shape (..., *pooled)
        What to write.
    positions : integer tensor_like of the shape of `values`
        Where to write: index into the un-pooled axes of the same leading item, flattened in C
        order, as `max_pool` returns it.
    shape : int, sequence of int or symbolic int, or integer vector of static length
        Lengths of the un-pooled axes alone, such as ``x.shape[-2:]`` where two axes were pooled.
        They take the place of the last axes of `values`, as many as there are lengths.
    duplicates : {"last", "sum"}
        What to do where positions repeat: write the last one in C order, or add up.

    Returns
    -------
    unpooled : tensor of shape (..., *shape), dtype of `values`

    Raises
    ------
    PositionError
        If a position is not in ``0 <= position < prod(shape)``. It is an IndexError.
    ShapeError
        If `values` and `positions` differ in shape, `shape` holds no lengths of an array, or
        `positions` come from a pooling over another number of axes, as far as the graph shows.
    DTypeError
        If `positions` or `shape` is not integer, or `values` is complex.

    They are raised when the graph is built where all it takes is static, else when it runs.

    Convention
    ----------
    With ``duplicates="last"`` only the value that was written receives a gradient; every other
    value's is zero. ``max_unpool(g, positions, shape, duplicates="sum")`` is the gradient of
    `max_pool` with ``ties="first"``.

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


def pool(
    x: Any,
    window: Any,
    stride: Any = None,
    pad: Any = 0,
    dilation: Any = 1,
    *,
    mode: str = "max",
    partial_windows: bool = False,
) -> TensorVariable:
    """Take the maximum, the sum or the average of every window.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Numbers of any real dtype; for the maximum also bool. The pooled axes are the last ones, as
        many as `window` has lengths; any number of leading axes, none included.
    window : int or sequence of int
        Length of the windows, one for each pooled axis. An int means one pooled axis.
    stride : int or sequence of int, optional
        Steps from window to window. The length of the window if left out.
    pad : int, or sequence of int or of pairs (before, after)
        Elements added to the ends of every pooled axis: zeros to sums, nothing to maxima.
    dilation : int or sequence of int
        Steps between neighbouring elements of a window.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}
        What to take. The averages divide by the number of the window's taps: "average_inc_pad" also
        counts those in the padding (but none beyond it), "average_exc_pad" only elements.
    partial_windows : bool
        Whether a last window may reach beyond the padded axis, as in `max_pool`.

    `window`, `stride` and `pad` may be symbolic integers, or integer vectors of static length.

    Returns
    -------
    y : tensor of shape (..., *pooled), dtype of `x`
        Sums of integers wrap around as in NumPy; their averages are cut towards zero.

    Raises
    ------
    ArgumentError
        If `mode` is none of the four.
    ShapeError
        If `x` has fewer axes than `window` has lengths, a window is longer than its padded axis,
        `pad` is not smaller than the span of the window, or a pooled axis is empty.
    DTypeError
        If `x` is complex, or bool where it is to be added up, or a number of the windows is not
        an integer.

    Convention
    ----------
    The modes are those of Theano's ``pool_2d`` and ``pool_3d``. "average_inc_pad" is PyTorch's
    ``avg_pool2d``, "average_exc_pad" its ``count_include_pad=False``. Of several maxima the first
    receives the gradient, as in `max_pool`. A window that holds a NaN gives NaN in every mode.

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


def _signed_integer(dtype: Any) -> str:
    try:
        known = np.dtype(dtype)
    except TypeError:
        known = np.dtype(object)
    if known.kind != "i":
        raise DTypeError(
            f"positions_dtype must be a signed integer dtype: got {dtype!r}. Pass 'int64', or "
            f"'int32' to save memory.",
            got=dtype,
            wanted="int8, int16, int32 or int64",
        )
    return str(known)
