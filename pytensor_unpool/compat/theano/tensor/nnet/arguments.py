"""Theano's arguments of convolutions: border modes, tuples, declared shapes."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import OldNotConstantError, OldShapeError
from pytensor_unpool.compat.static_shape import UnspecifyShape
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.ops.check import Check, equal
from pytensor_unpool.ops.common import static_entries

WORDS = ("valid", "full", "half")

# A word, or the pads (before, after) of each spatial axis.
Pads = str | list[tuple[int, int]]


def pads_of(border_mode: Any, ndim: int) -> Pads:
    """Return what a border mode says: its word, or pairs."""
    if isinstance(border_mode, str) and border_mode in WORDS:
        return border_mode
    if _is_length(border_mode):
        return [(int(border_mode), int(border_mode))] * ndim
    if not isinstance(border_mode, tuple):
        _refuse_border_mode(border_mode, ndim)
    if len(border_mode) != ndim:
        raise ArgumentError(
            f"invalid border_mode {border_mode}: wanted a tuple of length {ndim}, with an entry "
            f"for each spatial axis.",
            got=len(border_mode),
            wanted=ndim,
        )
    pads = []
    for entry in border_mode:
        pair = entry if isinstance(entry, tuple) else (entry, entry)
        if len(pair) != 2 or not all(_is_length(n) for n in pair):
            _refuse_border_mode(border_mode, ndim)
        pads.append((int(pair[0]), int(pair[1])))
    return pads


def _is_length(number: Any) -> bool:
    return isinstance(number, Integral) and int(number) >= 0


def _refuse_border_mode(border_mode: Any, ndim: int) -> None:
    wanted = (
        f"'valid', 'full', 'half', an integer of at least 0, or a tuple of {ndim} of them or of "
        f"pairs (before, after)"
    )
    raise ArgumentError(
        f"invalid border_mode {border_mode!r}: wanted {wanted}.", got=border_mode, wanted=wanted
    )


def steps_of(name: str, numbers: Any, ndim: int) -> list[Any]:
    """Return the numbers of `subsample` or `filter_dilation`, one for each spatial axis."""
    if not isinstance(numbers, tuple | list | np.ndarray):
        raise DTypeError(
            f"{name} must be a tuple of {ndim} numbers: got {numbers!r}. Pass one for each spatial "
            f"axis.",
            got=numbers,
            wanted=f"a tuple of {ndim}",
        )
    if len(numbers) != ndim:
        raise ShapeError(
            f"{name} must have {ndim} elements: got {len(numbers)}. Pass one for each spatial "
            f"axis.",
            got=len(numbers),
            wanted=ndim,
        )
    return list(numbers)


def tensor_of(name: str, x: Any, ndim: int) -> TensorVariable:
    """Return an image or a kernel as a tensor of `ndim` axes."""
    x = pt.as_tensor_variable(x)
    if x.type.ndim != ndim:
        raise DTypeError(
            f"{name} must be {ndim}D tensor: got {x.type.ndim} axes. Images are (batch, channels, "
            f"*spatial), kernels (out_channels, channels // groups, *spatial), or, if unshared, "
            f"(out_channels, *outputs, channels // groups, *spatial).",
            got=x.type.ndim,
            wanted=ndim,
        )
    if x.type.numpy_dtype.kind != "f":
        raise DTypeError(
            f"{name} must be float: got dtype {x.type.dtype}. Cast it (`.astype('float32')`).",
            got=x.type.dtype,
            wanted="float16, float32 or float64",
        )
    return x


def declared(name: str, x: TensorVariable, shape: Any) -> TensorVariable:
    """Return `x` with its declared shape as a static one, checked where it was not known before.

    Its gradient has the type of `x`.
    """
    if shape is None:
        return x
    lengths = constant_lengths(name, shape, x.type.ndim)
    known = [axis for axis, length in enumerate(lengths) if length is not None]
    message = (
        f"{name} must be the shape of its array, with None for what is not known: it says "
        f"{tuple(lengths)}"
    )
    x = agreeing(x, [(length_of(x, axis), lengths[axis]) for axis in known], message)
    is_new = any(x.type.shape[axis] is None for axis in known)
    return pt.specify_shape(UnspecifyShape(x.type.shape)(x), lengths) if is_new else x


def length_of(x: TensorVariable, axis: int) -> Any:
    """Return the length of an axis: an int where it is static."""
    length = x.type.shape[axis]
    return x.shape[axis] if length is None else length


def agreeing(x: TensorVariable, pairs: Sequence[tuple[Any, Any]], message: str) -> TensorVariable:
    """Return `x` if the lengths of each pair are equal; what is symbolic is checked at run time."""
    unknown = []
    for got, wanted in pairs:
        if isinstance(got, Variable) or isinstance(wanted, Variable):
            unknown.append(equal(got, wanted))
        elif got != wanted:
            raise OldShapeError(
                f"{message}: got length {got}, wanted {wanted}.", got=got, wanted=wanted
            )
    if not unknown:
        return x
    return Check(OldShapeError, f"{message}.")(x, pt.all(pt.stack(unknown)))


def constant_lengths(name: str, shape: Any, ndim: int) -> list[int | None]:
    """Return a shape that was declared, with None for lengths that were not."""
    if isinstance(shape, Constant):
        shape = shape.data.tolist()
    if not isinstance(shape, tuple | list | np.ndarray):
        raise ArgumentError(
            f"{name} must be None or a tuple of constants: got {shape}. Leave it out.",
            got=shape,
            wanted="a tuple",
        )
    if len(shape) != ndim:
        raise ShapeError(
            f"{name} must have {ndim} lengths: got {len(shape)}. Pass the shape of the array, with "
            f"None for what is not known.",
            got=len(shape),
            wanted=ndim,
        )
    return [_constant(name, length) for length in shape]


def _constant(name: str, length: Any) -> int | None:
    if isinstance(length, Constant):
        length = length.data
    if isinstance(length, np.ndarray) and length.ndim == 0:
        length = length.item()
    if length is None:
        return None
    if not _is_length(length):
        error = OldNotConstantError if isinstance(length, Variable) else ArgumentError
        raise error(
            f"{name} must hold constant ints of at least 0, or None: got {length}. Pass None for "
            f"lengths that are not known.",
            got=length,
            wanted="int or None",
        )
    return int(length)


def spatial_lengths(name: str, shape: Any, ndim: int) -> list[Any]:
    """Return the lengths of the spatial axes, the last ones of a shape: ints where they are known.

    They may be symbolic, but not left out.
    """
    if isinstance(shape, Variable):
        vector = pt.as_tensor_variable(shape)
        known = static_entries(vector[-ndim:], ndim)
        return [vector[i - ndim] if n is None else n for i, n in enumerate(known)]
    if not isinstance(shape, tuple | list | np.ndarray):
        raise DTypeError(
            f"{name} must hold the lengths of the spatial axes: got {shape!r}. Pass a tuple.",
            got=shape,
            wanted="a tuple",
        )
    # That of an unshared kernel has a length for each spatial axis of the output, too.
    if len(shape) not in (ndim, ndim + 2, 2 * ndim + 2):
        raise ShapeError(
            f"{name} must have {ndim + 2} lengths, or those of the {ndim} spatial axes: got "
            f"{len(shape)}.",
            got=len(shape),
            wanted=ndim + 2,
        )
    lengths = list(shape)[-ndim:]
    for length in lengths:
        if length is None:
            raise OldShapeError(
                f"{name} needs the lengths of all spatial axes: got {tuple(lengths)}. The result "
                f"has one for each; pass constants or symbolic integers.",
                got=None,
                wanted="int or symbolic integer",
            )
    return lengths
