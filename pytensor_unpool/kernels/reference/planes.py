"""The pooled axes of every leading item as one axis, and the dtypes to work in."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytensor_unpool.geometry.max_unpool import plane_size

Array = np.ndarray[Any, Any]


def planes(x: Array, ndim: int) -> Array:
    """Return `x` with its last axes as one."""
    return x.reshape(*x.shape[:-ndim], plane_size(x.shape[-ndim:]))


def leading_indices(array: Array, trailing: int = 1) -> tuple[Array, ...]:
    """Return broadcastable indices of all axes but the last `trailing`."""
    lengths = array.shape[:-trailing]
    grids = np.ogrid[tuple(slice(length) for length in lengths)]
    return tuple(grid.reshape(grid.shape + (1,) * trailing) for grid in grids)


def lowest(dtype: np.dtype[Any]) -> Any:
    """Return the lowest element of a dtype."""
    if dtype.kind == "f":
        return -np.inf
    return False if dtype.kind == "b" else np.iinfo(dtype).min


def sum_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype to accumulate in: half precision would lose small terms."""
    return np.dtype("float32") if dtype == np.float16 else dtype
