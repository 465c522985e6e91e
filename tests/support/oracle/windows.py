"""Where windows lie, and which elements they hold, by placing them one after another.

`rows` has ``(window, stride, before, after, dilation)`` of each pooled axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Rows = Sequence[Sequence[int]]


def starts(length: int, row: Sequence[int], partial_windows: bool) -> list[int]:
    """Return where the windows of an axis start, in coordinates of the unpadded axis."""
    window, stride, before, after, dilation = row
    span = (window - 1) * dilation + 1
    end = length + after
    found: list[int] = []
    start = -before
    while start + span <= end:
        found.append(start)
        start += stride
    if partial_windows:
        reaches_the_end = bool(found) and found[-1] + span == end
        if not found or (not reaches_the_end and start < length):
            found.append(start)
    return found


def elements_of_axis(length: int, row: Sequence[int], partial_windows: bool) -> list[list[int]]:
    """Return the coordinates of the elements that each window of an axis holds."""
    window, _, _, _, dilation = row
    return [
        [c for c in range(start, start + window * dilation, dilation) if 0 <= c < length]
        for start in starts(length, row, partial_windows)
    ]


def windows_of(
    lengths: Sequence[int], rows: Rows, partial_windows: bool
) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """Yield the index of every window, and the flat places of its elements in C order."""
    axes = [
        elements_of_axis(length, row, partial_windows)
        for length, row in zip(lengths, rows, strict=True)
    ]
    for index in product(*(range(len(axis)) for axis in axes)):
        held = [axis[i] for axis, i in zip(axes, index, strict=True)]
        yield index, [flat_place(coordinates, lengths) for coordinates in product(*held)]


def flat_place(coordinates: Sequence[int], lengths: Sequence[int]) -> int:
    """Return the number of an element in C order."""
    place = 0
    for coordinate, length in zip(coordinates, lengths, strict=True):
        place = place * length + coordinate
    return place


def pooled_shape(shape: Sequence[int], rows: Rows, partial_windows: bool) -> tuple[int, ...]:
    """Return the shape of what pooling an array of `shape` gives."""
    n = len(rows)
    counts = [
        len(starts(length, row, partial_windows))
        for length, row in zip(shape[-n:], rows, strict=True)
    ]
    return (*shape[:-n], *counts)


def taps_of(
    lengths: Sequence[int], rows: Rows, partial_windows: bool, border: str
) -> tuple[tuple[int, ...], list[tuple[tuple[int, ...], int]]]:
    """Return the shape of a plane's windows as rows, and (index in it, flat place) of all taps."""
    axes = [starts(length, row, partial_windows) for length, row in zip(lengths, rows, strict=True)]
    found = []
    for window in product(*(range(len(axis)) for axis in axes)):
        for number, tap in enumerate(product(*(range(row[0]) for row in rows))):
            at = [axes[i][window[i]] + tap[i] * row[4] for i, row in enumerate(rows)]
            if border == "wrap":
                at = [c % length for c, length in zip(at, lengths, strict=True)]
            if all(0 <= c < length for c, length in zip(at, lengths, strict=True)):
                found.append(((*window, number), flat_place(at, lengths)))
    return (*(len(axis) for axis in axes), prod(row[0] for row in rows)), found
