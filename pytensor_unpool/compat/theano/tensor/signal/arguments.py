"""Theano's arguments of poolings: tuples, arrays, symbolic vectors, old argument names."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import (
    OldAssertionError,
    OldAttributeError,
    OldIndexError,
    OldNotImplementedError,
)
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.functions.arguments import make_windows
from pytensor_unpool.geometry import Windows
from pytensor_unpool.ops.check import Check, equal


def new_name(new: str, value: Any, old: str, old_value: Any, *, calls: int) -> Any:
    """Return the value of an argument given by its new name or, with a warning, by its old one.

    The warning points `calls` calls up.
    """
    if old_value is None:
        return value
    if value is not None and not _is_no_pad(new, value):
        raise ArgumentError(
            f"{new} and {old} are two names of one argument: got both. Pass {new} alone.",
            got=(value, old_value),
            wanted=new,
        )
    warnings.warn(
        f"DEPRECATION: '{old}' is the old name of '{new}'. Pass '{new}'.",
        UserWarning,
        stacklevel=calls + 1,
    )
    return old_value


def _is_no_pad(name: str, value: Any) -> bool:
    """Return whether the value is the default of `pad`: all zeros, in a tuple."""
    if name != "pad":
        return False
    if isinstance(value, list):
        raise DTypeError(
            f"pad must be a tuple if padding is given too: got {value}. Pass pad alone.",
            got=value,
            wanted="a tuple",
        )
    return isinstance(value, tuple) and set(value) == {0}


def image_tensor(name: str, x: Any, ndim: int) -> TensorVariable:
    """Return the input of a pooling of `ndim` axes."""
    if not isinstance(x, Variable | np.ndarray):
        raise OldAttributeError(
            f"{name} needs a symbolic tensor or a NumPy array: got a {type(x).__name__}. Pass "
            f"`numpy.asarray(...)` of it.",
            got=type(x),
            wanted="tensor or array",
        )
    x = pt.as_tensor_variable(x)
    if x.type.ndim < ndim:
        raise OldNotImplementedError(
            f"{name} requires a dimension >= {ndim}: got {x.type.ndim} axes. The last {ndim} are "
            f"pooled.",
            got=x.type.ndim,
            wanted=ndim,
        )
    return x


def theano_windows(
    ws: Any, ignore_border: Any, stride: Any, pad: Any, ndim: int
) -> tuple[Windows, list[TensorVariable]]:
    """Return the windows that Theano's arguments describe, and the matrix of run-time numbers."""
    if ws is None:
        raise ArgumentError(
            f"ws needs the lengths of the windows: got None. Pass a tuple of {ndim}.",
            got=None,
            wanted=f"a tuple of {ndim}",
        )
    pad = (0,) * ndim if pad is None else pad
    _refuse_pads(ws, ignore_border, pad, ndim)
    ws = _entries("ws", ws, ndim)
    stride = ws if stride is None else _entries("stride", stride, ndim)
    pads = _entries("pad", pad, ndim)
    if not ignore_border:
        pads = [_zero(p) for p in pads]
    return make_windows(ws, stride, pads, 1, not ignore_border)


def _refuse_pads(ws: Any, ignore_border: Any, pad: Any, ndim: int) -> None:
    """Raise what Theano raised for padding in tuples. It did not check other kinds."""
    if not isinstance(pad, tuple | list):
        return
    if len(pad) < ndim or (isinstance(ws, tuple | list) and len(ws) < ndim):
        raise OldIndexError(
            f"ws and pad need an entry for each of the {ndim} pooled axes: got ws={ws}, pad={pad}.",
            got=(ws, pad),
            wanted=ndim,
        )
    known = [p for p in pad if not isinstance(p, Variable)]
    if not ignore_border and any(p != 0 for p in known):
        raise OldNotImplementedError(
            f"padding works only with ignore_border=True: got pad={pad}. Pass ignore_border=True, "
            f"or use `pytensor_unpool.pool`, which pads with partial windows too.",
            got=pad,
            wanted=0,
        )
    if not isinstance(ws, tuple | list):
        return
    for window, p in zip(ws, pad, strict=False):
        if not isinstance(window, Variable | str) and not isinstance(p, Variable) and p >= window:
            raise OldNotImplementedError(
                f"padding must be smaller than the window: got pad={pad}, ws={ws}. Pass a smaller "
                f"pad, or longer windows.",
                got=pad,
                wanted=f"less than {ws}",
            )


def _entries(name: str, numbers: Any, ndim: int) -> list[Any]:
    """Return one integer, maybe symbolic, for each pooled axis."""
    if isinstance(numbers, Constant):
        numbers = numbers.data
    if isinstance(numbers, Variable):
        return _entries_of_vector(name, numbers, ndim)
    if isinstance(numbers, np.ndarray):
        numbers = numbers.tolist()
    if not isinstance(numbers, tuple | list):
        raise OldAssertionError(
            f"{name} must have one number for each pooled axis: got {numbers!r}. Pass a tuple of "
            f"{ndim}.",
            got=numbers,
            wanted=f"a tuple of {ndim}",
        )
    if len(numbers) != ndim:
        raise ShapeError(
            f"{name} must be a vector of size {ndim}: got {len(numbers)} numbers.",
            got=len(numbers),
            wanted=ndim,
        )
    for number in numbers:
        _check_integer(name, number)
    return [n if isinstance(n, Variable) else int(n) for n in numbers]


def _entries_of_vector(name: str, vector: Variable, ndim: int) -> list[Any]:
    _check_integer(name, vector)
    if vector.type.ndim != 1:
        raise OldAssertionError(
            f"{name} must be a vector: got {vector} of {vector.type.ndim} axes.",
            got=vector.type.ndim,
            wanted=1,
        )
    message = f"{name} must be a vector of size {ndim}"
    (length,) = vector.type.shape
    if length not in (None, ndim):
        raise ShapeError(f"{message}: got {length} numbers.", got=length, wanted=ndim)
    if length is None:
        vector = Check(ShapeError, f"{message}.")(vector, equal(vector.shape[0], ndim))
    return [vector[i] for i in range(ndim)]


def _check_integer(name: str, number: Any) -> None:
    is_symbolic = isinstance(number, Variable)
    kind = number.type.numpy_dtype.kind if is_symbolic else np.asarray(number).dtype.kind
    if kind not in "iu":
        words = {"ws": "Pool downsample", "stride": "Stride", "pad": "Padding"}
        raise DTypeError(
            f"{words[name]} parameters must be ints: got {name} with {number!r}.",
            got=number,
            wanted="int",
        )


def _zero(pad: Any) -> Any:
    """Return a padding that must be zero, checked at run time if it is symbolic."""
    if not isinstance(pad, Variable):
        if pad == 0:
            return pad
        raise ShapeError(
            f"padding must be zero when ignore_border is False: got {pad}.", got=pad, wanted=0
        )
    message = "padding must be zero when ignore_border is False."
    return Check(ShapeError, message)(pad, equal(pad, 0))
