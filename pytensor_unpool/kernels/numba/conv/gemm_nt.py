"""Dot products of the rows of two matrices: C += A B^T, which gradients of kernels are made of.

The same as in kernels/c/conv/gemm_nt.h, except that a single row of A is not treated apart.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pytensor_unpool.kernels.conv_tuning import DOT_ROWS
from pytensor_unpool.kernels.numba.conv.microkernel import MAX_DOT_COLUMNS, multiply_dots
from pytensor_unpool.kernels.numba.device import device_function


class DotOperands(NamedTuple):
    """A, of which rows are `pitch` apart; B, of which they begin at `offsets`; a tile's sums.

    Row j of B is column ``columns[j]`` of C.
    """

    a: Any
    pitch: Any
    b: Any
    offsets: Any
    columns: Any
    sums: Any


@device_function
def gemm_nt(operands, m, n, k, c, c_step):  # type: ignore[no-untyped-def]
    """Add to C, whose rows are `c_step` apart, the products of rows that are `k` long."""
    a, pitch, b, offsets, columns, sums = operands
    tiles = -(-n // MAX_DOT_COLUMNS)
    for tile in range(tiles):
        first = n * tile // tiles
        used = n * (tile + 1) // tiles - first
        # Missing columns and rows repeat the last one, and are not added.
        last = first + used - 1
        of_columns = (
            offsets[first],
            offsets[min(first + 1, last)],
            offsets[min(first + 2, last)],
            offsets[min(first + 3, last)],
            offsets[min(first + 4, last)],
            offsets[min(first + 5, last)],
        )
        for row in range(0, m, DOT_ROWS):
            end = m - 1
            of_rows = (
                row * pitch,
                min(row + 1, end) * pitch,
                min(row + 2, end) * pitch,
                min(row + 3, end) * pitch,
            )
            nr = multiply_dots(used, a, of_rows, b, of_columns, k, sums)
            for i in range(min(DOT_ROWS, m - row)):
                for j in range(used):
                    at = (row + i) * c_step + columns[first + j]
                    c[np.uint64(at)] += sums[np.uint64(i * nr + j)]
