"""Upsampling without positions: repeat, interpolate, or insert zeros.

Interpolation is an Op. The others are plain PyTensor graphs. They avoid slices, because the
gradient of a slice is an assignment to a slice of zeros, which takes Numba many seconds to compile.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor import config
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import LARGEST_NUMBER, ArgumentError, DTypeError, ShapeError
from pytensor_unpool.functions.types import IntsLike, TensorLike
from pytensor_unpool.geometry.upsampling import upsampled_length
from pytensor_unpool.geometry.windows import as_integer
from pytensor_unpool.ops import Interpolate
from pytensor_unpool.ops.common import real_tensor

__all__ = ["upsample_dilate", "upsample_linear", "upsample_nearest"]

# Both have a numerator and a denominator.
Ratio = int | Fraction
RatioLike = Ratio | tuple[int, int]


def upsample_nearest(x: TensorLike, ratio: IntsLike) -> TensorVariable:
    """Repeat every element along the last axes.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Any real dtype. The last axes are upsampled, one for each entry of `ratio`. There may be
        any number of leading axes, including none.
    ratio : int or sequence of int
        Number of repeats along each upsampled axis. An int means one axis.

    Returns
    -------
    upsampled : tensor of shape (..., *(length * ratio)), dtype of `x`

    Raises
    ------
    ShapeError
        If `x` has fewer axes than `ratio` has entries.
    ArgumentError
        If a ratio is less than 1.
    DTypeError
        If a ratio is not an integer, or `x` is complex.

    All of these are raised when the graph is built.

    Convention
    ----------
    The same as ``repeat(repeat(x, r, -2), s, -1)``, Lasagne's ``Upscale2DLayer(mode="repeat")``,
    Keras' ``UpSampling2D`` and PyTorch's ``interpolate(mode="nearest")`` with an integer factor.
    The gradient of an element is the sum over its copies.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> pu.upsample_nearest([[1, 2], [3, 4]], (2, 3)).eval().tolist()
    [[1, 1, 1, 2, 2, 2], [1, 1, 1, 2, 2, 2], [3, 3, 3, 4, 4, 4], [3, 3, 3, 4, 4, 4]]
    """
    x, ratios = _arguments("upsample_nearest", x, ratio, _whole)
    if all(r == 1 for r in ratios):
        return x
    cells = pt.broadcast_to(_one_cell_each(x, ratios), _cells_shape(x, ratios))
    return cells.reshape(_upsampled_shape(x, ratios, x.type.ndim - len(ratios)))


def upsample_dilate(x: TensorLike, ratio: IntsLike) -> TensorVariable:
    """Insert zeros after every element along the last axes.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Any real dtype. The last axes are upsampled, one for each entry of `ratio`. There may be
        any number of leading axes, including none.
    ratio : int or sequence of int
        Step between the elements in the result along each upsampled axis. An int means one axis.

    Returns
    -------
    upsampled : tensor of shape (..., *(length * ratio)), dtype of `x`

    Raises
    ------
    ShapeError
        If `x` has fewer axes than `ratio` has entries.
    ArgumentError
        If a ratio is less than 1.
    DTypeError
        If a ratio is not an integer, or `x` is complex.

    All of these are raised when the graph is built.

    Convention
    ----------
    The same as ``set_subtensor(zeros[..., ::r, ::s], x)``, and Lasagne's
    ``Upscale2DLayer(mode="dilate")``: un-pooling to the first element of every window.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> pu.upsample_dilate([[1, 2], [3, 4]], (2, 3)).eval().tolist()
    [[1, 0, 0, 2, 0, 0], [0, 0, 0, 0, 0, 0], [3, 0, 0, 4, 0, 0], [0, 0, 0, 0, 0, 0]]
    """
    x, ratios = _arguments("upsample_dilate", x, ratio, _whole)
    if all(r == 1 for r in ratios):
        return x
    is_first = np.zeros([n for r in ratios for n in (1, r.numerator)], dtype=np.bool_)
    is_first.flat[0] = True
    # Multiplying by zero would leave NaN, and turn infinities into NaN.
    cells = pt.switch(is_first, _one_cell_each(x, ratios), np.zeros((), x.dtype))
    return cells.reshape(_upsampled_shape(x, ratios, x.type.ndim - len(ratios)))


def upsample_linear(x: TensorLike, ratio: RatioLike | Sequence[RatioLike]) -> TensorVariable:
    """Interpolate linearly along the last axes.

    Parameters
    ----------
    x : tensor_like of shape (..., *spatial)
        Any real dtype. The last axes are upsampled, one for each entry of `ratio`. There may be
        any number of leading axes, including none.
    ratio : int, Fraction, or sequence of int, Fraction or pair (p, q)
        Factor by which each upsampled axis gets longer. A number means one axis, a sequence has
        one entry for each axis: ``(3, 2)`` upsamples two axes by 3 and 2, ``[(3, 2)]`` one axis by
        3 / 2.

    Returns
    -------
    upsampled : tensor of shape (..., *ceil(length * ratio)), dtype of `x`, floatX for integers

    Raises
    ------
    ShapeError
        If `x` has fewer axes than `ratio` has entries.
    ArgumentError
        If a ratio is not positive.
    DTypeError
        If a ratio is not an integer or a fraction of integers, or `x` is complex.

    All of these are raised when the graph is built.

    Convention
    ----------
    As in Theano's ``bilinear_upsampling``. With the ratio p / q in lowest terms, element i of the
    result lies at ``(i * q - (p - 1) // 2) / p`` on the axis, which is extended beyond its ends
    with its first and its last element: with a ratio of 2, (a, b) becomes (a, (a + b) / 2, b, b).
    A ratio below 1 drops elements instead of averaging them. A result that falls exactly on an
    element equals it, even next to NaN or infinity. PyTorch's ``interpolate`` uses different
    coordinates.

    Several axes are interpolated one after another.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import pytensor_unpool as pu
    >>> pu.upsample_linear([[0.0, 4.0], [8.0, 12.0]], (1, 2)).eval().tolist()
    [[0.0, 2.0, 4.0, 4.0], [8.0, 10.0, 12.0, 12.0]]
    >>> pu.upsample_linear([0.0, 3.0, 6.0], Fraction(3, 2)).eval().round(9).tolist()
    [0.0, 1.0, 3.0, 5.0, 6.0]
    """
    if isinstance(ratio, Fraction):
        ratio = [ratio]
    x, ratios = _arguments("upsample_linear", x, ratio, _fraction)
    if x.type.numpy_dtype.kind != "f":
        x = x.astype(config.floatX)
    for axis, r in enumerate(ratios, start=-len(ratios)):
        if r != 1:
            x = Interpolate(axis, r.numerator, r.denominator)(x)
    return x


def _one_cell_each(x: TensorVariable, ratios: Sequence[Ratio]) -> TensorVariable:
    """Insert an axis of length 1 after every upsampled axis."""
    leading = x.type.ndim - len(ratios)
    order: list[int | str] = list(range(leading))
    for axis in range(leading, x.type.ndim):
        order += [axis, "x"]
    return x.dimshuffle(*order)


def _cells_shape(x: TensorVariable, ratios: Sequence[Ratio]) -> list[Any]:
    leading = x.type.ndim - len(ratios)
    shape = [_length(x, axis) for axis in range(leading)]
    for axis, r in enumerate(ratios, start=leading):
        shape += [_length(x, axis), r.numerator]
    return shape


def _upsampled_shape(x: TensorVariable, ratios: Sequence[Ratio], first: int) -> list[Any]:
    """Return the upsampled shape; axis `first` is the one that the first ratio is for."""
    shape = [_length(x, axis) for axis in range(x.type.ndim)]
    for axis, r in enumerate(ratios, start=first):
        shape[axis] = upsampled_length(shape[axis], r.numerator, r.denominator)
    return shape


def _length(x: TensorVariable, axis: int) -> Any:
    """Return the length of an axis, an int if it is static."""
    length = x.type.shape[axis]
    return x.shape[axis] if length is None else length


def _arguments(function: str, x: Any, ratio: Any, read: Any) -> tuple[TensorVariable, list[Ratio]]:
    """Return the tensor, and one ratio for each upsampled axis."""
    x = real_tensor("x", x)
    if isinstance(ratio, np.ndarray):
        ratio = ratio.tolist()
    entries = list(ratio) if isinstance(ratio, tuple | list) else [ratio]
    if not 1 <= len(entries) <= x.type.ndim:
        raise ShapeError(
            f"{function} needs one ratio for each upsampled axis: got {len(entries)} for an input "
            f"with {x.type.ndim} axes. Pass at least one and at most {x.type.ndim} ratios; the "
            f"last axes are upsampled.",
            got=len(entries),
            wanted=f"1 to {x.type.ndim}",
        )
    return x, [_positive(read(entry)) for entry in entries]


def _whole(entry: Any) -> Ratio:
    return _known_integer(entry, "Pass an int, or one int for each upsampled axis.")


def _fraction(entry: Any) -> Ratio:
    if isinstance(entry, Fraction):
        return entry
    mend = "Pass an int, a fractions.Fraction, or a pair of ints (p, q), for each upsampled axis."
    if not isinstance(entry, tuple | list):
        return _known_integer(entry, mend)
    if len(entry) != 2:
        raise ShapeError(
            f"ratio must have entries of two numbers, (p, q) for p / q: got {entry}. {mend}",
            got=len(entry),
            wanted=2,
        )
    p, q = (_known_integer(number, mend) for number in entry)
    if q < 1:
        raise ArgumentError(
            f"ratio must have denominators of at least 1: got {p} / {q}. {mend}",
            got=q,
            wanted="at least 1",
        )
    return Fraction(p, q)


def _known_integer(number: Any, mend: str) -> int:
    try:
        known = as_integer("ratio", number)
    except DTypeError:
        known = None
    if isinstance(known, int):
        return known
    raise DTypeError(
        f"ratio must be integer, and known when the graph is built: got {number!r}. {mend} "
        f"`pytensor.tensor.repeat` takes symbolic integers.",
        got=number,
        wanted="int",
    )


def _positive(ratio: Ratio) -> Ratio:
    if ratio <= 0:
        raise ArgumentError(
            f"ratio must be positive: got {ratio}. An axis keeps its length with a ratio of 1.",
            got=ratio,
            wanted="more than 0",
        )
    if max(ratio.numerator, ratio.denominator) > LARGEST_NUMBER:
        raise ArgumentError(
            f"ratio must have numbers of at most {LARGEST_NUMBER}: got {ratio}. Pass smaller "
            f"numbers.",
            got=ratio,
            wanted=f"at most {LARGEST_NUMBER}",
        )
    return ratio
