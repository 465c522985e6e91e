"""Products of rows, all of one array with all of another: what kernels' gradients are made of."""

from __future__ import annotations

import numpy as np

from pytensor_unpool.kernels.conv_tuning import DOT_ROWS
from pytensor_unpool.kernels.numba.conv.microkernel import LANE_COLUMNS, lane_kernel
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.windows import Kernel

MOST_COLUMNS = LANE_COLUMNS[-1]


def _lane_chooser(numbers: tuple[int, ...] = LANE_COLUMNS) -> Kernel:
    """Compile ``(columns, ...) -> columns``: the block with as many columns, or some more."""
    columns_here, *others = numbers
    multiply = lane_kernel(columns_here)
    if not others:

        @device_function
        def last(columns, outputs, rows, images, begins, length, sums):  # type: ignore[no-untyped-def]
            multiply(outputs, rows, images, begins, length, sums)
            return columns_here

        return last  # type: ignore[no-any-return]
    otherwise = _lane_chooser(tuple(others))

    @device_function
    def choose(columns, outputs, rows, images, begins, length, sums):  # type: ignore[no-untyped-def]
        if columns <= columns_here:
            multiply(outputs, rows, images, begins, length, sums)
            return columns_here
        return otherwise(columns, outputs, rows, images, begins, length, sums)

    return choose  # type: ignore[no-any-return]


multiply_lanes = _lane_chooser()


@device_function
def add_products(outputs, rows, pitch, images, offsets, places, terms, length, sums, dk, row_step):  # type: ignore[no-untyped-def]
    """Add to the weights the products of rows `pitch` elements apart with rows at `offsets`."""
    blocks = -(-terms // MOST_COLUMNS)
    for block in range(blocks):
        first = terms * block // blocks
        columns = terms * (block + 1) // blocks - first
        # What is missing is done with the last column or row, and not added.
        last = first + columns - 1
        begins = (
            offsets[first],
            offsets[min(first + 1, last)],
            offsets[min(first + 2, last)],
            offsets[min(first + 3, last)],
            offsets[min(first + 4, last)],
            offsets[min(first + 5, last)],
        )
        for row in range(0, rows, DOT_ROWS):
            end = rows - 1
            of_rows = (
                row * pitch,
                min(row + 1, end) * pitch,
                min(row + 2, end) * pitch,
                min(row + 3, end) * pitch,
            )
            held = multiply_lanes(columns, outputs, of_rows, images, begins, length, sums)
            for i in range(min(DOT_ROWS, rows - row)):
                for j in range(columns):
                    at = (row + i) * row_step + places[first + j]
                    dk[np.uint64(at)] += sums[np.uint64(i * held + j)]
