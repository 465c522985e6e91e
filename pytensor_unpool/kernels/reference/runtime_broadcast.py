"""Broadcasting at run time in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytensor_unpool.kernels.checks import broadcast_shape

Array = np.ndarray[Any, Any]


def runtime_broadcast(axes: Sequence[int], x: Array, *likes: Array) -> Array:
    """Return `x` broadcast along `axes` to what the others broadcast to; itself if it fits."""
    shape = broadcast_shape(axes, x, likes)
    return x if shape == x.shape else np.broadcast_to(x, shape).copy()
