"""From windows back to elements: an array is filled in blocks that lie side by side.

Blocks are as long as windows are apart, so there is one for each window. All that a window covers
is in its own block and in a few around it: how many blocks on, that is a shift. For each shift, an
element of a block knows which tap of that window it is, so a comparison finds what it gets, and
nothing is scattered. Windows that do not overlap, without padding, need one shift.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import product
from math import prod
from typing import Any

import numpy as np

from pytensor_unpool.geometry.windows import Row
from pytensor_unpool.kernels.arrays.slices import Array, Rows, index


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
    elements, of the other arrays that have an entry for each window, of those that have one for
    each element, and of the number of the tap that each element is, or -1.
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
            values, *others = [repeated(xp, x[some], steps) for x in arrays[: len(windows)]]
            hits = is_hit(_tiled(xp, taps, counts), *others, *arrays[len(windows) :])
            part = xp.where(hits, values, xp.zero(values))
            total = part if total is None else total + part
        return lay(xp, total, leading, lengths)

    around = [_surrounded(xp, x, counts, shifts) for x in windows]
    whole = [count * step for count, step in zip(counts, steps, strict=True)]
    cut = [_of_lengths(xp, x, whole).reshape(prod(leading), *whole) for x in elements]
    return xp.apart(filled, *around, *cut)


def repeated(xp: Any, x: Array, steps: Sequence[int]) -> Array:
    """Return the entries of windows, each for all elements of its block.

    All leading axes are one, which makes loops over elements shorter.
    """
    counts = x.shape[-len(steps) :]
    pairs = [n for count in counts for n in (count, 1)]
    return _laid(xp, x.reshape(prod(x.shape[: -len(steps)]), *pairs), counts, steps)


def _tiled(xp: Any, block: np.ndarray[Any, Any], counts: Sequence[int]) -> Array:
    """Return, for the elements of all blocks, what one block holds."""
    pairs = [n for step in block.shape for n in (1, step)]
    return _laid(xp, xp.constant(block.reshape(1, *pairs), "int32"), counts, block.shape)


def _laid(xp: Any, x: Array, counts: Sequence[int], steps: Sequence[int]) -> Array:
    """Return elements, of an array with axes for the number of a block and the place in it."""
    pairs = list(zip(counts, steps, strict=True))
    x = xp.broadcast_to(x, (x.shape[0], *(n for pair in pairs for n in pair)))
    return x.reshape(x.shape[0], *(count * step for count, step in pairs))


def lay(xp: Any, x: Array, leading: Sequence[int], lengths: Sequence[int]) -> Array:
    """Return the elements of blocks, cut off at `lengths`, or with zeros up to there."""
    return _of_lengths(xp, x, lengths).reshape(*leading, *lengths)


def places_in(xp: Any, lengths: Sequence[int], whole: Sequence[int], dtype: str) -> Array:
    """Return where, in the flattened plane, elements of blocks are that are so long together."""
    steps = [prod(lengths[axis + 1 :]) for axis in range(len(lengths))]
    axes = [xp.constant(np.arange(n) * step, dtype) for n, step in zip(whole, steps, strict=True)]
    return reduce(lambda places, axis: places[..., None] + axis, axes)


def _shifts(row: Row) -> range:
    """Return how many blocks on from its own a window of an axis may cover elements."""
    window, stride, before, _, dilation = row
    return range(
        -((before + stride - 1) // stride), ((window - 1) * dilation - before) // stride + 1
    )


def _taps_of_blocks(shift: Sequence[int], rows: Rows) -> np.ndarray[Any, Any]:
    """Return which tap each element of a block is, of the window so many blocks before; or -1."""
    taps = np.zeros((), np.int64)
    for s, (window, stride, before, _, dilation) in zip(shift, rows, strict=True):
        number, rest = np.divmod(s * stride + np.arange(stride) + before, dilation)
        is_tap = (number >= 0) & (number < window) & (rest == 0)
        taps = taps[..., None]
        taps = np.where((taps >= 0) & is_tap, taps * window + number, -1)
    return taps


def _surrounded(xp: Any, x: Array, counts: Sequence[int], shifts: Sequence[range]) -> Array:
    """Return the entries of windows, with zeros for those that a shift finds beyond them."""
    for i, (count, every) in enumerate(zip(counts, shifts, strict=True)):
        axis = i - len(counts)
        before, after = max(0, every[-1]), max(0, count - every[0] - x.shape[axis])
        if before > 0 or after > 0:
            x = xp.pad(x, axis, before, after, 0)
    return x


def _of_lengths(xp: Any, x: Array, lengths: Sequence[int]) -> Array:
    for i, length in enumerate(lengths):
        axis = i - len(lengths)
        if length < x.shape[axis]:
            x = x[index(axis, slice(length))]
        elif length > x.shape[axis]:
            x = xp.pad(x, axis, 0, length - x.shape[axis], 0)
    return x
