"""From windows back to elements: blocks that are laid side by side.

Windows that have no element in common become one block each. A block knows which tap each of its
elements is, so a comparison fills it, and nothing is scattered. Windows that overlap are taken
apart into phases that do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np

from pytensor_unpool.kernels.blocks.slices import Array, Rows, index


@dataclass(frozen=True)
class Phase:
    """Windows that have no element in common, and their blocks.

    Blocks side by side cover each axis from `starts` on. `taps` has, with an axis of length one
    before each axis of a block, the number of the tap that an element is, or -1.
    """

    windows: tuple[slice, ...]
    starts: tuple[int, ...]
    counts: tuple[int, ...]
    sizes: tuple[int, ...]
    lengths: tuple[int, ...]
    taps: np.ndarray[Any, Any]

    def spread(self, values: Array) -> Array:
        """Return the values of these windows, with an axis for the elements behind each axis.

        All leading axes are one, which makes loops over elements shorter.
        """
        some = values[(..., *self.windows)]
        pairs = [n for count in self.counts for n in (count, 1)]
        return some.reshape(prod(values.shape[: -len(self.counts)]), *pairs)

    def cut(self, xp: Any, x: Array) -> Array:
        """Return the blocks of an array of elements."""
        leading = prod(x.shape[: -len(self.counts)])
        for i, start in enumerate(self.starts):
            x = _placed(xp, x, i - len(self.starts), -start, self.counts[i] * self.sizes[i])
        pairs = [n for pair in zip(self.counts, self.sizes, strict=True) for n in pair]
        return x.reshape(leading, *pairs)

    def lay(self, xp: Any, blocks: Array, leading: Sequence[int]) -> Array:
        """Return the array that has these blocks, and zeros where there are none."""
        ndim = len(self.counts)
        joined = [count * size for count, size in zip(self.counts, self.sizes, strict=True)]
        x = blocks.reshape(*leading, *joined)
        for i, (start, length) in enumerate(zip(self.starts, self.lengths, strict=True)):
            x = _placed(xp, x, i - ndim, start, length)
        return x


def phases(lengths: Sequence[int], counts: Sequence[int], rows: Rows) -> Iterator[Phase]:
    """Take windows apart: of each axis, every window so far away that it cannot overlap."""
    every = [-(-((row[0] - 1) * row[4] + 1) // row[1]) for row in rows]
    sizes = tuple(n * row[1] for n, row in zip(every, rows, strict=True))
    taps = _block_taps(sizes, rows)
    for first in product(*(range(min(n, c)) for n, c in zip(every, counts, strict=True))):
        yield Phase(
            tuple(slice(f, None, n) for f, n in zip(first, every, strict=True)),
            tuple(f * row[1] - row[2] for f, row in zip(first, rows, strict=True)),
            tuple(-(-(c - f) // n) for c, f, n in zip(counts, first, every, strict=True)),
            sizes,
            tuple(lengths),
            taps,
        )


def fill(
    xp: Any,
    lengths: Sequence[int],
    rows: Rows,
    is_hit: Callable[..., Array],
    values: Array,
    *others: Array,
) -> Array:
    """Return the sum over all phases of their windows' values, where their elements are hit.

    ``is_hit(phase, *others)`` is the mask of a phase's blocks. Each element is read several times.
    """

    def filled(values: Array, *others: Array) -> Array:
        total = None
        for phase in phases(lengths, values.shape[-len(rows) :], rows):
            blocks = xp.where(is_hit(phase, *others), phase.spread(values), xp.zero(values))
            part = phase.lay(xp, blocks, values.shape[: -len(rows)])
            total = part if total is None else total + part
        return total

    return xp.apart(filled, values, *others)


def block_offsets(lengths: Sequence[int], sizes: Sequence[int]) -> np.ndarray[Any, Any]:
    """Return how far, in the flattened plane, each element of a block is from its first one."""
    offsets: Any = 0
    for axis, size in enumerate(sizes):
        shape = [1, size] + [1] * 2 * (len(sizes) - axis - 1)
        offsets = offsets + np.arange(size).reshape(shape) * int(np.prod(lengths[axis + 1 :]))
    return np.asarray(offsets)


def _block_taps(sizes: Sequence[int], rows: Rows) -> np.ndarray[Any, Any]:
    taps: Any = 0
    for axis, (size, (window, _, _, _, dilation)) in enumerate(zip(sizes, rows, strict=True)):
        number = np.arange(size) // dilation
        number[(np.arange(size) % dilation != 0) | (number >= window)] = -1
        number = number.reshape([1, size] + [1] * 2 * (len(rows) - axis - 1))
        taps = np.where((taps < 0) | (number < 0), -1, taps * window + number)
    return np.asarray(taps)


def _placed(xp: Any, x: Array, axis: int, start: int, length: int) -> Array:
    """Return `length` elements of an axis, of which number `start` is the first one of `x`."""
    end = start + x.shape[axis]
    if start < 0 or end > length:
        kept = slice(max(0, -start), x.shape[axis] - max(0, end - length))
        x = x[index(axis, kept)]
    if start > 0 or end < length:
        x = xp.pad(x, axis, max(0, start), max(0, length - end), 0)
    return x
