"""The public functions: symbolic graphs from tensors and plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable
from pytensor.tensor.basic import infer_static_shape
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import DTypeError, ShapeError
from pytensor_unpool.geometry import Windows, check_unpooled
from pytensor_unpool.geometry.pool import (
    check_number,
    check_windows,
    choice,
    pads_per_axis,
    per_axis,
)
from pytensor_unpool.ops import MaxPool, MaxUnpool

__all__ = ["max_pool", "max_unpool"]


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
) -> tuple[TensorVariable, TensorVariable]:
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

    The positions are those of PyTorch's ``return_indices=True``.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor_unpool as pu
    >>> x = np.array([[1.0, 5.0, 2.0, 0.0], [4.0, 3.0, 8.0, 7.0]])
    >>> values, positions = pu.max_pool(x, (2, 2))
    >>> values.eval().tolist(), positions.eval().tolist()
    ([[5.0, 8.0]], [[1, 6]])
    """
    choice("ties", ties, ("first", "all"))
    positions_dtype = _signed_integer(positions_dtype)
    windows, numbers = make_windows(window, stride, pad, dilation, partial_windows)
    values, positions = MaxPool(windows, ties, positions_dtype)(x, *numbers)
    return values, positions


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
        Lengths of the un-pooled axes, such as ``x.shape[-2:]``. They take the place of the last
        axes of `values`, as many as there are lengths.
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
        If `values` and `positions` differ in shape, or `shape` holds no lengths of an array.
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
    lengths = unpooled_shape(shape)
    return MaxUnpool(len(lengths), duplicates)(values, positions, _length_vector(lengths))


def make_windows(
    window: Any, stride: Any, pad: Any, dilation: Any, partial_windows: bool
) -> tuple[Windows, list[TensorVariable]]:
    """Return the windows, and the matrix of their numbers if some are symbolic."""
    window = _known("window", window)
    ndim = len(window) if isinstance(window, list) else 1
    if ndim == 0:
        raise ShapeError(
            "window needs a length for at least one pooled axis: got none. Pass one for each.",
            got=0,
            wanted=1,
        )
    lengths = per_axis("window", window, ndim)
    strides = lengths if stride is None else per_axis("stride", _known("stride", stride), ndim)
    before, after = pads_per_axis(_known("pad", pad), ndim)
    dilations = per_axis("dilation", _known("dilation", dilation), ndim)
    numbers = (lengths, strides, before, after, dilations)
    known = [tuple(n if isinstance(n, int) else None for n in column) for column in numbers]
    known_window, known_stride, known_before, known_after, known_dilation = known
    windows = Windows(
        known_window,
        known_stride,
        known_before,
        known_after,
        known_dilation,
        bool(partial_windows),
    )
    if windows.is_static:
        check_windows([None] * ndim, windows.rows(), windows.partial_windows)
        return windows, []
    for number in (n for column in known for n in column if n is not None):
        check_number(number)
    rows = zip(*numbers, strict=True)
    return windows, [pt.stack([pt.stack([_as_int64(n) for n in row]) for row in rows])]


def unpooled_shape(shape: Any) -> list[Any]:
    """Return the lengths of the un-pooled axes, ints wherever they are static."""
    known = _known("shape", shape)
    lengths = known if isinstance(known, list) else [known]
    if not lengths:
        raise ShapeError(
            "shape needs a length for at least one un-pooled axis: got none. Pass one for each.",
            got=0,
            wanted=1,
        )
    lengths = list(per_axis("shape", lengths, len(lengths)))
    check_unpooled([n if isinstance(n, int) else None for n in lengths])
    symbolic, static = infer_static_shape([_as_int64(length) for length in lengths])
    return [s if n is None else n for s, n in zip(symbolic, static, strict=True)]


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


def _known(name: str, numbers: Any) -> Any:
    """Return numbers as ints and lists of them; symbolic vectors as lists of symbolic integers."""
    if isinstance(numbers, Constant):
        numbers = numbers.data
    if isinstance(numbers, Variable):
        _check_integer(name, numbers)
        return numbers if numbers.type.ndim == 0 else _entries(name, numbers)
    if isinstance(numbers, np.ndarray | np.generic):
        return numbers.tolist()
    if isinstance(numbers, tuple | list):
        return [_known(name, number) for number in numbers]
    return numbers


def _check_integer(name: str, number: Any) -> None:
    if number.type.numpy_dtype.kind not in "iu":
        raise DTypeError(
            f"{name} must be integer: got {number} of dtype {number.type.dtype}. Cast it "
            f"(`.astype('int64')`).",
            got=number.type.dtype,
            wanted="integer",
        )


def _entries(name: str, vector: Any) -> list[Any]:
    if vector.type.ndim != 1:
        raise ShapeError(
            f"{name} must be an integer or a vector of integers: got {vector.type.ndim} axes. Pass "
            f"one symbolic integer for each axis.",
            got=vector.type.ndim,
            wanted=1,
        )
    (length,) = vector.type.shape
    if length is None:
        (length,) = infer_static_shape([vector.shape[0]])[1]
    if length is None:
        raise ShapeError(
            f"{name} as a symbolic vector has one number for each axis, so its own length must be "
            f"static: got {vector} of unknown length. Pass a list of symbolic integers, or "
            f"`pytensor.tensor.specify_shape(vector, (n,))`.",
            got=None,
            wanted="a static length",
        )
    return [vector[i] for i in range(length)]


def _as_int64(number: Any) -> Any:
    return pt.as_tensor_variable(number).astype("int64")


def _length_vector(lengths: list[Any]) -> TensorVariable:
    return pt.as_tensor_variable(
        [np.int64(n) if isinstance(n, int) else _as_int64(n) for n in lengths]
    ).astype("int64")
