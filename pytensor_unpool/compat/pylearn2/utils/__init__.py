"""Names of `pylearn2.utils`: `sharedX`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import SharedVariable

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["sharedX"]

__getattr__, __dir__ = fall_back(__name__)


def sharedX(  # noqa: N802
    value: Any, name: str | None = None, borrow: bool = False, dtype: str | None = None
) -> SharedVariable:
    """Return a shared variable of floatX, or of `dtype`."""
    array = np.asarray(value, dtype=dtype or pytensor.config.floatX)
    return pytensor.shared(array, name, borrow=borrow)
