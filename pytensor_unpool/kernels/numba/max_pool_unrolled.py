"""Max-pooling with all taps of a window unrolled.

A tap that is seen twice changes neither the maximum nor which element is the first to attain it.
"""

from __future__ import annotations

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.compare import beats
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_pool_simd import block_maximum
from pytensor_unpool.kernels.numba.simd import WindowRow
from pytensor_unpool.kernels.numba.unrolled import (
    element_of,
    three_axes,
    three_lengths_of,
    unrolled_walk,
)
from pytensor_unpool.kernels.numba.windows import Kernel


def unrolled_pool_plane(windows: Windows, *, with_positions: bool, by_taps: bool) -> Kernel:
    """Compile ``(rows, counts, plane, outputs) -> None`` for one leading item.

    `outputs` are the values, and the positions or the taps if they are wanted, all contiguous.
    """
    row = WindowRow.of(windows)
    number_step, place_step = (1, None) if by_taps else (row.dilation, row.stride)
    block = block_maximum(row, number_step=number_step, place_step=place_step)
    visit = _window_maximum(windows, with_positions, by_taps)
    walk = unrolled_walk(windows, block, visit, by_taps=by_taps)

    @device_function
    def pool_plane(rows, counts, plane, outputs):  # type: ignore[no-untyped-def]
        values = outputs[0].reshape(-1)
        if with_positions:
            walk(counts, plane, (values, outputs[1].reshape(-1)), True)
        else:
            walk(counts, plane, (values,), True)

    return pool_plane  # type: ignore[no-any-return]


def _window_maximum(windows: Windows, with_positions: bool, by_taps: bool) -> Kernel:
    """Compile the search in one window."""
    (wa, _, _, _, da), (wb, _, _, _, db), (wc, _, _, _, dc) = three_axes(windows)
    element_at = element_of(windows.ndim)
    three_lengths = three_lengths_of(windows.ndim)

    @device_function(forceinline=True)
    def window_maximum(plane, outputs, index, starts, firsts, lasts):  # type: ignore[no-untyped-def]
        _, length_b, length_c = three_lengths(plane.shape)
        for i in range(wa):
            tap_a = min(max(i, firsts[0]), lasts[0])
            a = starts[0] + tap_a * da
            for j in range(wb):
                tap_b = min(max(j, firsts[1]), lasts[1])
                b = starts[1] + tap_b * db
                line = (tap_a * wb + tap_b) * wc if by_taps else (a * length_b + b) * length_c
                for k in range(wc):
                    tap_c = min(max(k, firsts[2]), lasts[2])
                    c = starts[2] + tap_c * dc
                    element = element_at(plane, a, b, c)
                    number = line + (tap_c if by_taps else c)
                    if i + j + k == 0:
                        best = element
                        winner = number
                    else:
                        wins = beats(element, best)
                        best = element if wins else best
                        winner = number if wins else winner
        outputs[0][index[3]] = best
        if with_positions:
            outputs[1][index[3]] = winner

    return window_maximum  # type: ignore[no-any-return]
