"""From windows back to elements: an array is filled in blocks that lie side by side.

Blocks are as long as windows are apart, so there is one for each window. All that a window covers
is in its own block and in a few around it: how many blocks on, that is a shift. For each shift, an
element of a block knows which tap of that window it is, so a comparison finds what it gets, and
nothing is scattered. Windows that do not overlap, without padding, need one shift.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from pytensor_unpool.geometry.pool import Row
from pytensor_unpool.kernels.blocks.slices import Array, Rows, index


def fill(
    xp: Any,
    lengths: Sequence[int],
    rows: Rows,
    is_hit: Callable[..., Array],
    windows: Sequence[Array],
    elements: Sequence[Array] = (),
) -> Array:
    """Return the sum over all windows of their values, where their elements are hit.

    The first of `windows` are the values. ``is_hit(taps, *others, *elements)`` is the mask of all
    blocks, of the other arrays that have an entry for each window, of those that have one for each
    element, and of the number of the tap that each element of a block is, or -1.
    """
    ndim, steps = len(rows), [row[1] for row in rows]
    counts = [-(-length // step) for length, step in zip(lengths, steps, strict=True)]
    leading, shifts = tuple(windows[0].shape[:-ndim]), [_shifts(row) for row in rows]

    def filled(*arrays: Array) -> Array:
        total = None
        for shift in product(*shifts):
            taps = _taps_of_blocks(shift, rows)
            if (taps < 0).all():
                continue
            firsts = [max(0, every[-1]) - s for every, s in zip(shifts, shift, strict=True)]
            some = (..., *(slice(f, f + n) for f, n in zip(firsts, counts, strict=True)))
            values, *others = [spread(x[some], ndim) for x in arrays[: len(windows)]]
            hits = is_hit(taps, *others, *arrays[len(windows) :])
            part = xp.where(hits, values, xp.zero(values))
            total = part if total is None else total + part
        return lay(xp, total, leading, lengths)

    around = [_surrounded(xp, x, counts, shifts) for x in windows]
    blocks = [_cut(xp, x, counts, steps) for x in elements]
    return xp.apart(filled, *around, *blocks)


def spread(x: Array, ndim: int) -> Array:
    """Return the entries of windows, with an axis for the elements of a block behind each axis.

    All leading axes are one, which makes loops over elements shorter.
    """
    pairs = [n for count in x.shape[-ndim:] for n in (count, 1)]
    return x.reshape(prod(x.shape[:-ndim]), *pairs)


def lay(xp: Any, blocks: Array, leading: Sequence[int], lengths: Sequence[int]) -> Array:
    """Return the array that has these blocks, cut off at `lengths`, or with zeros up to there."""
    ndim, pairs = len(lengths), blocks.shape[1:]
    x = blocks.reshape(*leading, *(pairs[2 * i] * pairs[2 * i + 1] for i in range(ndim)))
    return _of_lengths(xp, x, lengths)


def block_offsets(lengths: Sequence[int], sizes: Sequence[int]) -> np.ndarray[Any, Any]:
    """Return how far, in the flattened plane, each element of a block is from its first one."""
    offsets: Any = 0
    for axis, size in enumerate(sizes):
        shape = [1, size] + [1] * 2 * (len(sizes) - axis - 1)
        offsets = offsets + np.arange(size).reshape(shape) * prod(lengths[axis + 1 :])
    return np.asarray(offsets)


def _shifts(row: Row) -> range:
    """Return how many blocks on from its own a window of an axis may cover elements."""
    window, stride, before, _, dilation = row
    return range(
        -((before + stride - 1) // stride), ((window - 1) * dilation - before) // stride + 1
    )


def _taps_of_blocks(shift: Sequence[int], rows: Rows) -> np.ndarray[Any, Any]:
    """Return which tap each element of a block is, of the window so many blocks before; or -1."""
    taps: Any = 0
    for axis, (s, row) in enumerate(zip(shift, rows, strict=True)):
        window, stride, before, _, dilation = row
        number, rest = np.divmod(s * stride + np.arange(stride) + before, dilation)
        is_tap = ((number >= 0) & (number < window) & (rest == 0)).reshape(_of_axis(axis, rows))
        number = number.reshape(is_tap.shape)
        taps = np.where((taps >= 0) & is_tap, taps * window + number, -1)
    return np.asarray(taps)


def _of_axis(axis: int, rows: Rows) -> list[int]:
    return [1, rows[axis][1]] + [1] * 2 * (len(rows) - axis - 1)


def _surrounded(xp: Any, x: Array, counts: Sequence[int], shifts: Sequence[range]) -> Array:
    """Return the entries of windows, with zeros for those that a shift finds beyond them."""
    for i, (count, every) in enumerate(zip(counts, shifts, strict=True)):
        axis = i - len(counts)
        before, after = max(0, every[-1]), max(0, count - every[0] - x.shape[axis])
        if before > 0 or after > 0:
            x = xp.pad(x, axis, before, after, 0)
    return x


def _cut(xp: Any, x: Array, counts: Sequence[int], steps: Sequence[int]) -> Array:
    """Return the blocks of an array of elements."""
    leading, pairs = prod(x.shape[: -len(counts)]), list(zip(counts, steps, strict=True))
    x = _of_lengths(xp, x, [count * step for count, step in pairs])
    return x.reshape(leading, *(n for pair in pairs for n in pair))


def _of_lengths(xp: Any, x: Array, lengths: Sequence[int]) -> Array:
    for i, length in enumerate(lengths):
        axis = i - len(lengths)
        if length < x.shape[axis]:
            x = x[index(axis, slice(length))]
        elif length > x.shape[axis]:
            x = xp.pad(x, axis, 0, length - x.shape[axis], 0)
    return x
