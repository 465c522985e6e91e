"""The public functions: symbolic graphs from tensors and plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable
from pytensor.tensor.basic import infer_static_shape
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import DTypeError, ShapeError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.pool import check_windows, choice, pads_per_axis, per_axis
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
    positions_dtype : str
        Integer dtype of the positions.

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
    dtype = np.dtype(positions_dtype)
    if dtype.kind not in "iu":
        raise DTypeError(
            f"positions_dtype must be an integer dtype: got {positions_dtype!r}.",
            got=positions_dtype,
            wanted="integer",
        )
    windows, numbers = make_windows(window, stride, pad, dilation, partial_windows)
    values, positions = MaxPool(windows, ties, str(dtype))(x, *numbers)
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
    return MaxUnpool(len(lengths), duplicates)(  # type: ignore[no-any-return]
        values, positions, _length_vector(lengths)
    )


def make_windows(
    window: Any, stride: Any, pad: Any, dilation: Any, partial_windows: bool
) -> tuple[Windows, list[TensorVariable]]:
    """Return the windows, and the matrix of their numbers if some are symbolic."""
    window = _known(window)
    ndim = len(window) if isinstance(window, list) else 1
    if ndim == 0:
        raise ShapeError(
            "window needs a length for at least one pooled axis: got none.", got=0, wanted=1
        )
    lengths = per_axis("window", window, ndim)
    strides = lengths if stride is None else per_axis("stride", _known(stride), ndim)
    before, after = pads_per_axis(_known(pad), ndim)
    dilations = per_axis("dilation", _known(dilation), ndim)
    table = list(zip(lengths, strides, before, after, dilations, strict=True))
    known = [tuple(None if _is_symbolic(n) else n for n in row) for row in table]
    windows = Windows(*zip(*known, strict=True), partial_windows=bool(partial_windows))
    if windows.is_static:
        check_windows([None] * ndim, windows.rows(), windows.partial_windows)
        return windows, []
    matrix = pt.stack([pt.stack([_as_int64(n) for n in row]) for row in table])
    return windows, [matrix]


def unpooled_shape(shape: Any) -> list[Any]:
    """Return the lengths of the un-pooled axes, ints wherever they are static."""
    known = _known(shape)
    lengths = known if isinstance(known, list) else [known]
    if not lengths:
        raise ShapeError(
            "shape needs a length for at least one un-pooled axis: got none.", got=0, wanted=1
        )
    lengths = list(per_axis("shape", lengths, len(lengths)))
    symbolic, static = infer_static_shape([_as_int64(length) for length in lengths])
    return [s if n is None else n for s, n in zip(symbolic, static, strict=True)]


def _known(numbers: Any) -> Any:
    """Return numbers as ints and lists of them; symbolic vectors as lists of symbolic integers."""
    if isinstance(numbers, Constant):
        numbers = numbers.data
    if isinstance(numbers, Variable):
        if numbers.type.ndim == 0:  # type: ignore[attr-defined]
            return numbers
        return _entries(numbers)
    if isinstance(numbers, np.ndarray | np.generic):
        return numbers.tolist()
    if isinstance(numbers, tuple | list):
        return [_known(number) for number in numbers]
    return numbers


def _entries(vector: Any) -> list[Any]:
    if vector.type.ndim != 1:
        raise ShapeError(
            f"A symbolic window, stride, pad or shape must be an integer or a vector of integers: "
            f"got {vector.type.ndim} axes.",
            got=vector.type.ndim,
            wanted=1,
        )
    (length,) = vector.type.shape
    if length is None:
        (length,) = infer_static_shape([vector.shape[0]])[1]
    if length is None:
        raise ShapeError(
            f"A symbolic vector stands for one number an axis, so its own length must be static: "
            f"got {vector} of unknown length. Pass a list of symbolic integers, or "
            f"`pytensor.tensor.specify_shape(vector, (n,))`.",
            got=None,
            wanted="a static length",
        )
    return [vector[i] for i in range(length)]


def _is_symbolic(number: Any) -> bool:
    if not isinstance(number, Variable):
        return False
    if number.type.numpy_dtype.kind not in "iu":  # type: ignore[attr-defined]
        raise DTypeError(
            f"window, stride, pad and shape must be integers: got {number} of dtype "
            f"{number.type.dtype}.",  # type: ignore[attr-defined]
            got=number.type.dtype,  # type: ignore[attr-defined]
            wanted="integer",
        )
    return True


def _as_int64(number: Any) -> Any:
    _is_symbolic(number)
    return pt.as_tensor_variable(number).astype("int64")


def _length_vector(lengths: list[Any]) -> TensorVariable:
    return pt.as_tensor_variable(
        [np.int64(n) if isinstance(n, int) else _as_int64(n) for n in lengths]
    ).astype("int64")
