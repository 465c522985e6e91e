"""Helpers that the Ops share: input checks, shapes, batching."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import pytensor.tensor as pt
from pytensor import config
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Constant, Variable
from pytensor.tensor.basic import MakeVector
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import (
    LENGTH_MESSAGES,
    POSITIONS_DISAGREE,
    WRONG_NUMBERS,
    WRONG_STEPS,
    ArgumentError,
    DTypeError,
    LengthError,
    ShapeError,
)
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.conv import Convolution
from pytensor_unpool.ops.check import Check, equal


def one_tensor(name: str, x: Any) -> TensorVariable:
    """Return `x` as a tensor, but refuse several variables, which PyTensor would stack.

    A list of scalars becomes a vector.
    """
    if isinstance(x, tuple | list):
        ranks = [getattr(part.type, "ndim", 0) for part in x if isinstance(part, Variable)]
        if any(ranks) or (ranks and isinstance(x, tuple)):
            refuse_several(name, x)
    return pt.as_tensor_variable(x)


def refuse_several(name: str, x: Sequence[Any]) -> NoReturn:
    """Raise `ArgumentError`: `x` holds variables that must be passed one at a time."""
    kind = type(x).__name__
    raise ArgumentError(
        f"{name} must be one tensor: got a {kind} of {len(x)} variables. Unpack it (`values, "
        f"positions = max_pool(...)`) and pass one of them. To stack them, call "
        f"`pytensor.tensor.stack`.",
        got=kind,
        wanted="one tensor",
    )


def real_tensor(name: str, x: Any) -> TensorVariable:
    """Return `x` as a tensor of real numbers."""
    x = one_tensor(name, x)
    if x.type.numpy_dtype.kind not in "biuf":
        raise DTypeError(
            f"{name} must hold real numbers: got dtype {x.dtype}. Take real and imaginary parts "
            f"separately.",
            got=x.dtype,
            wanted="bool, integer or float",
        )
    return x


def position_tensor(positions: Any) -> TensorVariable:
    """Return `positions` as a tensor of integers."""
    positions = one_tensor("positions", positions)
    if positions.type.numpy_dtype.kind not in "iu":
        raise DTypeError(
            f"positions must be integer: got dtype {positions.dtype}. Pass what max_pool returned, "
            f"or cast it (`.astype('int64')`); `pytensor.tensor.argmax` turns a boolean mask into "
            f"positions.",
            got=positions.dtype,
            wanted="integer",
        )
    return positions


def check_ndim(name: str, x: TensorVariable, ndim: int) -> None:
    """Raise `ShapeError` if `x` has fewer than `ndim` axes."""
    if x.type.ndim < ndim:
        raise ShapeError(
            f"{name} needs at least the {ndim} pooled axes: got {x.type.ndim} axes. Pass as many "
            f"lengths as axes you want to pool; the last axes are pooled.",
            got=x.type.ndim,
            wanted=ndim,
        )


def check_same_lengths(
    name: str,
    got: Sequence[int | None],
    wanted: Sequence[int | None],
    kind: int = POSITIONS_DISAGREE,
    trailing: int = 0,
) -> None:
    """Raise `ShapeError` if static lengths differ, except for the last `trailing` axes."""
    if len(got) != len(wanted):
        raise ShapeError(
            f"{name} must have the {len(wanted)} axes of the other array: got {len(got)}. Pass "
            f"one entry for each element of it.",
            got=len(got),
            wanted=len(wanted),
        )
    for i in range(len(wanted) - trailing):
        if None not in (got[i], wanted[i]) and got[i] != wanted[i]:
            message = LENGTH_MESSAGES[kind].format(
                axis=i - len(wanted), got=got[i], wanted=wanted[i]
            )
            raise ShapeError(message, got=got[i], wanted=wanted[i])


def runtime_inputs(
    steps: Windows | Convolution, runtime_parameters: Sequence[Any]
) -> list[TensorVariable]:
    """Return an Op's inputs besides its arrays: the matrix of run-time parameters, or none."""
    if steps.is_static:
        return []
    (matrix,) = runtime_parameters
    return [pt.as_tensor_variable(matrix).astype("int64")]


