"""Max-pooling in Numba.

Few taps, known beforehand, on up to three axes are unrolled: the loop over the windows of a row
then has no branch and is vectorised. Everything else goes tap by tap over whole rows of windows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pytensor_unpool.errors import POSITIONS_TOO_NARROW, LengthError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.channels import (
    channel_axis,
    channels_back,
    channels_inside,
    strided_layout,
)
from pytensor_unpool.kernels.numba.compare import beats, lowest
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_pool_unrolled import unrolled_pool_plane
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.unrolled import LARGEST_INT32
from pytensor_unpool.kernels.numba.unrolled_channels import channel_pool
from pytensor_unpool.kernels.numba.windows import Kernel, taps_walker, windows_counter


def max_pool(windows: Windows, output: str = "positions", dtype: str = "int64") -> Kernel:
    """Compile ``x -> (values, positions)``, or ``x -> values`` for the output "values".

    For "taps", the second array has the numbers of the taps. Where a number in `windows` is not
    known, the kernel is ``(x, numbers) -> ...``.
    """
    pooled = -windows.ndim
    has_limit = output == "positions"
    last_countable = int(np.iinfo(dtype).max)
    count = windows_counter(windows)
    pool = _pool_either(windows, output, np.dtype(dtype))

    @device_function
    def max_pool(x, *numbers):  # type: ignore[no-untyped-def]
        lengths = x.shape[pooled:]
        rows, counts = count(lengths, *numbers)
        elements_a_plane = 1
        for length in lengths:
            elements_a_plane *= length
        if has_limit and elements_a_plane - 1 > last_countable:
            raise LengthError(POSITIONS_TOO_NARROW, 0, elements_a_plane - 1, last_countable)
        is_countable = elements_a_plane <= LARGEST_INT32
        return pool(x, rows, counts, is_countable, strided_layout((x,), counts))

    return max_pool  # type: ignore[no-any-return]


def _pool_either(windows: Windows, output: str, dtype: Any) -> Kernel:
    """Compile the choice of a kernel by the layout of the array.

    ``pool(x, rows, counts, is_countable, layout)`` is told whether an int32 counts the elements of
    a plane.
    """
    ndim = windows.ndim
    pool_planes = _pool_planes(windows, output, dtype)
    if not windows.can_unroll:
        return device_function(  # type: ignore[no-any-return]
            lambda x, rows, counts, is_countable, layout: pool_planes(x, rows, counts)
        )
    pool_channels = _pool_channels(windows, output, dtype)

    @device_function
    def pool(x, rows, counts, is_countable, layout):  # type: ignore[no-untyped-def]
        # Numba drops the second branch where `layout` is None, before it looks at types.
        if layout is None:
            return pool_planes(x, rows, counts)
        channel = channel_axis(x, ndim)
        if channel >= 0 and is_countable:
            return pool_channels(x, counts, channel)
        return pool_planes(x, rows, counts)

    return pool  # type: ignore[no-any-return]


def _pool_planes(windows: Windows, output: str, dtype: Any) -> Kernel:
    """Compile the pooling of every leading item on its own, with contiguous outputs."""
    pooled = -windows.ndim
    with_positions = output != "values"
    if windows.can_unroll:
        by_taps = output == "taps"
        pool_plane = unrolled_pool_plane(windows, with_positions=with_positions, by_taps=by_taps)
    else:
        pool_plane = _pool_plane_by_taps(windows.ndim, with_positions)

    @device_function
    def pool_planes(x, rows, counts):  # type: ignore[no-untyped-def]
        values = np.empty(x.shape[:pooled] + counts, x.dtype)
        use_huge_pages(values)
        if with_positions:
            positions = np.empty(x.shape[:pooled] + counts, dtype)
            use_huge_pages(positions)
            for item in np.ndindex(x.shape[:pooled]):
                pool_plane(rows, counts, x[item], (values[item], positions[item]))
            return values, positions
        for item in np.ndindex(x.shape[:pooled]):
            pool_plane(rows, counts, x[item], (values[item],))
        return values

    return pool_planes  # type: ignore[no-any-return]


def _pool_channels(windows: Windows, output: str, dtype: Any) -> Kernel:
    """Compile the pooling of channels side by side, with outputs laid out like the input."""
    ndim, outer = windows.ndim, -windows.ndim - 1
    with_positions = output != "values"
    pool_item = channel_pool(windows, by_taps=output == "taps")

    @device_function
    def pool_channels(x, counts, channel):  # type: ignore[no-untyped-def]
        moved = channels_inside(x, ndim, channel)
        channels = moved.shape[outer]
        stored = np.empty(moved.shape[:outer] + counts + (channels,), x.dtype)
        use_huge_pages(stored)
        stored_positions = np.empty(stored.size if with_positions else 0, dtype)
        use_huge_pages(stored_positions)
        item_size = channels
        for i in range(ndim):
            item_size *= counts[i]
        values = stored.reshape(-1)
        for number, item in enumerate(np.ndindex(moved.shape[:outer])):
            if with_positions:
                pool_item(counts, moved[item], (values, stored_positions), number * item_size)
            else:
                pool_item(counts, moved[item], (values,), number * item_size)
        if with_positions:
            positions = stored_positions.reshape(stored.shape)
            return channels_back(stored, ndim, channel), channels_back(positions, ndim, channel)
        return channels_back(stored, ndim, channel)

    return pool_channels  # type: ignore[no-any-return]


def _pool_plane_by_taps(ndim: int, with_positions: bool) -> Kernel:
    """Compile the pooling of one leading item, where each tap updates whole rows of windows."""

    @device_function
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

    @device_function
    def pool_plane(rows, counts, plane, outputs):  # type: ignore[no-untyped-def]
        outputs[0][...] = lowest(plane)
        if with_positions:
            outputs[1][...] = -1
        walk(rows, counts, plane, outputs)

    return pool_plane  # type: ignore[no-any-return]
