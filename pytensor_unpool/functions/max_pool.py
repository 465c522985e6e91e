"""Max pooling with positions: the public function."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

import numpy as np
from pytensor.tensor import _as_tensor_variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import DTypeError
from pytensor_unpool.functions.arguments import make_windows
from pytensor_unpool.functions.types import IntsLike, PadLike, TensorLike
from pytensor_unpool.geometry.windows import choice
from pytensor_unpool.ops import MaxPool
from pytensor_unpool.ops.common import refuse_several

__all__ = ["MaxPooled", "max_pool"]


class MaxPooled(NamedTuple):
    """What `max_pool` returns: two tensors to unpack, which PyTensor refuses to stack."""

    values: TensorVariable
    positions: TensorVariable

    # A tuple times a number would be a longer tuple, which PyTensor would stack.
    def __mul__(self, _: Any) -> NoReturn:
        refuse_several("a factor", self)

    def __rmul__(self, _: Any) -> NoReturn:
        refuse_several("a factor", self)


@_as_tensor_variable.register(MaxPooled)
def _refuse_pair(pair: MaxPooled, *_: Any, **__: Any) -> NoReturn:
    refuse_several("an input of an Op", pair)


def max_pool(
    x: TensorLike,
    window: IntsLike,
    stride: IntsLike | None = None,
    pad: PadLike = 0,
    dilation: IntsLike = 1,
    *,
    partial_windows: bool = False,
    ties: str = "first",
    positions_dtype: str = "int64",
) -> MaxPooled:
    """Take the maximum of every window, and remember where it was.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Any real dtype. The last axes are pooled, one for each length in `window`. There may be any
        number of leading axes, including none.
    window : int or sequence of int
        Length of the windows along each pooled axis. An int means one pooled axis.
    stride : int or sequence of int, optional
        Step between windows. Defaults to `window`.
    pad : int, or sequence of int or of pairs (before, after)
        Number of elements added at the ends of every pooled axis. Padding is never the maximum.
    dilation : int or sequence of int
        Step between neighbouring elements of a window.
    partial_windows : bool
        Whether a last window may extend beyond the padded axis, if it starts inside the axis or
        the padding before it (Theano's ``ignore_border=False``, PyTorch's ``ceil_mode=True``).
    ties : {"first", "all"}
        Which of several maxima of a window receives the gradient: the first in C order, or all of
        them in full (old Theano, cuda-convnet). The positions are always those of the first.
    positions_dtype : {"int64", "int32", "int16", "int8"}
        Dtype of the positions.

    `window`, `stride` and `pad` may be symbolic integers, or integer vectors of static length.

    Returns
    -------
    MaxPooled
        A named tuple of two tensors, to be unpacked: ``values, positions = max_pool(...)``.

        values : tensor of shape (..., *pooled), dtype of `x`
            Maximum of each window.
        positions : integer tensor of the shape of `values`
            Index of the maximum in the unpadded pooled axes of its own leading item, flattened in
            C order. With a single pooled axis, this is the coordinate.

    Raises
    ------
    ShapeError
        If `x` has fewer axes than `window` has lengths, a window is longer than its padded axis,
        `pad` is not smaller than the span of the window, or a pooled axis is empty.
    DTypeError
        If `x` is complex, or a window parameter is not an integer.

    Both are raised when the graph is built if the lengths are static, and otherwise when it runs.

    Convention
    ----------
    An axis of n elements has ``(n + before + after - span) // stride + 1`` windows, with
    ``span = (window - 1) * dilation + 1``. A window that holds a NaN gives NaN and the position of
    its first NaN. A window that holds only -inf gives -inf.

    The positions are those of PyTorch's ``return_indices=True``, except for windows with several
    NaNs: PyTorch reports the last of them, this function the first, like ``numpy.argmax``.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor_unpool as pu
    >>> x = np.array([[1.0, 5.0, 2.0, 0.0], [4.0, 3.0, 8.0, 7.0]])
    >>> values, positions = pu.max_pool(x, (2, 2))
    >>> values.eval().tolist(), positions.eval().tolist()
    ([[5.0, 8.0]], [[1, 6]])

    The gradient of the pooling, with any array as the cotangent of `values`, un-pools without
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
    return MaxPooled(*MaxPool(windows, ties, dtype=positions_dtype)(x, *numbers))


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
