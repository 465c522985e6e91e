"""Normalization of arguments: ints, sequences, arrays, symbolic integers and vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.ops import ViewOp
from pytensor.gradient import disconnected_grad
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.raise_op import CheckAndRaise
from pytensor.scalar.basic import Cast, Identity
from pytensor.tensor.basic import infer_static_shape
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.shape import SpecifyShape
from pytensor.tensor.subtensor import Subtensor
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.geometry import Windows, check_unpooled
from pytensor_unpool.geometry.conv import PADS, Convolution, Steps, check_steps, padding
from pytensor_unpool.geometry.windows import (
    as_integer,
    check_number,
    check_windows,
    choice,
    pads_per_axis,
    per_axis,
)
from pytensor_unpool.ops import MaxPool


def make_windows(
    window: Any, stride: Any, pad: Any, dilation: Any, partial_windows: bool
) -> tuple[Windows, list[TensorVariable]]:
    """Return the windows, and the matrix of their parameters if some are symbolic."""
    window = _known("window", window)
    ndim = len(window) if isinstance(window, list) else 1
    if ndim == 0:
        raise ShapeError(
            "window needs a length for at least one pooled axis: got none. Pass one for each axis.",
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
        check_windows([None] * ndim, windows.axes(), windows.partial_windows)
        return windows, []
    for number in (n for column in known for n in column if n is not None):
        check_number(number)
    return windows, [_matrix(numbers)]


def make_convolution(
    stride: Any, pad: Any, dilation: Any, groups: Any, flip: bool, axes: Sequence[tuple[Any, Any]]
) -> tuple[Convolution, list[TensorVariable]]:
    """Return the convolution, and the matrix of its parameters if some are symbolic.

    `axes` holds the lengths of the image and of the kernel on every spatial axis, symbolic where
    they are not static. Padding given by name is computed from them.
    """
    ndim = len(axes)
    strides = per_axis("stride", _known("stride", stride), ndim, "spatial")
    dilations = per_axis("dilation", _known("dilation", dilation), ndim, "spatial")
    if isinstance(pad, str):
        choice("pad", pad, PADS)
        spans = [
            (n, (taps - 1) * d + 1, s)
            for (n, taps), s, d in zip(axes, strides, dilations, strict=True)
        ]
        before, after = zip(*(padding(pad, *span) for span in spans), strict=True)
    else:
        before, after = pads_per_axis(_known("pad", pad), ndim, "spatial")
    groups = as_integer("groups", groups.data if isinstance(groups, Constant) else groups)
    if not isinstance(groups, int) or groups < 1:
        raise ArgumentError(
            f"groups must be an int of at least 1: got {groups}. The shape of the kernel depends "
            f"on it.",
            got=groups,
            wanted="at least 1",
        )
    numbers = (strides, before, after, dilations)
    known = [tuple(n if isinstance(n, int) else None for n in column) for column in numbers]
    check_steps([Steps(*steps) for steps in zip(*known, strict=True)])
    convolution = Convolution(known[0], known[1], known[2], known[3], groups, bool(flip))
    return convolution, [] if convolution.is_static else [_matrix(numbers)]


def _matrix(columns: Sequence[Sequence[Any]]) -> TensorVariable:
    """Return the parameters of all axes as the rows of an integer matrix."""
    rows = zip(*columns, strict=True)
    return pt.stack([pt.stack([_integer(n) for n in row]) for row in rows])


def unpooled_shape(shape: Any) -> list[Any]:
    """Return the lengths of the un-pooled axes, ints wherever they are static."""
    known = _known("shape", shape)
    lengths = known if isinstance(known, list) else [known]
    if not lengths:
        raise ShapeError(
            "shape needs a length for at least one un-pooled axis: got none. Pass one for each "
            "axis.",
            got=0,
            wanted=1,
        )
    lengths = list(per_axis("shape", lengths, len(lengths)))
    check_unpooled([n if isinstance(n, int) else None for n in lengths])
    symbolic, static = infer_static_shape([_as_int64(length) for length in lengths])
    return [_integer(s) if n is None else n for s, n in zip(symbolic, static, strict=True)]


def check_pooled_axes(positions: TensorVariable, ndim: int) -> None:
    """Raise `ShapeError` if positions come from a pooling over another number of axes."""
    pooled = _axes_of_positions(positions)
    if pooled not in (None, ndim):
        raise ShapeError(
            f"shape must have {pooled} lengths, as positions come from a pooling over the last "
            f"{pooled} axes: got {ndim}. Pass `x.shape[-{pooled}:]` of the pooled x.",
            got=ndim,
            wanted=pooled,
        )


def _axes_of_positions(positions: Variable) -> int | None:
    """Return the number of axes of the pooling that positions come from, None if unknown."""
    kept = positions.type.ndim
    while positions.owner is not None:
        node = positions.owner
        if isinstance(node.op, MaxPool):
            pooled = int(node.op.windows.ndim)
            return pooled if pooled <= kept else None
        kept = min(kept, _kept_axes(node))
        positions = node.inputs[0]
    return None


def _kept_axes(node: Apply) -> int:
    """Return how many of the first input's last axes are unchanged as last axes of the output."""
    op, ndim = node.op, node.inputs[0].type.ndim if node.inputs else 0
    if isinstance(op, Elemwise) and isinstance(op.scalar_op, Cast | Identity):
        return ndim
    if isinstance(op, SpecifyShape | ViewOp | CheckAndRaise):
        return ndim
    if isinstance(op, Subtensor):
        touched = [i for i, index in enumerate(op.idx_list) if index != slice(None)]
        return ndim - 1 - max(touched, default=-1)
    if isinstance(op, DimShuffle):
        pairs = zip(reversed(op.new_order), range(ndim - 1, -1, -1), strict=False)
        return next((i for i, (new, old) in enumerate(pairs) if new != old), ndim)
    return 0


def adaptive_lengths(lengths: Any) -> list[Any]:
    """Return the lengths of pooled axes, ints wherever static; None keeps an axis."""
    known = _known("lengths", lengths)
    wanted = known if isinstance(known, list) else [known]
    if not wanted:
        raise ShapeError(
            "lengths needs a length for at least one pooled axis: got none. Pass one for each "
            "axis.",
            got=0,
            wanted=1,
        )
    return [length if length is None else _known_length(length) for length in wanted]


def _known_length(length: Any) -> Any:
    length = as_integer("lengths", length)
    if isinstance(length, int):
        return length
    ((symbolic,), (static,)) = infer_static_shape([_as_int64(length)])
    return _integer(symbolic) if static is None else static


def length_vector(lengths: list[Any]) -> TensorVariable:
    """Return lengths, as `unpooled_shape` gives them, as one vector."""
    return pt.as_tensor_variable([np.int64(n) if isinstance(n, int) else n for n in lengths])


def _known(name: str, numbers: Any) -> Any:
    """Return numbers as ints and lists of ints, symbolic vectors as lists of symbolic integers."""
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
            got=vector.type.shape,
            wanted="a static length",
        )
    return [vector[i] for i in range(length)]


def _integer(number: Any) -> Any:
    """Return a number as an int64 that is disconnected from derivatives.

    Forward mode would pass a float tangent to the Op that stacks integers, which rejects it.
    """
    return (
        disconnected_grad(_as_int64(number)) if isinstance(number, Variable) else np.int64(number)
    )


def _as_int64(number: Any) -> Any:
    return pt.as_tensor_variable(number).astype("int64")
