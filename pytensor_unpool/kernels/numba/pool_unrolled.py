"""Sum and average pooling with all taps of a window unrolled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.pool import PoolMode
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.pool_simd import block_sum
from pytensor_unpool.kernels.numba.simd import BlockWindows
from pytensor_unpool.kernels.numba.unrolled import (
    element_of,
    three_axes,
    three_lengths_of,
    unrolled_walk,
)
from pytensor_unpool.kernels.numba.windows import Kernel


def unrolled_sum_plane(windows: Windows, mode: PoolMode) -> Kernel:
    """Compile ``(axes, counts, plane, out) -> None`` for one leading item.

    `out` is contiguous.
    """
    axis_a, axis_b, axis_c = three_axes(windows).axes()
    number_of_taps = number_of_taps_on_axis(mode.counts_padding)
    pads = axis_a.before + axis_a.after + axis_b.before + axis_b.after
    may_be_outside = windows.partial_windows or pads > 0
    taps, taps_c = axis_a.window * axis_b.window * axis_c.window, axis_c.window

    if may_be_outside:

        @device_function(forceinline=True)
        def divisor(start_a, start_b, length_a, length_b):  # type: ignore[no-untyped-def]
            taps_a = number_of_taps(axis_a, start_a, length_a)
            return taps_a * number_of_taps(axis_b, start_b, length_b) * taps_c
    else:
        # LLVM multiplies by the inverse where that is exact: division takes longer than memory.
        @device_function(forceinline=True)
        def divisor(start_a, start_b, length_a, length_b):  # type: ignore[no-untyped-def]
            return taps

    last, divides = BlockWindows.of(windows), mode.is_average
    block = block_sum(last, divides=divides, may_be_outside=may_be_outside)
    visit = _window_sum(windows, divisor, number_of_taps, divides)
    walk = unrolled_walk(windows, block, visit, by_taps=True, extra=divisor)

    @device_function
    def pool_plane(axes, counts, plane, out):  # type: ignore[no-untyped-def]
        walk(counts, plane, (out.reshape(-1),), True)

    return pool_plane  # type: ignore[no-any-return]


def number_of_taps_on_axis(with_padding: bool) -> Kernel:
    """Compile ``(axis, start, length) -> n``: how many taps of a window an average divides by."""

    @device_function(forceinline=True)
    def number_of_taps(axis, start, length):  # type: ignore[no-untyped-def]
        low = -axis.before if with_padding else 0
        high = length + axis.after if with_padding else length
        first = max(0, -((start - low) // axis.dilation))
        return min(axis.window - 1, (high - 1 - start) // axis.dilation) - first + 1

    return number_of_taps  # type: ignore[no-any-return]


def _window_sum(windows: Windows, divisor: Kernel, number_of_taps: Kernel, divides: bool) -> Kernel:
    """Compile the sum of one window, or its average."""
    element_at = element_of(windows.ndim)
    three_lengths = three_lengths_of(windows.ndim)
    three = three_axes(windows)
    dilation_a, dilation_b, dilation_c = three.dilation
    axis_c, taps_c = three.axes()[-1], three.window[-1]

    @device_function(forceinline=True)
    def window_sum(plane, outputs, index, starts, firsts, lasts):  # type: ignore[no-untyped-def]
        total = plane.dtype.type(0)
        for i in range(firsts[0], lasts[0] + 1):
            for j in range(firsts[1], lasts[1] + 1):
                for k in range(firsts[2], lasts[2] + 1):
                    a, b = starts[0] + i * dilation_a, starts[1] + j * dilation_b
                    c = starts[2] + k * dilation_c
                    # Numba would make wider integers of the sum, which do not wrap.
                    total = plane.dtype.type(total + element_at(plane, a, b, c))
        if divides:
            length_a, length_b, length_c = three_lengths(plane.shape)
            outer = divisor(starts[0], starts[1], length_a, length_b) // taps_c
            total = quotient(total, outer * number_of_taps(axis_c, starts[2], length_c))
        outputs[0][index[3]] = total

    return window_sum  # type: ignore[no-any-return]


def quotient(total: Any, divisor: Any) -> Any:
    """Return a sum divided by a positive integer, truncated towards zero if the sum is integer."""
    raise NotImplementedError("only compiled code calls this")


@overload(quotient)
def _quotient(total, divisor):  # type: ignore[no-untyped-def]
    if isinstance(total, types.Float):
        dtype = np.dtype(str(total)).type
        return lambda total, divisor: total / dtype(divisor)
    if total.signed:

        def signed(total, divisor):  # type: ignore[no-untyped-def]
            floor = total // divisor
            return floor + (total < 0 and floor * divisor != total)

        return signed
    return lambda total, divisor: np.uint64(total) // np.uint64(divisor)
