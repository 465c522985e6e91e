"""Max-pooling in Numba.

Few taps, known beforehand, on up to three axes are unrolled: the loop over the windows of a row
then has no branch and is vectorised. Everything else goes tap by tap over whole rows of windows.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.errors import POSITIONS_TOO_NARROW, LengthError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.compare import beats, lowest
from pytensor_unpool.kernels.numba.unrolled_pool import can_unroll, unrolled_pool_plane
from pytensor_unpool.kernels.numba.windows import (
    Kernel,
    compiled,
    taps_walker,
    windows_counter,
)


def max_pool(windows: Windows, positions_dtype: str | None) -> Kernel:
    """Compile ``x -> (values, positions)``, or ``x -> values`` if no dtype is given.

    Where a number in `windows` is not known, the kernel is ``(x, numbers) -> ...``.
    """
    ndim, pooled = windows.ndim, -windows.ndim
    with_positions = positions_dtype is not None
    dtype = np.dtype(positions_dtype or "int64")
    last_countable = int(np.iinfo(dtype).max)
    count = windows_counter(windows)
    if can_unroll(windows):
        pool_plane = unrolled_pool_plane(windows, with_positions)
    else:
        pool_plane = _pool_plane_by_taps(ndim, with_positions)

    @compiled
    def max_pool(x, *numbers):  # type: ignore[no-untyped-def]
        lengths = x.shape[pooled:]
        rows, counts = count(lengths, *numbers)
        elements_a_plane = 1
        for length in lengths:
            elements_a_plane *= length
        if with_positions and elements_a_plane - 1 > last_countable:
            raise LengthError(POSITIONS_TOO_NARROW, 0, elements_a_plane - 1, last_countable)
        values = np.empty(x.shape[:pooled] + counts, x.dtype)
        if with_positions:
            positions = np.empty(x.shape[:pooled] + counts, dtype)
            for item in np.ndindex(x.shape[:pooled]):
                pool_plane(rows, counts, x[item], (values[item], positions[item]))
            return values, positions
        else:
            for item in np.ndindex(x.shape[:pooled]):
                pool_plane(rows, counts, x[item], (values[item],))
            return values

    return max_pool  # type: ignore[no-any-return]


def _pool_plane_by_taps(ndim: int, with_positions: bool) -> Kernel:
    """Compile the pooling of one leading item, where each tap updates whole rows of windows."""

    @compiled
    def update(line, place, shift, stride, low, high, index, outputs):  # type: ignore[no-untyped-def]
        values = outputs[0][index]
        if with_positions:
            positions = outputs[1][index]
        for window in range(low, high):
            coordinate = window * stride + shift
            element = line[coordinate]
            best = values[window]
            wins = beats(element, best)
            if with_positions:
                position = positions[window]
                wins = wins | (position < 0)
                positions[window] = place + coordinate if wins else position
            values[window] = element if wins else best

    walk = taps_walker(ndim, update)

    @compiled
    def pool_plane(rows, counts, plane, outputs):  # type: ignore[no-untyped-def]
        outputs[0][...] = lowest(plane)
        if with_positions:
            outputs[1][...] = -1
        walk(rows, counts, plane, outputs)

    return pool_plane  # type: ignore[no-any-return]
