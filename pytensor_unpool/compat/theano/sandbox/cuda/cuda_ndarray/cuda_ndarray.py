"""Names of `theano.sandbox.cuda.cuda_ndarray.cuda_ndarray`: arrays on a GPU, now NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["CudaNdarray", "mem_info"]

__getattr__, __dir__ = fall_back(__name__)


def CudaNdarray(value: Any) -> np.ndarray:  # noqa: N802
    """Return a copy of an array, in float32."""
    return np.array(value, dtype=np.float32)


def mem_info() -> tuple[int, int]:
    """Return the free bytes of a GPU's memory and all of them: none, as there is no GPU."""
    return 0, 0
