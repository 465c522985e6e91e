"""The transpose in the kernel of what winograd.py does: products of rows of tiles, in Numba."""

from __future__ import annotations

import numpy as np

from pytensor_unpool.kernels.conv_tuning import DOT_BYTES, DOT_ROWS
from pytensor_unpool.kernels.numba.conv.gemm_nt import MOST_COLUMNS, add_products
from pytensor_unpool.kernels.numba.conv.microkernel import VECTOR_BYTES
from pytensor_unpool.kernels.numba.conv.packing import BEFORE, OUTPUTS, SHIFT, WEIGHT
from pytensor_unpool.kernels.numba.conv.winograd import lines_at_a_time, pitch_of, spread_all
from pytensor_unpool.kernels.numba.conv.winograd_transforms import PLACES
from pytensor_unpool.kernels.numba.device import device_function


@device_function
def gather_three(a, b, c, d, half):  # type: ignore[no-untyped-def]
    """Gather four places of an axis as three taps."""
    return a + (b + c) * half, (b - c) * half, (b + c) * half + d


@device_function
def gather_weights(sums, weights, taps, dk):  # type: ignore[no-untyped-def]
    """Write as many weights of nine taps each as there are, from their sums in all places."""
    across = np.empty((3, 4), sums.dtype)
    nine, half = np.empty(9, sums.dtype), sums.dtype.type(0.5)
    for i in range(weights):
        for row in range(4):
            at = 4 * row * weights + i
            some = gather_three(
                sums[at], sums[at + weights], sums[at + 2 * weights], sums[at + 3 * weights], half
            )
            across[0, row], across[1, row], across[2, row] = some
        for x in range(3):
            some = gather_three(across[x, 0], across[x, 1], across[x, 2], across[x, 3], half)
            nine[x], nine[3 + x], nine[6 + x] = some
        for t in range(9):
            place = 3 * taps[t, WEIGHT + 1] + taps[t, WEIGHT + 2]
            dk[9 * i + place] = nine[3 * taps[t, SHIFT + 1] + taps[t, SHIFT + 2]]


@device_function
def winograd_add_all(axes, copy, groups, x, dy, taps, dk):  # type: ignore[no-untyped-def]
    """Fill in the weights: arguments are those of `add_all`."""
    rows, channels, itemsize = dy.shape[1] // groups, x.shape[1] // groups, x.itemsize
    grid = (-(-axes[1, OUTPUTS] // 2), -(-axes[2, OUTPUTS] // 2))
    starts, origin = (-axes[1, BEFORE], -axes[2, BEFORE]), (np.int64(0), np.int64(0))
    lines, width = x.shape[0] * grid[0], VECTOR_BYTES // itemsize
    most = lines_at_a_time(lines, grid[1], channels + rows, DOT_BYTES // itemsize, itemsize)
    pitch, span = pitch_of(most * grid[1], itemsize), grid[1] + 1 + width
    read_step, given_step = (channels | 1) * pitch, (rows | 1) * pitch
    read, given = np.empty(PLACES * read_step, x.dtype), np.empty(PLACES * given_step, x.dtype)
    split = np.zeros((2 * min(most, grid[0]) + 2) * 2 * span, x.dtype)
    few = np.empty(DOT_ROWS * MOST_COLUMNS, x.dtype)
    places = np.arange(channels)
    offsets, weights = places * pitch, rows * channels
    sums = np.empty(PLACES * weights, x.dtype)
    for group in range(groups):
        sums[:] = 0
        for first in range(0, lines, most):
            bounds = (first, min(lines, first + most))
            of_images, of_outputs = (group * channels, channels), (group * rows, rows)
            spread_all(
                x, of_images, starts, grid, bounds, False, span, split, read, pitch, read_step
            )
            spread_all(
                dy, of_outputs, origin, grid, bounds, True, span, split, given, pitch, given_step
            )
            length = -(-(bounds[1] - first) * grid[1] // width) * width
            for place in range(PLACES):
                add_products(
                    given[place * given_step :], rows, pitch, read[place * read_step :], offsets,
                    places, channels, length, few, sums[place * weights :], channels,
                )  # fmt: skip
        gather_weights(sums, weights, taps, dk[group * weights * 9 :])
