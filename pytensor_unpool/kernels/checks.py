"""Checks of shapes, lengths and dtypes, for the reference and the array backends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pytensor_unpool.errors import (
    POSITIONS_DISAGREE,
    POSITIONS_TOO_NARROW,
    WRONG_LENGTHS,
    LengthError,
)
from pytensor_unpool.geometry.max_unpool import plane_size

Array = np.ndarray[Any, Any]


def check_same_shape(array: Array, shape: tuple[int, ...], kind: int = POSITIONS_DISAGREE) -> None:
    """Raise `LengthError` for the first axis of `array` that is not as long as in `shape`."""
    for i, (got, wanted) in enumerate(zip(array.shape, shape, strict=True)):
        if got != wanted:
            raise LengthError(kind, i - len(shape), got, wanted)


def check_positions_dtype(lengths: Sequence[int], positions_dtype: str) -> None:
    """Raise `LengthError` if the dtype cannot hold all positions of a plane."""
    last_position, most = plane_size(lengths) - 1, int(np.iinfo(positions_dtype).max)
    if last_position > most:
        raise LengthError(POSITIONS_TOO_NARROW, got=last_position, wanted=most)


def unpooled_lengths(shape: Array, ndim: int) -> tuple[int, ...]:
    """Return the run-time vector of un-pooled lengths as ints."""
    if len(shape) != ndim:
        raise LengthError(WRONG_LENGTHS, got=len(shape), wanted=ndim)
    return tuple(int(length) for length in shape)


def broadcast_shape(axes: Sequence[int], x: Any, likes: Sequence[Any]) -> tuple[int, ...]:
    """Return the shape of `x` with that of the other arrays, which are broadcast, along `axes`."""
    shape = list(x.shape)
    for axis in axes:
        length = next((like.shape[axis] for like in likes if like.shape[axis] != 1), 1)
        for array in (*likes, x):
            if array.shape[axis] not in (1, length):
                got = array.shape[axis]
                raise LengthError(POSITIONS_DISAGREE, axis - x.ndim, got=got, wanted=length)
        shape[axis] = length
    return tuple(shape)
