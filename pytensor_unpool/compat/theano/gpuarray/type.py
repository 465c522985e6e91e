"""Names of `theano.gpuarray.type`: the type of arrays on a GPU, now anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.link.c.type import generic
from pytensor.tensor.type import TensorType

from pytensor_unpool.compat.errors import OldNameError
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compile.sharedvalue import shared

__all__ = [
    "ContextNotDefined",
    "GpuArrayType",
    "get_context",
    "gpu_context_type",
    "gpuarray_shared_constructor",
]

__getattr__, __dir__ = fall_back(__name__)

gpu_context_type = generic


class ContextNotDefined(OldNameError, ValueError):  # noqa: N818
    """No GPU has this name: there are none."""


def get_context(name: str | None) -> Any:
    """Raise `ContextNotDefined`, as Theano did for a name that no GPU had."""
    raise ContextNotDefined(
        f"there is no GPU context {name!r}: PyTensor has no CUDA back-end. For a GPU, compile with "
        f"mode='JAX' or mode='PYTORCH'.",
        got=name,
        wanted=None,
    )


def GpuArrayType(  # noqa: N802
    dtype: str, broadcastable: Sequence[bool], context_name: Any = None, name: str | None = None
) -> TensorType:
    """Return the tensor type whose axes have length 1 where `broadcastable` is True."""
    return TensorType(dtype, tuple(1 if once else None for once in broadcastable), name)


def gpuarray_shared_constructor(
    value: Any, name: str | None = None, strict: bool = False, **kwargs: Any
) -> SharedVariable:
    """Return a shared variable."""
    return shared(np.asarray(value), name, strict, **kwargs)
