"""Max-pooling with all taps of a window unrolled.

A tap that is seen twice changes neither the maximum nor which element is the first to attain it.
"""

from __future__ import annotations

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.compare import beats
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.max_pool_simd import block_maximum
from pytensor_unpool.kernels.numba.simd import BlockWindows
from pytensor_unpool.kernels.numba.unrolled import (
    element_of,
    three_axes,
    three_lengths_of,
    unrolled_walk,
)
from pytensor_unpool.kernels.numba.windows import Kernel


def unrolled_pool_plane(windows: Windows, *, with_positions: bool, by_taps: bool) -> Kernel:
    """Compile ``(axes, counts, plane, outputs) -> None`` for one leading item.

    `outputs` are the values, and the positions or the taps if they are wanted, all contiguous.
    """
    last = BlockWindows.of(windows)
    tap_step, position_step = (1, None) if by_taps else (last.dilation, last.stride)
    block = block_maximum(last, tap_step=tap_step, position_step=position_step)
    visit = _window_maximum(windows, with_positions, by_taps)
    walk = unrolled_walk(windows, block, visit, by_taps=by_taps)

    @device_function
    def pool_plane(axes, counts, plane, outputs):  # type: ignore[no-untyped-def]
        values = outputs[0].reshape(-1)
        if with_positions:
            walk(counts, plane, (values, outputs[1].reshape(-1)), True)
        else:
            walk(counts, plane, (values,), True)

    return pool_plane  # type: ignore[no-any-return]


def _window_maximum(windows: Windows, with_positions: bool, by_taps: bool) -> Kernel:
    """Compile the search in one window."""
    three = three_axes(windows)
    window_a, window_b, window_c = three.window
    dilation_a, dilation_b, dilation_c = three.dilation
    element_at = element_of(windows.ndim)
    three_lengths = three_lengths_of(windows.ndim)

    @device_function(forceinline=True)
    def window_maximum(plane, outputs, index, starts, firsts, lasts):  # type: ignore[no-untyped-def]
        _, length_b, length_c = three_lengths(plane.shape)
        for i in range(window_a):
            tap_a = min(max(i, firsts[0]), lasts[0])
            a = starts[0] + tap_a * dilation_a
            for j in range(window_b):
                tap_b = min(max(j, firsts[1]), lasts[1])
                b = starts[1] + tap_b * dilation_b
                if by_taps:
                    first_number = (tap_a * window_b + tap_b) * window_c
                else:
                    first_number = (a * length_b + b) * length_c
                for k in range(window_c):
                    tap_c = min(max(k, firsts[2]), lasts[2])
                    c = starts[2] + tap_c * dilation_c
                    element = element_at(plane, a, b, c)
                    number = first_number + (tap_c if by_taps else c)
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
