"""The restrictions of cuda-convnet's kernels, which only apply with `strict`.

Each Op accepts ``strict=True``, which restores the old exceptions where they were raised, mostly at
run time. `STRICT` is the default. An `assert` in C, which ended the process, is a `ValueError`.
"""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import OldAssertionError
from pytensor_unpool.errors import DTypeError, ShapeError
from pytensor_unpool.ops.check import Check

STRICT = False

# A symbolic condition, and the message if it does not hold.
Rule = tuple[Any, str]


def is_strict(strict: bool | None) -> bool:
    """Return whether an Op with this argument enforces the rules."""
    return STRICT if strict is None else bool(strict)


def c01b_tensor(op: str, name: str, x: Any, strict: bool) -> TensorVariable:
    """Return an input as a tensor of four axes."""
    x = pt.as_tensor_variable(x)
    if x.type.ndim != 4:
        raise OldAssertionError(
            f"{op}: {name} must have 4 axes: got {x.type.ndim}. Images are (channels, rows, "
            f"columns, batch), filters (channels, rows, columns, filters).",
            got=x.type.ndim,
            wanted=4,
        )
    if x.type.numpy_dtype.kind != "f" or (strict and x.type.dtype != "float32"):
        wanted = "float32" if strict else "float"
        raise DTypeError(
            f"{op}: {name} must be {wanted}: got {x.type}. Cast it (`.astype('float32')`).",
            got=x.type.dtype,
            wanted=wanted,
        )
    return x


def required(x: TensorVariable, op: str, *rules: Rule) -> TensorVariable:
    """Return `x`, with a check of all rules when the function runs."""
    for condition, message in rules:
        x = Check(ShapeError, f"{op}: {message}")(x, condition)
    return x


def result(x: TensorVariable) -> TensorVariable:
    """Mark the result of an Op as contiguous, as it was in the old backend."""
    x.tag.c_contiguous = True
    return x


def contiguous(name: str, x: TensorVariable) -> list[Rule]:
    """Return the rules that require an array to be contiguous.

    In the old backend, only shuffling axes made arrays that were not; `gpu_contiguous` copied them.
    """
    message = f"{name} must be C contiguous. Pass it through gpu_contiguous."
    rules: list[Rule] = []
    while isinstance(_op(x), DimShuffle) and not getattr(x.tag, "c_contiguous", False):
        order = [axis for axis in x.owner.op.new_order if axis != "x"]
        x = x.owner.inputs[0]
        # Two axes may be swapped if one of them has length 1.
        rules += [
            (pt.le(pt.minimum(x.shape[before], x.shape[after]), 1), message)
            for i, before in enumerate(order)
            for after in order[i + 1 :]
            if before > after
        ]
    return rules


def _op(x: Variable) -> Any:
    return None if x.owner is None else x.owner.op
