"""Names of `theano.tensor.nnet.neighbours`: patches of images as the rows of a matrix.

As in Theano 1.0.5, with gradients of any order in every mode. Errors belong to the classes that
Theano raised, and to this package's. They are raised when the graph is built, where possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytensor.tensor as pt
from pytensor import config
from pytensor.graph.basic import Apply, Variable
from pytensor.scalar import upcast
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.static_shape import of_theano
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.functions.neighbours import rows_to_windows, windows_to_rows
from pytensor_unpool.ops.check import Check, equal
from pytensor_unpool.ops.common import static_entries

__all__ = ["Images2Neibs", "images2neibs", "neibs2images"]

__getattr__, __dir__ = fall_back(__name__)

# An int, or a symbolic integer.
Integer = Any

MODES = ("valid", "half", "full", "ignore_borders", "wrap_centered")


class NeibsError(ShapeError, TypeError):
    """Patches do not fit their images: a ValueError here, a TypeError in Theano."""


class NeibsRankError(ShapeError, AssertionError):
    """An argument has a wrong number of axes: a ValueError here, an AssertionError in Theano."""


class NeibsDTypeError(DTypeError, AssertionError):
    """Numbers of patches are not integer: a TypeError here, an AssertionError in Theano."""


class NeibsModeError(ArgumentError, NotImplementedError):
    """There is no such mode: a ValueError here, a NotImplementedError in Theano."""


def images2neibs(
    ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid"
) -> TensorVariable:
    """Lay out the patches of images as the rows of a matrix.

    Parameters
    ----------
    ten4 : tensor_like of shape (batch, channels, height, width)
        Images.
    neib_shape : integer vector of length 2, constant or symbolic
        Height and width of a patch.
    neib_step : integer vector of length 2, constant or symbolic, optional
        Step between patches, down and to the right. Defaults to `neib_shape`.
    mode : {"valid", "half", "full", "ignore_borders", "wrap_centered"}
        "valid": patches lie in the image, and the last ones must end where it ends.
        "ignore_borders": patches lie in the image; elements left over at its end are in none.
        "half", "full": as "valid", for an image with zeros around it: half a patch on each side
        (``neib_shape // 2``), or all of a patch but one element (``neib_shape - 1``).
        "wrap_centered": patches of odd lengths, centred on elements of the image, which wraps
        around at its ends.

    Returns
    -------
    neibs : matrix of shape (batch * channels * patches, height * width of a patch)
        Patches from left to right, then downwards, of one channel after the other.

    Raises
    ------
    NeibsError
        If patches do not fit the images as `mode` requires, or `neib_shape` or `neib_step` is not a
        pair. It is a TypeError.
    ShapeError
        If a number of `neib_shape` or `neib_step` is less than 1. It is a ValueError.
    NeibsRankError, NeibsDTypeError
        If an argument has a wrong number of axes, or is not integer where it must be. Both are an
        AssertionError.
    NeibsModeError
        If there is no such mode. It is a NotImplementedError.

    Convention
    ----------
    Theano 1.0.5's; 0.7 had no "half" and "full". Theano had gradients only in modes "valid" and
    "ignore_borders", in the latter for patches side by side. Where a patch is larger than the
    image, "ignore_borders" read out of bounds: here it raises ShapeError.

    Examples
    --------
    >>> import numpy as np
    >>> from pytensor_unpool.compat.theano.tensor.nnet.neighbours import images2neibs
    >>> images = np.arange(8.0).reshape(1, 1, 2, 4)
    >>> images2neibs(images, (2, 2)).eval().tolist()
    [[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]
    """
    return Images2Neibs(mode)(ten4, neib_shape, neib_step)


class Images2Neibs(NotAnOp):
    """What Theano's Op of this name did: ``Images2Neibs(mode)(ten4, neib_shape, neib_step)``."""

    def __init__(self, mode: str = "valid") -> None:
        if mode not in MODES:
            raise NeibsModeError(
                f"mode must be one of {', '.join(MODES)}: got {mode!r}. Only these have been "
                f"implemented for Images2Neibs.",
                got=mode,
                wanted=MODES,
            )
        self.mode = mode

    def __call__(self, ten4: Any, neib_shape: Any, neib_step: Any = None) -> TensorVariable:
        """Return the matrix of patches; see `images2neibs`."""
        ten4 = pt.as_tensor_variable(ten4)
        _check_rank("ten4", ten4, 4)
        shape = _pair("neib_shape", neib_shape)
        step = shape if neib_step is None else _pair("neib_step", neib_step)
        pad: list[Integer] = [0, 0]
        if self.mode in ("half", "wrap_centered"):
            pad = [window // 2 for window in shape]
        elif self.mode == "full":
            pad = [window - 1 for window in shape]
        axes = [_Axis(*numbers) for numbers in zip((2, 3), shape, step, pad, strict=True)]
        for axis in axes:
            if self.mode == "wrap_centered":
                ten4 = _require_centred(ten4, axis)
            elif self.mode != "ignore_borders":
                ten4 = _require_exact_fit(ten4, axis)
        border = "wrap" if self.mode == "wrap_centered" else "zeros"
        rows = windows_to_rows(ten4, shape, step, pad, border=border)
        lengths = [_length(rows, i) for i in range(5)]
        matrix = rows.reshape((_product(lengths[:-1]), lengths[-1]))
        return of_theano(matrix, (False, False))

    def make_node(self, ten4: Any, neib_shape: Any, neib_step: Any = None) -> Apply:
        """Return the node that makes the matrix of patches."""
        return self(ten4, neib_shape, neib_step).owner

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Images2Neibs) and self.mode == other.mode

    def __hash__(self) -> int:
        return hash((Images2Neibs, self.mode))

    def __str__(self) -> str:
        return f"Images2Neibs{{{self.mode}}}"


def neibs2images(
    neibs: Any, neib_shape: Any, original_shape: Any, mode: str = "valid"
) -> TensorVariable:
    """Put patches that lie side by side back into images: the inverse of `images2neibs`.

    Parameters
    ----------
    neibs : matrix_like
        Patches as `images2neibs` lays them out, with ``neib_step=None``.
    neib_shape : integer vector of length 2, constant or symbolic
        Height and width of a patch.
    original_shape : integer vector of length 4, constant or symbolic
        Shape of the images.
    mode : {"valid", "ignore_borders"}
        Whether patches make up the whole image, or leave a border of zeros at its end.

    Returns
    -------
    ten4 : tensor of shape `original_shape`
        Of the dtype of `neibs`; with "ignore_borders" upcast with floatX, the dtype of the zeros.

    Raises
    ------
    NeibsModeError
        If `mode` is another one. It is a NotImplementedError.
    ShapeError
        If `neibs` does not have as many elements as `original_shape` requires, in rows as long as a
        patch, or patches do not make up the image. It is a ValueError.
    NeibsError, NeibsRankError, NeibsDTypeError
        As in `images2neibs`.

    Convention
    ----------
    Theano's, but where shapes did not fit, it sometimes returned elements in the wrong order.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.nnet.neighbours import neibs2images
    >>> neibs2images([[0, 1, 4, 5], [2, 3, 6, 7]], (2, 2), (1, 1, 2, 4)).eval().tolist()
    [[[[0, 1, 2, 3], [4, 5, 6, 7]]]]
    """
    if mode not in ("valid", "ignore_borders"):
        raise NeibsModeError(
            f"neibs2images do not support mode={mode}. Pass 'valid' or 'ignore_borders'.",
            got=mode,
            wanted=("valid", "ignore_borders"),
        )
    neibs = pt.as_tensor_variable(neibs)
    _check_rank("neibs", neibs, 2)
    window = _pair("neib_shape", neib_shape)
    *items, height, width = _entries(_vector("original_shape", original_shape, 4), 4)
    if mode == "valid":
        for axis in (0, 1):
            neibs = _require_whole_patches(neibs, axis, window[axis], (height, width)[axis])
    neibs = _require(
        neibs,
        _equal(_length(neibs, 1), window[0] * window[1]),
        f"neibs needs a row for each patch, as long as the product of neib_shape: got "
        f"{_text('neib_shape[0]', window[0])}, {_text('neib_shape[1]', window[1])} and "
        f"{_text('neibs.shape[1]', _length(neibs, 1))}. Pass what images2neibs returned for the "
        f"same neib_shape.",
        got=_length(neibs, 1),
    )
    grid = [n // size for n, size in zip((height, width), window, strict=True)]
    wanted = [*items, *grid]
    got = neibs.type.shape[0]
    if got is not None and all(isinstance(n, int) and n >= 0 for n in wanted):
        _require(
            neibs,
            got == _product(wanted),
            f"original_shape asks for {_product(wanted)} patches: got {got} rows of neibs. Pass "
            f"the shape of the images that they were taken from.",
            got=got,
        )
    rows = neibs.reshape((*wanted, window[0] * window[1]))
    images = rows_to_windows(rows, (height, width), window)
    if mode == "ignore_borders":
        images = images.astype(upcast(images.dtype, config.floatX))
    return images


class _Axis(NamedTuple):
    """An axis of the images, and the windows on it."""

    number: int
    window: Integer
    step: Integer
    pad: Integer


def _require_exact_fit(ten4: TensorVariable, axis: _Axis) -> TensorVariable:
    """Require that patches at the end of the axis end where it ends."""
    number, window, step, pad = axis
    length = _length(ten4, number)
    room = length + 2 * pad - window
    return _require(
        ten4,
        _both(window <= length, _equal(room // step * step, room)),
        f"{_text(f'neib_shape[{number - 2}]', window)}, {_text(f'neib_step[{number - 2}]', step)} "
        f"and {_text(f'ten4.shape[{number}]', length)} not consistent: a patch must fit into the "
        f"image, and the last ones end where it ends, zeros around it included. Pass another step, "
        f"or mode='ignore_borders'.",
        got=length,
    )


def _require_centred(ten4: TensorVariable, axis: _Axis) -> TensorVariable:
    """Require that patches have a centre, and that no element is in a patch twice."""
    number, window, _, _ = axis
    length = _length(ten4, number)
    ten4 = _require(
        ten4,
        _equal(window // 2 * 2 + 1, window),
        f"in mode wrap_centered need patch with odd shapes: got "
        f"{_text(f'neib_shape[{number - 2}]', window)}. Pass an odd number.",
        got=window,
    )
    return _require(
        ten4,
        window <= length,
        f"in wrap_centered mode, don't support image shapes smaller than the patch shapes: got "
        f"{_text(f'neib_shape[{number - 2}]', window)}, {_text(f'ten4.shape[{number}]', length)}. "
        f"Pass a smaller patch.",
        got=length,
    )


def _require_whole_patches(
    neibs: TensorVariable, axis: int, window: Integer, length: Integer
) -> TensorVariable:
    """Require that patches side by side make up an axis of the images."""
    return _require(
        neibs,
        _equal(length // window * window, length),
        f"{_text(f'neib_shape[{axis}]', window)} and "
        f"{_text(f'original_shape[{axis + 2}]', length)} not consistent: in mode 'valid' patches "
        f"make up the whole image. Pass a patch that divides it, or mode='ignore_borders'.",
        got=length,
    )


def _check_rank(name: str, x: TensorVariable, ndim: int) -> None:
    if x.type.ndim != ndim:
        raise NeibsRankError(
            f"{name} must have {ndim} axes: got {x.type.ndim}. Add axes of length 1, or flatten.",
            got=x.type.ndim,
            wanted=ndim,
        )


def _pair(name: str, numbers: Any) -> list[Integer]:
    """Return the two positive numbers of a vector."""
    vector = _vector(name, numbers, 2)
    known = [number for number in static_entries(vector, 2) if number is not None]
    are_positive = min(known) >= 1 if len(known) == 2 else pt.all(vector >= 1)
    got = f"got {known[0]}, {known[1]}" if len(known) == 2 else "got one that is not"
    vector = _require(
        vector,
        are_positive,
        f"{name} must hold numbers of at least 1: {got}. Pass two positive integers.",
        known,
        ShapeError,
    )
    return _entries(vector, 2)


def _vector(name: str, numbers: Any, n: int) -> TensorVariable:
    """Return an integer vector of n entries."""
    vector = pt.as_tensor_variable(numbers)
    _check_rank(name, vector, 1)
    if vector.type.numpy_dtype.kind not in "iu":
        raise NeibsDTypeError(
            f"{name} must be integer: got dtype {vector.type.dtype}. Cast it (`.astype('int64')`).",
            got=vector.type.dtype,
            wanted="integer",
        )
    length = _length(vector, 0)
    return _require(
        vector,
        _equal(length, n),
        f"{name} wrong shape ; has to contain {n} elements: got {_text(f'len({name})', length)}. "
        f"Pass one integer for each axis.",
        got=length,
    )


def _entries(vector: TensorVariable, n: int) -> list[Integer]:
    """Return the entries of a vector: ints where they are known."""
    return [
        vector[i].astype("int64") if known is None else known
        for i, known in enumerate(static_entries(vector, n))
    ]


def _require(
    x: TensorVariable,
    condition: Any,
    message: str,
    got: Any,
    error: type[ShapeError] = NeibsError,
) -> TensorVariable:
    """Return `x` if the condition is true; where it is symbolic, check it at run time."""
    if isinstance(condition, Variable):
        return Check(error, message)(x, condition)
    if not condition:
        raise error(message, got=got)
    return x


def _length(x: TensorVariable, axis: int) -> Integer:
    length = x.type.shape[axis]
    return x.shape[axis] if length is None else length


def _text(name: str, number: Integer) -> str:
    """Return the text for a number in an error message: only its name if it is not known."""
    return f"{name}={number}" if isinstance(number, int) else name


def _product(numbers: Sequence[Integer]) -> Integer:
    product = 1
    for number in numbers:
        product = product * number
    return product


def _equal(a: Integer, b: Integer) -> Any:
    return a == b if isinstance(a, int) and isinstance(b, int) else equal(a, b)


def _both(a: Any, b: Any) -> Any:
    if isinstance(a, bool):
        return b if a else False
    if isinstance(b, bool):
        return a if b else False
    return pt.and_(a, b)
