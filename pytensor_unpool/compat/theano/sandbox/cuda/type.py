"""Names of `theano.sandbox.cuda.type`: the type of float32 arrays on a GPU, now anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.tensor.type import TensorType

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["CudaNdarrayType"]

__getattr__, __dir__ = fall_back(__name__)


def CudaNdarrayType(  # noqa: N802
    broadcastable: Sequence[bool], name: str | None = None, dtype: Any = None
) -> TensorType:
    """Return the float32 tensor type whose axes have length 1 where `broadcastable` is True."""
    return TensorType("float32", tuple(1 if once else None for once in broadcastable), name)
