"""Convolution of any number of axes by sums of products, in Numba.

The larger array is copied to strips, one for each element of its outer axes, with zeros between
their rows: see `geometry.helix`. A tap reads a strip at a fixed distance, wherever it is.
So a strip of sums is a short product of a vector and a matrix, held in registers, for any number of
axes; or, where the window is the smallest of the three arrays, each of its elements is a sum of
products of strips.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from pytensor_unpool.geometry import helix as geometry
from pytensor_unpool.kernels.numba.by_address import Types, by_address
from pytensor_unpool.kernels.numba.conv.microkernel import tile_kernel
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd_wide import VECTOR_BYTES, pointer
from pytensor_unpool.kernels.numba.windows import compile_together
from pytensor_unpool.kernels.tuning import (
    MIDDLE_STRIP_TILE,
    NARROW_STRIP_TILE,
    SHORTEST_STRIP,
    WIDE_STRIP_TILE,
)

# Arithmetic that may add up in any order, so in vectors.
ANY_ORDER = {"reassoc", "contract"}

_wide = tile_kernel(1, WIDE_STRIP_TILE)
_middle = tile_kernel(1, MIDDLE_STRIP_TILE)
_narrow = tile_kernel(1, NARROW_STRIP_TILE)

(row_length,) = compile_together(geometry.row_length)


class StripPlan(NamedTuple):
    """How arrays lie on strips: vectors with an entry for each axis."""

    lengths: Any
    """Of the array that is read."""
    strips: Any
    """Lengths of the result on a strip."""
    taps: Any
    shifts: Any
    """Where tap 0 of element 0 reads."""
    steps: Any
    """How many elements neighbours are apart on a strip, 0 on outer axes."""


@device_function
def convolve_by_products(x, kernel, table, y):  # type: ignore[no-untyped-def]
    """Write to `y` a window of the whole convolution of `x` and `kernel`, all of them flat.

    A row of `table` for each axis: its length in x, kernel and window, and the window's start.
    """
    elements, kernel_size, outputs = sizes(table)
    if y.size == 0:
        return
    swaps, sums_up = kernel_size > elements, min(elements, kernel_size) > outputs
    plan = make_plan(table, swaps, sums_up)
    outer, pitch, strip, inner_taps, strips, rounds = measures(plan)
    width = VECTOR_BYTES // x.itemsize
    padded = (strip + width - 1) // width * width
    wound = np.zeros(strips * pitch + padded + WIDE_STRIP_TILE * width, x.dtype)
    sums = np.zeros(padded + WIDE_STRIP_TILE * width, x.dtype)
    inner_offsets = tap_offsets(plan, outer, inner_taps)
    taps = outputs if sums_up else min(elements, kernel_size)
    offsets, places = np.empty(taps, np.int64), np.empty(taps, np.int64)
    weights = np.empty(taps, x.dtype)
    turned = np.empty(min(elements, kernel_size), x.dtype)
    kernel_step = 0 if kernel.size == kernel_size else kernel_size
    if sums_up:
        y[:] = 0
    for item in range(x.size // elements):
        source = x[item * elements : (item + 1) * elements]
        smaller = kernel[item * kernel_step : item * kernel_step + kernel_size]
        if swaps:
            source, smaller = smaller, source
        # The last tap comes first.
        for i in range(len(turned)):
            turned[i] = smaller[len(turned) - 1 - i]
        wind_source(plan, outer, pitch, source, wound)
        y_item = y[item * outputs : (item + 1) * outputs]
        index = np.zeros(len(table), np.int64)
        for number in range(rounds):
            terms = list_taps(plan, outer, index, pitch, inner_offsets, offsets, places)
            if sums_up:
                move_rows(plan, outer, number, turned, sums, sums_up)
                add_up(sums, wound, offsets, places, terms, padded, y_item)
            else:
                for term in range(terms):
                    weights[term] = turned[places[term]]
                multiply(weights, offsets, terms, wound, sums, padded)
                move_rows(plan, outer, number, y_item, sums, sums_up)
            advance(index, plan.strips, 0, outer)


@device_function
def sizes(table):  # type: ignore[no-untyped-def]
    """Return how many elements x, kernel and window have."""
    elements, taps, outputs = 1, 1, 1
    for i in range(len(table)):
        elements *= table[i, 0]
        taps *= table[i, 1]
        outputs *= table[i, 2]
    return elements, taps, outputs


@device_function
def make_plan(table, swaps, sums_up):  # type: ignore[no-untyped-def]
    """Return how the arrays lie on strips; the last axes are wound up."""
    axes = len(table)
    lengths, strips, taps, shifts, steps = np.zeros((5, axes), np.int64)
    for i in range(axes):
        length, short, window = table[i, 0], table[i, 1], table[i, 2]
        if swaps:
            length, short = short, length
        lengths[i], shifts[i] = length, table[i, 3] - short + 1
        strips[i], taps[i] = window, short
        if sums_up:
            strips[i], taps[i] = short, window
    strip, step = 1, 1
    for i in range(axes - 1, -1, -1):
        steps[i] = step
        strip *= strips[i]
        if strip >= SHORTEST_STRIP:
            break
        step *= row_length(lengths[i], taps[i], shifts[i] + taps[i] - 1, strips[i])
    return StripPlan(lengths, strips, taps, shifts, steps)


@device_function
def measures(plan):  # type: ignore[no-untyped-def]
    """Return the number of outer axes, how far apart strips are and how many elements are summed.

    Then the numbers of taps of the wound axes, of strips that are read, and of strips of sums.
    """
    outer = 0
    while plan.steps[outer] == 0:
        outer += 1
    pitch, strip, inner_taps, strips, rounds = 1, 1, 1, 1, 1
    for i in range(len(plan.steps)):
        if i < outer:
            strips *= plan.lengths[i]
            rounds *= plan.strips[i]
        else:
            pitch += (plan.strips[i] + plan.taps[i] - 2) * plan.steps[i]
            strip += (plan.strips[i] - 1) * plan.steps[i]
            inner_taps *= plan.taps[i]
    return outer, pitch, strip, inner_taps, strips, rounds


@device_function
def advance(index, lengths, begin, end):  # type: ignore[no-untyped-def]
    """Step to the next index of the axes from `begin` to before `end`, in C order."""
    for i in range(end - 1, begin - 1, -1):
        index[i] += 1
        if index[i] < lengths[i]:
            return
        index[i] = 0


@device_function
def wind_source(plan, outer, pitch, source, wound):  # type: ignore[no-untyped-def]
    """Copy the rows of an array to their places on strips."""
    axes = len(plan.steps)
    index = np.zeros(axes, np.int64)
    length, shift = plan.lengths[axes - 1], plan.shifts[axes - 1]
    begin = max(0, shift)
    end = min(length, plan.strips[axes - 1] + plan.taps[axes - 1] - 1 + shift)
    for row in range(source.size // length):
        strip, place, is_read = 0, -shift, True
        for i in range(axes - 1):
            if i < outer:
                strip = strip * plan.lengths[i] + index[i]
            else:
                at = index[i] - plan.shifts[i]
                is_read = is_read and 0 <= at < plan.strips[i] + plan.taps[i] - 1
                place += at * plan.steps[i]
        if is_read:
            first = strip * pitch + place
            for i in range(begin, end):
                wound[np.uint64(first + i)] = source[np.uint64(row * length + i)]
        advance(index, plan.lengths, 0, axes - 1)


@device_function
def tap_offsets(plan, outer, inner_taps):  # type: ignore[no-untyped-def]
    """Return how far along a strip each tap of the wound axes reads."""
    offsets = np.empty(inner_taps, np.int64)
    index = np.zeros(len(plan.steps), np.int64)
    for tap in range(inner_taps):
        offsets[tap] = 0
        for i in range(outer, len(plan.steps)):
            offsets[tap] += index[i] * plan.steps[i]
        advance(index, plan.taps, outer, len(plan.steps))
    return offsets


@device_function
def list_taps(plan, outer, index, pitch, inner_offsets, offsets, places):  # type: ignore[no-untyped-def]
    """List where taps read for a strip of sums, and which they are; return how many."""
    terms, inner_taps = 0, len(inner_offsets)
    tap = np.zeros(len(plan.steps), np.int64)
    for number in range(len(offsets) // inner_taps):
        strip, is_inside = 0, True
        for i in range(outer):
            at = index[i] + tap[i] + plan.shifts[i]
            is_inside = is_inside and 0 <= at < plan.lengths[i]
            strip = strip * plan.lengths[i] + at
        if is_inside:
            for i in range(inner_taps):
                offsets[np.uint64(terms + i)] = strip * pitch + inner_offsets[np.uint64(i)]
                places[np.uint64(terms + i)] = number * inner_taps + i
            terms += inner_taps
        advance(tap, plan.taps, 0, outer)
    return terms


@device_function
def move_rows(plan, outer, number, array, strip, to_strip):  # type: ignore[no-untyped-def]
    """Copy the rows of the wound axes to a strip, or back from there."""
    axes = len(plan.steps)
    length, rows = plan.strips[axes - 1], 1
    for i in range(outer, axes - 1):
        rows *= plan.strips[i]
    index = np.zeros(axes, np.int64)
    for row in range(rows):
        place = 0
        for i in range(outer, axes - 1):
            place += index[i] * plan.steps[i]
        first = (number * rows + row) * length
        for i in range(length):
            if to_strip:
                strip[np.uint64(place + i)] = array[np.uint64(first + i)]
            else:
                array[np.uint64(first + i)] = strip[np.uint64(place + i)]
        advance(index, plan.strips, outer, axes - 1)


def multiply(weights: Any, offsets: Any, terms: Any, source: Any, sums: Any, padded: Any) -> None:
    """Set each of the first `padded` sums to that of all weights times what their taps read."""


@overload(multiply, inline="never", jit_options={"error_model": "numpy", "fastmath": False})
def _multiply(weights, offsets, terms, source, sums, padded):  # type: ignore[no-untyped-def]
    if isinstance(source.dtype, types.Complex):

        def of_complex(weights, offsets, terms, source, sums, padded):  # type: ignore[no-untyped-def]
            sums[:padded] = 0
            for term in range(terms):
                weight, offset = weights[term], offsets[term]
                for i in range(padded):
                    sums[np.uint64(i)] += weight * source[np.uint64(offset + i)]

        return of_complex

    def of_reals(weights, offsets, terms, source, sums, padded):  # type: ignore[no-untyped-def]
        width = VECTOR_BYTES // source.itemsize
        vectors = padded // width
        factors, places = pointer(weights, 0), pointer(offsets, 0)
        # Choose the tiles that compute least beyond the end.
        tile = WIDE_STRIP_TILE
        if -(-vectors // MIDDLE_STRIP_TILE) * MIDDLE_STRIP_TILE < -(-vectors // tile) * tile:
            tile = MIDDLE_STRIP_TILE
        if -(-vectors // NARROW_STRIP_TILE) * NARROW_STRIP_TILE < -(-vectors // tile) * tile:
            tile = NARROW_STRIP_TILE
        for vector in range(0, vectors, tile):
            at = vector * width
            read, to = pointer(source, at), pointer(sums, at)
            if tile == WIDE_STRIP_TILE:
                _wide(factors, places, terms, read, to, 0)
            elif tile == MIDDLE_STRIP_TILE:
                _middle(factors, places, terms, read, to, 0)
            else:
                _narrow(factors, places, terms, read, to, 0)

    return of_reals


@device_function(fastmath=ANY_ORDER)
def add_up(strip, source, offsets, places, terms, length, y):  # type: ignore[no-untyped-def]
    """Add to each element of `y` the sum of the products of a strip with what its tap reads."""
    for first in range(0, length, 1024):
        last = min(first + 1024, length)
        for term in range(0, terms, 4):
            # Fewer than four are filled up with the last one, which is not added.
            end = terms - 1
            a, b = offsets[term], offsets[min(term + 1, end)]
            c, d = offsets[min(term + 2, end)], offsets[min(term + 3, end)]
            zero = y.dtype.type(0)
            sum_a, sum_b, sum_c, sum_d = zero, zero, zero, zero
            for i in range(first, last):
                factor = strip[np.uint64(i)]
                sum_a += factor * source[np.uint64(a + i)]
                sum_b += factor * source[np.uint64(b + i)]
                sum_c += factor * source[np.uint64(c + i)]
                sum_d += factor * source[np.uint64(d + i)]
            y[places[term]] += sum_a
            if term + 1 < terms:
                y[places[term + 1]] += sum_b
            if term + 2 < terms:
                y[places[term + 2]] += sum_c
            if term + 3 < terms:
                y[places[term + 3]] += sum_d


def _argument_types(given: Types) -> Types:
    dtype = given[-1].dtype
    array = types.Array(dtype, 1, "C", readonly=True)
    return array, array, types.Array(types.int64, 2, "C"), types.Array(dtype, 1, "C")


convolve_by_products_by_address = by_address(convolve_by_products, _argument_types)
