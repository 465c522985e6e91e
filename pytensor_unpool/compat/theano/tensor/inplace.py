"""Names of `theano.tensor.inplace`: operations that overwrite their first argument.

A function that has one must be compiled with ``accept_inplace=True``.
"""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.elemwise import Elemwise

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.legacy_names import table_names

_old_attribute, __dir__ = fall_back(__name__)

# Operations that have another name in PyTensor.
RENAMED = {"abs_": "abs", "and_": "bitwise_and", "conj": "_conj", "inv": "reciprocal",
           "or_": "bitwise_or", "sgn": "sign", "xor": "bitwise_xor"}  # fmt: skip


def transpose_inplace(x: Any) -> Any:
    """Return a tensor with its axes in the opposite order, which shares its memory."""
    return pt.transpose(x)


def __getattr__(name: str) -> Any:
    entry = table_names().get(f"theano.tensor.inplace.{name}")
    if entry is None or entry.status == "gone":
        return _old_attribute(name)
    base = name.removesuffix("_inplace")
    new = RENAMED.get(base, base)
    operation = getattr(pt, new) if hasattr(pt, new) else getattr(pt.math, new)
    kind = type(operation.scalar_op)
    globals()[name] = Elemwise(kind(_of_first), {0: 0}, name=name)
    return globals()[name]


def _of_first(*types: Any) -> tuple[Any, ...]:
    """Return the type of the result: that of the first argument, whose memory it takes."""
    return types[:1]
