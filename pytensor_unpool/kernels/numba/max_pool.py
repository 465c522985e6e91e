"""Max-pooling in Numba.

Where a window has few taps on up to three axes, known when the kernel is compiled, they are
unrolled: the loop over the windows of a line then has no branch and is vectorised. In all other
cases each tap updates all windows of a line that it belongs to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pytensor_unpool.errors import POSITIONS_TOO_NARROW, LengthError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.channels import (
    channels_back,
    channels_inside,
    layout_chooser,
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

    For "taps", the second array has the numbers of the taps. Where windows are known only at run
    time, the kernel takes their matrix as well.
    """
    pooled = -windows.ndim
    has_limit = output == "positions"
    largest_position = int(np.iinfo(dtype).max)
    count = windows_counter(windows)
    pool = _pool_by_layout(windows, output, np.dtype(dtype))

    @device_function
    def max_pool(x, *runtime_parameters):  # type: ignore[no-untyped-def]
        lengths = x.shape[pooled:]
        axes, counts = count(lengths, *runtime_parameters)
        plane_size = 1
        for length in lengths:
            plane_size *= length
        if has_limit and plane_size - 1 > largest_position:
            raise LengthError(POSITIONS_TOO_NARROW, 0, plane_size - 1, largest_position)
        return pool((x,), (axes, counts), plane_size <= LARGEST_INT32)

    return max_pool  # type: ignore[no-any-return]


def _pool_by_layout(windows: Windows, output: str, dtype: Any) -> Kernel:
    """Compile ``pool(arrays, arguments, fits_int32)``, which chooses a kernel.

    Channels may be pooled side by side if an int32 counts the elements of a plane.
    """
    pool_planes = _pool_planes(windows, output, dtype)
    if not windows.can_unroll:
        return device_function(  # type: ignore[no-any-return]
            lambda arrays, arguments, fits_int32: pool_planes(arrays, arguments)
        )
    return layout_chooser(windows.ndim, pool_planes, _pool_channels(windows, output, dtype))


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
    def pool_planes(arrays, arguments):  # type: ignore[no-untyped-def]
        x, axes, counts = arrays[0], arguments[0], arguments[1]
        values = np.empty(x.shape[:pooled] + counts, x.dtype)
        use_huge_pages(values)
        if with_positions:
            positions = np.empty(x.shape[:pooled] + counts, dtype)
            use_huge_pages(positions)
            for item in np.ndindex(x.shape[:pooled]):
                pool_plane(axes, counts, x[item], (values[item], positions[item]))
            return values, positions
        for item in np.ndindex(x.shape[:pooled]):
            pool_plane(axes, counts, x[item], (values[item],))
        return values

    return pool_planes  # type: ignore[no-any-return]


def _pool_channels(windows: Windows, output: str, dtype: Any) -> Kernel:
    """Compile the pooling of channels side by side, with outputs laid out like the input."""
    ndim, outer = windows.ndim, -windows.ndim - 1
    with_positions = output != "values"
    pool_item = channel_pool(windows, by_taps=output == "taps")

    @device_function
    def pool_channels(arrays, arguments, channel):  # type: ignore[no-untyped-def]
        x, counts = arrays[0], arguments[1]
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
            return channels_back(stored, channel), channels_back(positions, channel)
        return channels_back(stored, channel)

    return pool_channels  # type: ignore[no-any-return]


def _pool_plane_by_taps(ndim: int, with_positions: bool) -> Kernel:
    """Compile the pooling of one leading item, where each tap updates all windows of a line."""

    @device_function
    def update(line, line_start, shift, stride, low, high, index, outputs):  # type: ignore[no-untyped-def]
        values = outputs[0][index]
        if with_positions:
            positions = outputs[1][index]
        for window in range(low, high):
            at = window * stride + shift
            element = line[at]
            best = values[window]
            wins = beats(element, best)
            if with_positions:
                position = positions[window]
                wins = wins | (position < 0)
                positions[window] = line_start + at if wins else position
            values[window] = element if wins else best

    walk = taps_walker(ndim, update)

    @device_function
    def pool_plane(axes, counts, plane, outputs):  # type: ignore[no-untyped-def]
        outputs[0][...] = lowest(plane)
        if with_positions:
            outputs[1][...] = -1
        walk(axes, counts, plane, outputs)

    return pool_plane  # type: ignore[no-any-return]
