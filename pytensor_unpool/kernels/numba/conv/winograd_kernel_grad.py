"""The transpose with respect to the kernel of what winograd.py does, in Numba.

Dot products of rows of tiles. The same as kernels/c/conv/winograd_kernel_grad.h.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.kernels.conv_tuning import DOT_BYTES, DOT_ROWS
from pytensor_unpool.kernels.numba.conv.gemm_nt import DotOperands, gemm_nt
from pytensor_unpool.kernels.numba.conv.microkernel import MAX_DOT_COLUMNS
from pytensor_unpool.kernels.numba.conv.winograd import (
    TileGrid,
    make_split_rows,
    make_transformed,
    rows_at_a_time,
    transform_dy,
    transform_input,
)
from pytensor_unpool.kernels.numba.conv.winograd_transforms import POINTS
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd_wide import VECTOR_BYTES


@device_function
def dk_1d(a, b, c, d, half):  # type: ignore[no-untyped-def]
    """Transform four points of an axis to three taps."""
    return a + (b + c) * half, (b - c) * half, (b + c) * half + d


@device_function
def transform_dk(sums, weights, taps, dk):  # type: ignore[no-untyped-def]
    """Write some weights of nine taps each, from their sums at all points."""
    across = np.empty((3, 4), sums.dtype)
    nine, half = np.empty(9, sums.dtype), sums.dtype.type(0.5)
    for i in range(weights):
        for row in range(4):
            at = 4 * row * weights + i
            column = dk_1d(
                sums[at], sums[at + weights], sums[at + 2 * weights], sums[at + 3 * weights], half
            )
            across[0, row], across[1, row], across[2, row] = column
        for x in range(3):
            column = dk_1d(across[x, 0], across[x, 1], across[x, 2], across[x, 3], half)
            nine[x], nine[3 + x], nine[6 + x] = column
        for t in range(9):
            weight = 3 * taps[t].weight[1] + taps[t].weight[2]
            dk[9 * i + weight] = nine[3 * taps[t].shift[1] + taps[t].shift[2]]


@device_function
def winograd_kernel_grad(conv, x, dy, taps, dk):  # type: ignore[no-untyped-def]
    """Fill in the gradient of the kernel."""
    m, channels, axes, itemsize = conv.out_channels, conv.channels, conv.axes, x.itemsize
    grid = TileGrid(conv.images, -(-axes[1].outputs // 2), -(-axes[2].outputs // 2))
    start, origin = (-axes[1].before, -axes[2].before), (np.int64(0), np.int64(0))
    rows, lanes = grid.images * grid.rows, VECTOR_BYTES // itemsize
    most = rows_at_a_time(grid, channels + m, DOT_BYTES // itemsize, itemsize)
    of_x = make_transformed(channels, most * grid.columns, x)
    of_dy = make_transformed(m, most * grid.columns, x)
    split = make_split_rows(grid, most, x)
    tile, columns = np.empty(DOT_ROWS * MAX_DOT_COLUMNS, x.dtype), np.arange(channels)
    offsets, weights = columns * of_x.pitch, m * channels
    sums = np.empty(POINTS * weights, x.dtype)
    for group in range(conv.groups):
        sums[:] = 0
        for first in range(0, rows, most):
            bounds = (first, min(rows, first + most))
            transform_input(x, group * channels, start, grid, bounds, split, of_x)
            transform_dy(dy, group * m, origin, grid, bounds, split, of_dy)
            k = -(-(bounds[1] - first) * grid.columns // lanes) * lanes
            for point in range(POINTS):
                a, b = of_dy.data[point * of_dy.step :], of_x.data[point * of_x.step :]
                operands = DotOperands(a, of_dy.pitch, b, offsets, columns, tile)
                gemm_nt(operands, m, channels, k, sums[point * weights :], channels)
        transform_dk(sums, weights, taps, dk[group * weights * 9 :])