def axes_of(steps: Windows | Convolution, runtime_parameters: Sequence[Any]) -> list[Any]:
    """Return the records of all axes: static ones, or those of the run-time matrix or its graph."""
    axes = steps.axes()
    if steps.is_static:
        return list(axes)
    (matrix,) = runtime_parameters
    ndim, record, columns = len(axes), type(axes[0]), len(axes[0])
    if isinstance(matrix, np.ndarray):
        if matrix.shape != (ndim, columns):
            kind = WRONG_NUMBERS if isinstance(steps, Windows) else WRONG_STEPS
            raise LengthError(kind, got=matrix.size, wanted=ndim)
        return [record(*row) for row in matrix.tolist()]
    return [record(*(matrix[i, j] for j in range(columns))) for i in range(ndim)]


def lengths_vector(x: TensorVariable, ndim: int) -> TensorVariable:
    """Return the lengths of the last `ndim` axes of `x` as a vector, constant where static."""
    lengths = [
        x.shape[axis] if length is None else np.int64(length)
        for axis, length in enumerate(x.type.shape)
    ]
    return pt.as_tensor_variable(lengths[x.type.ndim - ndim :]).astype("int64")


def static_entries(vector: Variable, ndim: int) -> list[int | None]:
    """Return the entries of an integer vector, None where they are not constants of the graph."""
    if isinstance(vector, Constant):
        return [int(entry) for entry in vector.data]
    if vector.owner is not None and isinstance(vector.owner.op, MakeVector):
        return [
            int(entry.data) if isinstance(entry, Constant) else None
            for entry in vector.owner.inputs
        ]
    return [None] * ndim


def lengths_input(lengths: Any, ndim: int) -> TensorVariable:
    """Return an Op's input of `ndim` lengths as an integer vector."""
    lengths = pt.as_tensor_variable(lengths)
    if lengths.type.numpy_dtype.kind not in "iu":
        raise DTypeError(
            f"shape must be integer: got dtype {lengths.dtype}. Cast it (`.astype('int64')`).",
            got=lengths.dtype,
            wanted="int",
        )
    if lengths.type.ndim != 1 or lengths.type.shape[0] not in (None, ndim):
        raise ShapeError(
            f"shape must be a vector of {ndim} lengths: got an array of shape "
            f"{lengths.type.shape}.",
            got=lengths.type.shape,
            wanted=(ndim,),
        )
    return lengths.astype("int64")


def same_for_all_items(lengths: TensorVariable) -> TensorVariable:
    """Return the lengths of one item, checked to be those of all: results must form an array.

    PyTensor batches a vector of lengths such as ``x.shape[-2:]`` into one row for each item.
    """
    batches = lengths.type.ndim - 1
    if batches == 0:
        return lengths
    first = lengths[(0,) * batches]
    check = Check(
        ShapeError,
        "The items of a batch have different lengths in shape. Un-pool the items one by one, or "
        "all to the longest lengths.",
    )
    return check(first, pt.all(equal(lengths, first)))


def is_connected(cotangent: Variable) -> bool:
    """Return whether there is a gradient to pass on."""
    return not isinstance(cotangent.type, DisconnectedType)


def no_gradient(x: TensorVariable) -> TensorVariable:
    """Return zeros, the gradient of something that does not change with `x`."""
    dtype = x.dtype if x.type.numpy_dtype.kind == "f" else config.floatX
    return x.zeros_like(dtype=dtype)


def broadcast_leading(
    arrays: Sequence[TensorVariable], trailing: Sequence[int]
) -> list[TensorVariable]:
    """Broadcast all axes but the last ``trailing[i]`` of each array against one another.

    As elsewhere in PyTensor, only axes known to have length 1 broadcast.
    """
    leading = max(a.type.ndim - t for a, t in zip(arrays, trailing, strict=True))
    padded = [
        pt.shape_padleft(a, leading - (a.type.ndim - t)) if a.type.ndim - t < leading else a
        for a, t in zip(arrays, trailing, strict=True)
    ]
    flags = {a.type.broadcastable[:leading] for a in padded}
    if len(flags) == 1:
        return padded
    lengths = [
        next((a.shape[i] for a in padded if not a.type.broadcastable[i]), np.int64(1))
        for i in range(leading)
    ]
    return [pt.broadcast_to(a, (*lengths, *a.shape[leading:])) for a in padded]
