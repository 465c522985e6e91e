"""Names of `theano.sandbox.cuda.var`: shared variables of float32."""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compile.sharedvalue import shared

__all__ = ["cuda_shared_constructor", "float32_shared_constructor", "shared_constructor"]

__getattr__, __dir__ = fall_back(__name__)


def float32_shared_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Any = None,
    target: str = "gpu",
) -> SharedVariable:
    """Return a shared variable of float32."""
    value = np.asarray(value, dtype=np.float32)
    return shared(value, name, strict, allow_downcast, broadcastable, borrow=borrow)


cuda_shared_constructor = float32_shared_constructor
shared_constructor = float32_shared_constructor
