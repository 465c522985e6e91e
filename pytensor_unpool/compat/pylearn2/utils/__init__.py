"""Names of `pylearn2.utils`: `sharedX`, `float32_floatX`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import SharedVariable

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["float32_floatX", "sharedX"]

__getattr__, __dir__ = fall_back(__name__)


def sharedX(  # noqa: N802
    value: Any, name: str | None = None, borrow: bool = False, dtype: str | None = None
) -> SharedVariable:
    """Return a shared variable of floatX, or of `dtype`."""
    array = np.asarray(value, dtype=dtype or pytensor.config.floatX)
    return pytensor.shared(array, name, borrow=borrow)


def float32_floatX(f: Callable[..., Any]) -> Callable[..., None]:  # noqa: N802
    """Decorate a function so that floatX is float32 in its calls. They return None, as of old."""

    @wraps(f)
    def call(*args: Any, **kwargs: Any) -> None:
        with pytensor.config.change_flags(floatX="float32"):
            f(*args, **kwargs)

    return call
