"""From windows back to elements: an array is filled in blocks that lie side by side.

A block has as many elements of an axis as windows are apart, so there is one for each window. All
that a window covers is in its own block and in the next ones: how many windows on, that is a shift.
For each shift, an element of a block knows which tap of that window it is, so a comparison finds
what it gets, and nothing is scattered. Windows that do not overlap need one shift.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

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
    reach = [-(-((row[0] - 1) * row[4] + 1) // row[1]) for row in rows]
    leading, pooled = tuple(windows[0].shape[:-ndim]), windows[0].shape[-ndim:]
    counts = [count + n - 1 for count, n in zip(pooled, reach, strict=True)]
    starts = [-row[2] for row in rows]

    def filled(*arrays: Array) -> Array:
        total = None
        for shift in product(*map(range, reach)):
            taps = _taps_of_blocks(shift, rows)
            if (taps < 0).all():
                continue
            place = zip(reach, shift, counts, strict=True)
            some = (..., *(slice(n - 1 - s, n - 1 - s + count) for n, s, count in place))
            values, *others = [spread(x[some], ndim) for x in arrays[: len(windows)]]
            hits = is_hit(taps, *others, *arrays[len(windows) :])
            part = xp.where(hits, values, xp.zero(values))
            total = part if total is None else total + part
        return lay(xp, total, leading, starts, lengths)

    around = [_surrounded(xp, x, reach) for x in windows]
    blocks = [cut(xp, x, starts, counts, steps) for x in elements]
    return xp.apart(filled, *around, *blocks)


def spread(x: Array, ndim: int) -> Array:
    """Return the entries of windows, with an axis for the elements of a block behind each axis.

    All leading axes are one, which makes loops over elements shorter.
    """
    pairs = [n for count in x.shape[-ndim:] for n in (count, 1)]
    return x.reshape(prod(x.shape[:-ndim]), *pairs)


def cut(
    xp: Any, x: Array, starts: Sequence[int], counts: Sequence[int], steps: Sequence[int]
) -> Array:
    """Return the blocks of an array of elements."""
    ndim = len(starts)
    leading = prod(x.shape[:-ndim])
    for i, start in enumerate(starts):
        x = _placed(xp, x, i - ndim, -start, counts[i] * steps[i])
    return x.reshape(leading, *(n for pair in zip(counts, steps, strict=True) for n in pair))


def lay(
    xp: Any, blocks: Array, leading: Sequence[int], starts: Sequence[int], lengths: Sequence[int]
) -> Array:
    """Return the array that has these blocks from `starts` on, and zeros where there are none."""
    ndim, pairs = len(starts), blocks.shape[1:]
    x = blocks.reshape(*leading, *(pairs[2 * i] * pairs[2 * i + 1] for i in range(ndim)))
    for i, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        x = _placed(xp, x, i - ndim, start, length)
    return x


def block_offsets(lengths: Sequence[int], sizes: Sequence[int]) -> np.ndarray[Any, Any]:
    """Return how far, in the flattened plane, each element of a block is from its first one."""
    offsets: Any = 0
    for axis, size in enumerate(sizes):
        shape = [1, size] + [1] * 2 * (len(sizes) - axis - 1)
        offsets = offsets + np.arange(size).reshape(shape) * int(np.prod(lengths[axis + 1 :]))
    return np.asarray(offsets)


def _taps_of_blocks(shift: Sequence[int], rows: Rows) -> np.ndarray[Any, Any]:
    """Return which tap each element of a block is, of the window so many blocks before; or -1."""
    taps: Any = 0
    for axis, (s, (window, stride, _, _, dilation)) in enumerate(zip(shift, rows, strict=True)):
        offset = s * stride + np.arange(stride)
        number = np.where(offset % dilation == 0, offset // dilation, window)
        number = number.reshape([1, stride] + [1] * 2 * (len(rows) - axis - 1))
        taps = np.where((taps < 0) | (number >= window), -1, taps * window + number)
    return np.asarray(taps)


def _surrounded(xp: Any, x: Array, reach: Sequence[int]) -> Array:
    """Return the entries of windows, with zeros for those that a shift finds beyond them."""
    for i, n in enumerate(reach):
        if n > 1:
            x = xp.pad(x, i - len(reach), n - 1, n - 1, 0)
    return x


def _placed(xp: Any, x: Array, axis: int, start: int, length: int) -> Array:
    """Return `length` elements of an axis, of which number `start` is the first one of `x`."""
    end = start + x.shape[axis]
    if start < 0 or end > length:
        kept = slice(max(0, -start), x.shape[axis] - max(0, end - length))
        x = x[index(axis, kept)]
    if start > 0 or end < length:
        x = xp.pad(x, axis, max(0, start), max(0, length - end), 0)
    return x
