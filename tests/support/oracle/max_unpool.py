"""Un-pooling to positions, and gathering from them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from tests.support.oracle.windows import Array


def max_unpool(
    values: Array, positions: Array, shape: Sequence[int], duplicates: str = "last"
) -> Array:
    """Return zeros of lengths `shape` with the values written, or added, one after the other."""
    leading = values.shape[: values.ndim - len(shape)]
    out = np.zeros((*leading, prod(shape)), values.dtype)
    for item in np.ndindex(*leading):
        written = zip(values[item].reshape(-1), positions[item].reshape(-1).tolist(), strict=True)
        for value, place in written:
            here = out[item][place : place + 1]  # an array wraps around without a warning
            here[...] = value if duplicates == "last" else here + value
    return out.reshape(*leading, *shape)


def max_gather(x: Array, positions: Array, ndim: int, duplicates: str = "sum") -> Array:
    """Return what is read at the positions; for "last" only what nobody reads later, else zero."""
    leading = x.shape[: x.ndim - ndim]
    out = np.zeros(positions.shape, x.dtype)
    for item in np.ndindex(*leading):
        places = positions[item].reshape(-1).tolist()
        target = np.zeros(len(places), x.dtype)
        for i, place in enumerate(places):
            if duplicates == "sum" or place not in places[i + 1 :]:
                target[i] = x[item].reshape(-1)[place]
        out[item] = target.reshape(positions[item].shape)
    return out
