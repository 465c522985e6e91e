"""Max-pooling with all taps of a window unrolled.

Windows that reach over an edge need no code of their own: a tap outside is replaced by the
nearest tap inside. That tap is then seen twice, which changes neither the maximum nor which
element is the first to attain it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.compare import beats
from pytensor_unpool.kernels.numba.lanes import LANES, block_maximum
from pytensor_unpool.kernels.numba.windows import Kernel, inner


def unrolled_pool_plane(windows: Windows, with_positions: bool) -> Kernel:
    """Compile ``(rows, counts, plane, outputs) -> None`` for one leading item.

    `outputs` are the values, and the positions if they are wanted, both contiguous.
    """
    (wa, sa, ba, _, da), (wb, sb, bb, _, db), (wc, sc, bc, _, dc) = three_axes(windows)
    three_lengths = three_lengths_of(windows.ndim)
    window_maximum = _window_maximum(windows)

    block_maxima = block_maximum(wc, sc, dc, place_step=sc, with_positions=with_positions)
    no_places = (0,) * (wa * wb)

    @inner
    def pool_plane(rows, counts, plane, outputs):  # type: ignore[no-untyped-def]
        values = outputs[0].reshape(-1)
        positions = outputs[-1].reshape(-1)
        row = 0
        length_a, length_b, length_c = three_lengths(plane.shape)
        count_a, count_b, count_c = three_lengths(counts)
        stride_a, stride_b, stride_c = three_lengths(plane.strides)
        # Windows from `low` to `high` lie inside on the last axis, at all of their taps.
        low = min(count_c, -(-bc // sc))
        high = max(low, min(count_c, (length_c - 1 - (wc - 1) * dc + bc) // sc + 1))
        if high - low < LANES or stride_c != plane.itemsize:
            high = low
        # The last block begins early where they do not divide: its first windows are done twice.
        blocks = -(-(high - low) // LANES)
        begins = places = no_places
        for a in range(count_a):
            start_a = a * sa - ba
            first_a = max(0, -(start_a // da))
            last_a = min(wa - 1, (length_a - 1 - start_a) // da)
            for b in range(count_b):
                start_b = b * sb - bb
                first_b = max(0, -(start_b // db))
                last_b = min(wb - 1, (length_b - 1 - start_b) // db)
                if blocks > 0:
                    for i in range(wa * wb):
                        x_a = start_a + min(max(i // wb, first_a), last_a) * da
                        x_b = start_b + min(max(i % wb, first_b), last_b) * db
                        begin = (x_a * stride_a + x_b * stride_b) // plane.itemsize - bc
                        begins = tuple_setitem(begins, i, begin)
                        places = tuple_setitem(places, i, (x_a * length_b + x_b) * length_c - bc)
                for block in range(blocks):
                    c = min(low + block * LANES, high - LANES)
                    block_maxima(plane, begins, c * sc, places, c * sc, values, positions, row + c)
                starts_ab = (start_a, first_a, last_a, start_b, first_b, last_b)
                for edge in range(count_c - (high - low)):
                    c = edge if edge < low else edge + high - low
                    start_c = c * sc - bc
                    first_c = max(0, -(start_c // dc))
                    last_c = min(wc - 1, (length_c - 1 - start_c) // dc)
                    best, position = window_maximum(plane, starts_ab, start_c, first_c, last_c)
                    values[row + c] = best
                    if with_positions:
                        positions[row + c] = position
                row += count_c

    return pool_plane  # type: ignore[no-any-return]


def _window_maximum(windows: Windows) -> Kernel:
    """Compile one window: its maximum, and the place of that in the flattened plane.

    Each axis brings the window's start, and its first and last tap inside.
    """
    (wa, _, _, _, da), (wb, _, _, _, db), (wc, _, _, _, dc) = three_axes(windows)
    at = element_at(windows.ndim)
    three_lengths = three_lengths_of(windows.ndim)

    @inner(forceinline=True)
    def window_maximum(plane, starts_ab, start_c, first_c, last_c):  # type: ignore[no-untyped-def]
        start_a, first_a, last_a, start_b, first_b, last_b = starts_ab
        _, length_b, length_c = three_lengths(plane.shape)
        for i in range(wa):
            a = start_a + min(max(i, first_a), last_a) * da
            for j in range(wb):
                b = start_b + min(max(j, first_b), last_b) * db
                line = (a * length_b + b) * length_c
                for k in range(wc):
                    tap_c = min(max(k, first_c), last_c) * dc
                    element = at(plane, a, b, start_c + tap_c)
                    if i + j + k == 0:
                        best = element
                        winner = line + tap_c
                    else:
                        wins = beats(element, best)
                        best = element if wins else best
                        winner = line + tap_c if wins else winner
        return best, winner + start_c

    return window_maximum  # type: ignore[no-any-return]


def three_axes(windows: Windows) -> list[tuple[Any, ...]]:
    """Return the rows of three axes: missing ones are axes of one window with one tap."""
    return [(1, 1, 0, 0, 1)] * (3 - windows.ndim) + windows.rows()


def three_lengths_of(ndim: int) -> Kernel:
    """Compile the step from a tuple of `ndim` lengths to those of three axes."""
    if ndim == 1:
        return inner(lambda lengths: (1, 1, lengths[0]))  # type: ignore[no-any-return]
    if ndim == 2:
        return inner(lambda lengths: (1, lengths[0], lengths[1]))  # type: ignore[no-any-return]
    return inner(lambda lengths: (lengths[0], lengths[1], lengths[2]))  # type: ignore[no-any-return]


def element_at(ndim: int) -> Kernel:
    """Compile the read of an element of a plane of `ndim` axes, given as coordinates on three."""
    # Numba lets a signed index count from the end, which hides from the vectoriser that
    # elements are neighbours. Unsigned ones are taken as they are.
    if ndim == 1:

        @inner(forceinline=True)
        def at(plane, a, b, c):  # type: ignore[no-untyped-def]
            return plane[np.uint64(c)]

    elif ndim == 2:

        @inner(forceinline=True)
        def at(plane, a, b, c):  # type: ignore[no-untyped-def]
            return plane[np.uint64(b), np.uint64(c)]

    else:

        @inner(forceinline=True)
        def at(plane, a, b, c):  # type: ignore[no-untyped-def]
            return plane[np.uint64(a), np.uint64(b), np.uint64(c)]

    return at  # type: ignore[no-any-return]
