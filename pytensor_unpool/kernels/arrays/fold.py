"""From windows back to elements: the output is cut into tiles, and nothing is scattered.

A tile is as long as the stride, so there is one for each window. A window covers elements of its
own tile and of a few around it; how many tiles away they are is a shift. For one shift, an element
at the same place of every tile is the same tap of the window that many tiles before, or none. So a
comparison finds the elements that a window gives its value to, and the sum over all shifts is the
output. Windows that do not overlap and have no padding need one shift.

Torch calls this direction "fold"; XLA has `SelectAndScatter` for a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import product
from math import prod

import numpy as np

from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels.arrays.protocol import Array, Axes, Known, Primitives
from pytensor_unpool.kernels.arrays.slices import index_axis


def fold(
    xp: Primitives,
    lengths: Sequence[int],
    axes: Axes,
    is_hit: Callable[..., Array],
    windows: Sequence[Array],
    elements: Sequence[Array] = (),
) -> Array:
    """Return, for each element, the sum of the values of the windows that hit it.

    `windows` are arrays with an entry for each window, the values first; `elements` are arrays
    with an entry for each element. ``is_hit(taps, *windows[1:], *elements)`` returns a mask of
    elements, for one shift; `taps` says which tap of the window an element is, or -1.
    """
    ndim, steps = len(axes), [axis.stride for axis in axes]
    counts = [-(-length // step) for length, step in zip(lengths, steps, strict=True)]
    leading, shifts = tuple(windows[0].shape[:-ndim]), [_tile_shifts(axis) for axis in axes]

    def folded(*arrays: Array) -> Array:
        total = None
        for shift in product(*shifts):
            taps = _taps_of_tile(shift, axes)
            if (taps < 0).all():
                continue
            firsts = [max(0, every[-1]) - s for every, s in zip(shifts, shift, strict=True)]
            some = (..., *(slice(f, f + n) for f, n in zip(firsts, counts, strict=True)))
            values, *others = [repeat_tiles(xp, x[some], steps) for x in arrays[: len(windows)]]
            hits = is_hit(_tile(xp, taps, counts), *others, *arrays[len(windows) :])
            part = xp.where(hits, values, xp.zero(values))
            total = part if total is None else total + part
        return untile(xp, total, leading, lengths)

    around = [_pad_windows(xp, x, counts, shifts) for x in windows]
    whole = [count * step for count, step in zip(counts, steps, strict=True)]
    tiled = [_crop_or_pad(xp, x, whole).reshape(prod(leading), *whole) for x in elements]
    return xp.call_behind_barrier(folded, *around, *tiled)


def repeat_tiles(xp: Primitives, x: Array, steps: Sequence[int]) -> Array:
    """Return the entry of each window for all elements of its tile, as `numpy.repeat` would.

    All leading axes become one, which makes loops over elements shorter.
    """
    counts = x.shape[-len(steps) :]
    pairs = [n for count in counts for n in (count, 1)]
    return _merge_axes(xp, x.reshape(prod(x.shape[: -len(steps)]), *pairs), counts, steps)


def _tile(xp: Primitives, tile: Known, counts: Sequence[int]) -> Array:
    """Return a tile repeated side by side `counts` times on each axis, as `numpy.tile` would."""
    pairs = [n for step in tile.shape for n in (1, step)]
    return _merge_axes(xp, xp.constant(tile.reshape(1, *pairs), "int32"), counts, tile.shape)


def _merge_axes(xp: Primitives, x: Array, counts: Sequence[int], steps: Sequence[int]) -> Array:
    """Broadcast pairs of axes, (number of tiles, elements of a tile), and make each pair one."""
    pairs = list(zip(counts, steps, strict=True))
    x = xp.broadcast_to(x, (x.shape[0], *(n for pair in pairs for n in pair)))
    return x.reshape(x.shape[0], *(count * step for count, step in pairs))


def untile(xp: Primitives, x: Array, leading: Sequence[int], lengths: Sequence[int]) -> Array:
    """Return elements of tiles with their leading axes, cropped or padded with zeros to lengths."""
    return _crop_or_pad(xp, x, lengths).reshape(*leading, *lengths)


def flat_positions(
    xp: Primitives, lengths: Sequence[int], whole: Sequence[int], dtype: str
) -> Array:
    """Return the position in the flattened plane of each element of tiles, `whole` long together.

    Beyond `lengths` there are no elements: what is there is cropped later.
    """
    steps = [prod(lengths[axis + 1 :]) for axis in range(len(lengths))]
    axes = [xp.constant(np.arange(n) * step, dtype) for n, step in zip(whole, steps, strict=True)]
    return reduce(lambda positions, axis: positions[..., None] + axis, axes)


def _tile_shifts(axis: AxisWindows) -> range:
    """Return how many tiles from its own a window of an axis may cover elements."""
    window, stride, before, _, dilation = axis
    return range(
        -((before + stride - 1) // stride), ((window - 1) * dilation - before) // stride + 1
    )


def _taps_of_tile(shift: Sequence[int], axes: Axes) -> Known:
    """Return which tap each element of a tile is, of the window `shift` tiles before; or -1."""
    taps = np.zeros((), np.int64)
    for s, (window, stride, before, _, dilation) in zip(shift, axes, strict=True):
        number, rest = np.divmod(s * stride + np.arange(stride) + before, dilation)
        is_tap = (number >= 0) & (number < window) & (rest == 0)
        taps = taps[..., None]
        taps = np.where((taps >= 0) & is_tap, taps * window + number, -1)
    return taps


def _pad_windows(xp: Primitives, x: Array, counts: Sequence[int], shifts: Sequence[range]) -> Array:
    """Return the entries of windows, with zeros for windows beyond them that a shift reads."""
    for i, (count, every) in enumerate(zip(counts, shifts, strict=True)):
        axis = i - len(counts)
        before, after = max(0, every[-1]), max(0, count - every[0] - x.shape[axis])
        if before > 0 or after > 0:
            x = xp.pad(x, axis, before, after, 0)
    return x


def _crop_or_pad(xp: Primitives, x: Array, lengths: Sequence[int]) -> Array:
    for i, length in enumerate(lengths):
        axis = i - len(lengths)
        if length < x.shape[axis]:
            x = x[index_axis(axis, slice(length))]
        elif length > x.shape[axis]:
            x = xp.pad(x, axis, 0, length - x.shape[axis], 0)
    return x
