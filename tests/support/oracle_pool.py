"""Pooling and un-pooling in loops, as slow as they are easy to read, and apart from the package.

`rows` has ``(window, stride, before, after, dilation)`` of each pooled axis. Windows are counted
by laying them down one after the other, not by a formula.
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


def max_pool(x: Array, rows: Rows, partial_windows: bool = False) -> tuple[Array, Array]:
    """Return the maximum of every window, and the place of the first element that is it."""
    n = len(rows)
    shape = pooled_shape(x.shape, rows, partial_windows)
    values, positions = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    windows = list(windows_of(x.shape[-n:], rows, partial_windows))
    for item in np.ndindex(*x.shape[:-n]):
        elements = x[item].reshape(-1).tolist()
        for index, places in windows:
            winner = first_maximum(elements, places)
            values[item + index] = x[item].reshape(-1)[winner]
            positions[item + index] = winner
    return values, positions


def first_maximum(elements: Sequence[Any], places: Sequence[int]) -> int:
    """Return the first NaN's place, else the first largest element's."""
    winner = places[0]
    for place in places:
        if elements[place] != elements[place]:
            return place
        if elements[place] > elements[winner]:
            winner = place
    return winner


def window_weights(lengths: Sequence[int], rows: Rows, partial_windows: bool, mode: str) -> Array:
    """Return the matrix of pooling by sums or averages: a row for each window, C order."""
    windows = list(windows_of(lengths, rows, partial_windows))
    matrix = np.zeros((len(windows), prod(lengths)))
    for number, (index, places) in enumerate(windows):
        matrix[number, places] = 1
        if mode == "average_exc_pad":
            matrix[number] /= len(places)
        if mode == "average_inc_pad":
            matrix[number] /= prod(
                taps_on_padded_axis(length, row, starts(length, row, partial_windows)[i])
                for length, row, i in zip(lengths, rows, index, strict=True)
            )
    return matrix


def taps_on_padded_axis(length: int, row: Sequence[int], start: int) -> int:
    """Return how many taps of the window that starts there lie before the end of the padding."""
    window, _, _, after, dilation = row
    return sum(start + tap * dilation < length + after for tap in range(window))


def pool(x: Array, rows: Rows, partial_windows: bool = False, mode: str = "sum") -> Array:
    """Return the sum or the average of every window, as float64."""
    n = len(rows)
    matrix = window_weights(x.shape[-n:], rows, partial_windows, mode)
    flat = x.reshape(*x.shape[:-n], prod(x.shape[-n:])).astype(float)
    return (flat @ matrix.T).reshape(pooled_shape(x.shape, rows, partial_windows))


def pool_input_grad(
    cotangent: Array,
    lengths: Sequence[int],
    rows: Rows,
    partial_windows: bool = False,
    mode: str = "sum",
) -> Array:
    """Return the transpose of `pool`, as float64."""
    leading = cotangent.shape[: cotangent.ndim - len(rows)]
    matrix = window_weights(lengths, rows, partial_windows, mode)
    return (cotangent.reshape(*leading, len(matrix)) @ matrix).reshape(*leading, *lengths)


def max_unpool(
    values: Array, positions: Array, shape: Sequence[int], duplicates: str = "last"
) -> Array:
    """Return zeros of lengths `shape` with the values written, or added, one after the other."""
    leading = values.shape[: values.ndim - len(shape)]
    out = np.zeros((*leading, prod(shape)), values.dtype)
    for item in np.ndindex(*leading):
        written = zip(values[item].reshape(-1), positions[item].reshape(-1).tolist(), strict=True)
        for value, place in written:
            here = out[item][place : place + 1]  # an array wraps around without a warning
            here[...] = value if duplicates == "last" else here + value
    return out.reshape(*leading, *shape)


def max_gather(x: Array, positions: Array, ndim: int, duplicates: str = "sum") -> Array:
    """Return what is read at the positions; for "last" only what nobody reads later, else zero."""
    leading = x.shape[: x.ndim - ndim]
    out = np.zeros(positions.shape, x.dtype)
    for item in np.ndindex(*leading):
        places = positions[item].reshape(-1).tolist()
        target = np.zeros(len(places), x.dtype)
        for i, place in enumerate(places):
            if duplicates == "sum" or place not in places[i + 1 :]:
                target[i] = x[item].reshape(-1)[place]
        out[item] = target.reshape(positions[item].shape)
    return out


def places_of_taps(
    taps: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool = False
) -> Array:
    """Return the flat place of each window's tap, -1 where it has none of that number inside."""
    held = dict(taps_of(lengths, rows, partial_windows, "zeros")[1])
    places = np.full(taps.shape, -1, np.int64)
    for index in np.ndindex(*taps.shape):
        window = index[taps.ndim - len(rows) :]
        places[index] = held.get((*window, int(taps[index])), -1)
    return places


def tied_unpool(x: Array, cotangent: Array, rows: Rows, partial_windows: bool = False) -> Array:
    """Return old Theano's gradient: every maximum of a window gets its cotangent in full."""
    n = len(rows)
    out = np.zeros(x.shape, cotangent.dtype)
    for item in np.ndindex(*x.shape[:-n]):
        for index, places in windows_of(x.shape[-n:], rows, partial_windows):
            for place in maxima(x[item].reshape(-1).tolist(), places):
                out[item].reshape(-1)[place] += cotangent[item + index]
    return out


def tied_gather(x: Array, tangent: Array, rows: Rows, partial_windows: bool = False) -> Array:
    """Return the sum of the tangent over all maxima of every window."""
    n = len(rows)
    out = np.zeros(pooled_shape(x.shape, rows, partial_windows), tangent.dtype)
    for item in np.ndindex(*x.shape[:-n]):
        for index, places in windows_of(x.shape[-n:], rows, partial_windows):
            for place in maxima(x[item].reshape(-1).tolist(), places):
                out[item + index] += tangent[item].reshape(-1)[place]
    return out


def maxima(elements: Sequence[Any], places: Sequence[int]) -> list[int]:
    """Return the places of all elements that equal the maximum; none of a window with a NaN."""
    best = elements[first_maximum(elements, places)]
    return [place for place in places if elements[place] == best]


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


def windows_to_rows(x: Array, rows: Rows, partial_windows: bool, border: str) -> Array:
    """Return all taps of every window along a new last axis."""
    n = len(rows)
    shape, taps = taps_of(x.shape[-n:], rows, partial_windows, border)
    out = np.zeros((*x.shape[:-n], *shape), x.dtype)
    for item in np.ndindex(*x.shape[:-n]):
        for index, place in taps:
            out[item + index] = x[item].reshape(-1)[place]
    return out


def rows_to_windows(
    taken: Array, lengths: Sequence[int], rows: Rows, partial_windows: bool, border: str
) -> Array:
    """Return zeros of these lengths with every tap added to its place."""
    shape, taps = taps_of(lengths, rows, partial_windows, border)
    items = taken.shape[: taken.ndim - len(shape)]
    out = np.zeros((*items, prod(lengths)), taken.dtype)
    for item in np.ndindex(*items):
        for index, place in taps:
            out[(*item, place)] += taken[item + index]
    return out.reshape(*items, *lengths)
