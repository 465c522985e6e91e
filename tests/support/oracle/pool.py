"""Sums and averages of windows, and their transpose, by the matrix of pooling."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from tests.support.oracle.windows import Array, Rows, pooled_shape, starts, windows_of


def pool(x: Array, rows: Rows, partial_windows: bool = False, mode: str = "sum") -> Array:
    """Return the sum or the average of every window, as float64."""
    n = len(rows)
    matrix = window_weights(x.shape[-n:], rows, partial_windows, mode)
    flat = x.reshape(*x.shape[:-n], prod(x.shape[-n:])).astype(float)
    return (flat @ matrix.T).reshape(pooled_shape(x.shape, rows, partial_windows))


def pool_input_grad(
    cotangent: Array,
    lengths: Sequence[int],
    rows: Rows,
    partial_windows: bool = False,
    mode: str = "sum",
) -> Array:
    """Return the transpose of `pool`, as float64."""
    leading = cotangent.shape[: cotangent.ndim - len(rows)]
    matrix = window_weights(lengths, rows, partial_windows, mode)
    return (cotangent.reshape(*leading, len(matrix)) @ matrix).reshape(*leading, *lengths)


def window_weights(lengths: Sequence[int], rows: Rows, partial_windows: bool, mode: str) -> Array:
    """Return the matrix of pooling by sums or averages: a row for each window, C order."""
    windows = list(windows_of(lengths, rows, partial_windows))
    matrix = np.zeros((len(windows), prod(lengths)))
    for number, (index, places) in enumerate(windows):
        matrix[number, places] = 1
        if mode == "average_exc_pad":
            matrix[number] /= len(places)
        if mode == "average_inc_pad":
            matrix[number] /= prod(
                taps_on_padded_axis(length, row, starts(length, row, partial_windows)[i])
                for length, row, i in zip(lengths, rows, index, strict=True)
            )
    return matrix


def taps_on_padded_axis(length: int, row: Sequence[int], start: int) -> int:
    """Return how many taps of the window that starts there lie before the end of the padding."""
    window, _, _, after, dilation = row
    return sum(start + tap * dilation < length + after for tap in range(window))
