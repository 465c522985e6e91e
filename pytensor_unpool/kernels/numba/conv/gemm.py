"""Correlations with all taps of a kernel, in Numba: what convolutions are made of.

Tap k of all outputs of a row is a row of the image that begins elsewhere, so a sum over taps adds
up vectors read from shifted places; no matrix of windows is made. Images are copied once, see
conv_copies.py, or read where they are. The same as in kernels/c/conv/gemm.h.
"""

from __future__ import annotations

import numpy as np
from numba import types

from pytensor_unpool.kernels.conv_tuning import BAND_BYTES, MAX_PACKED_BYTES, MAX_WEIGHT_BYTES
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.channels import contiguous_view
from pytensor_unpool.kernels.numba.conv.microkernel import (
    MOST_ROWS,
    MOST_SUMS,
    MOST_VECTORS,
    ROW_NUMBERS,
    VECTOR_BYTES,
    tile_kernel,
)
from pytensor_unpool.kernels.numba.conv.packing import (
    SIZE,
    START,
    STEP,
    WEIGHT,
    can_stay,
    columns_of,
    copy_elements,
    copy_image,
    phases_of,
    plane_of,
    slack_of,
    tap_offset,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.windows import Kernel

# Columns of a table of correlations: which taps they take, where their first output is, how many
# outputs there are on every axis, and how far these are from one another.
TAP, NUMBER, FIRST, COUNT, APART = 0, 1, 2, 3, 6


def _tile_chooser(numbers: tuple[int, ...] = (MOST_ROWS, *ROW_NUMBERS[:-1])) -> Kernel:
    """Compile ``(rows, ...) -> None``: the tile with so many rows, the usual ones first."""
    rows_here, *others = numbers
    multiply = tile_kernel(rows_here)
    if not others:

        @device_function
        def last(rows, weights, weight, offsets, offset, terms, source, at, tile, to, places):  # type: ignore[no-untyped-def]
            multiply(weights, weight, offsets, offset, terms, source, at, tile, to, places)

        return last  # type: ignore[no-any-return]
    otherwise = _tile_chooser(tuple(others))

    @device_function
    def choose(rows, weights, weight, offsets, offset, terms, source, at, tile, to, places):  # type: ignore[no-untyped-def]
        if rows == rows_here:
            multiply(weights, weight, offsets, offset, terms, source, at, tile, to, places)
        else:
            otherwise(rows, weights, weight, offsets, offset, terms, source, at, tile, to, places)

    return choose  # type: ignore[no-any-return]


multiply_tile = _tile_chooser()


@device_function
def panel_rows(rows):  # type: ignore[no-untyped-def]
    """Return how many rows the panel has that holds so many: at least as many."""
    for number in ROW_NUMBERS:
        if number >= rows:
            return number
    return MOST_ROWS


@device_function
def packed_rows(rows):  # type: ignore[no-untyped-def]
    """Return how many rows all panels have."""
    rest = rows % MOST_ROWS
    return rows - rest + (panel_rows(rest) if rest > 0 else 0)


@device_function
def pack_weights(kernel, taps, rows, channels, is_transposed, packed, at):  # type: ignore[no-untyped-def]
    """Write panels of weights from `at` on: rows and channels are pairs (first, number)."""
    for panel in range(0, rows[1], MOST_ROWS):
        number = panel_rows(min(MOST_ROWS, rows[1] - panel))
        for channel in range(channels[0], channels[0] + channels[1]):
            for t in range(len(taps)):
                z, y, x = taps[t, WEIGHT], taps[t, WEIGHT + 1], taps[t, WEIGHT + 2]
                for i in range(number):
                    row = rows[0] + panel + i
                    if panel + i >= rows[1]:
                        packed[np.uint64(at)] = 0
                    elif is_transposed:
                        packed[np.uint64(at)] = kernel[channel, row, z, y, x]
                    else:
                        packed[np.uint64(at)] = kernel[row, channel, z, y, x]
                    at += 1
    return at


@device_function
def write_tile(tile, rows, width, low, high, first, copy, one, counts, to, row_step, adds, y):  # type: ignore[no-untyped-def]
    """Write the columns of a tile from `low` to before `high` where their outputs are.

    Column 0 is number `first` in the copy; some belong to no output. `one` is the correlation, its
    outputs are `counts`, the first of them is element `to`.
    """
    pitch, lines = copy[2, SIZE], copy[1, SIZE]
    column, line, x = low, (first + low) // pitch, (first + low) % pitch
    apart = one[APART + 2]
    while column < high and line // lines < counts[0]:
        length = min(high - column, counts[2] - x)
        if length > 0 and line % lines < counts[1]:
            begin = to + line // lines * one[APART] + line % lines * one[APART + 1] + x * apart
            for row in range(rows):
                at, put = row * width + column, begin + row * row_step
                if adds:
                    for i in range(length):
                        y[np.uint64(put + i * apart)] += tile[np.uint64(at + i)]
                elif apart == 1:
                    copy_elements(tile, at * tile.itemsize, tile.itemsize, length, y, put)
                else:
                    for i in range(length):
                        y[np.uint64(put + i * apart)] = tile[np.uint64(at + i)]
        column += pitch - x
        x = 0
        line += 1


@device_function
def run(
    copy,
    source,
    at,
    offsets,
    offset,
    terms,
    portion,
    packed,
    weight,
    rows,
    one,
    counts,
    to,
    row_step,
    adds,
    has_slack,
    tile,
    y,
):  # type: ignore[no-untyped-def]
    """Do all outputs of one image, a portion of the columns at a time.

    Where nothing may be read behind the last output's taps, the last tile ends with that output.
    """
    lanes = VECTOR_BYTES // tile.itemsize
    columns = columns_of(copy, 1, counts)
    for begin in range(0, columns, portion):
        end = min(columns, begin + portion)
        for panel in range(0, rows, MOST_ROWS):
            number = min(MOST_ROWS, rows - panel)
            held = panel_rows(number)
            width = min(MOST_SUMS // held, MOST_VECTORS) * lanes
            for column in range(begin, end, width):
                first = column if has_slack else min(column, columns - width)
                multiply_tile(
                    held, packed, weight + panel * terms, offsets, offset, terms, source,
                    at + first, tile, np.int64(0), width,
                )  # fmt: skip
                low, high = column - first, min(width, end - first)
                write_tile(
                    tile,
                    number,
                    width,
                    low,
                    high,
                    first,
                    copy,
                    one,
                    counts,
                    to + panel * row_step,
                    row_step,
                    adds,
                    y,
                )


@device_function
def most_outputs(jobs, axis):  # type: ignore[no-untyped-def]
    """Return how many outputs on an axis the correlation has that has most."""
    most = 1
    for i in range(len(jobs)):
        most = max(most, jobs[i, COUNT + axis])
    return most


@device_function
def portions_of(copy, jobs, rows, channels, itemsize, in_place):  # type: ignore[no-untyped-def]
    """Return how much is done at a time: rows, channels, columns, and outputs on which axis."""
    weight = max(1, jobs[:, NUMBER].sum()) * itemsize
    rows = min(rows, max(MOST_ROWS, MAX_WEIGHT_BYTES // weight // MOST_ROWS * MOST_ROWS))
    channels = min(channels, max(1, MAX_WEIGHT_BYTES // (weight * max(1, rows))))
    axis = 0
    while axis < 2 and most_outputs(jobs, axis) == 1:
        axis += 1
    outputs = most_outputs(jobs, axis)
    tile = MOST_VECTORS * VECTOR_BYTES // itemsize
    if in_place:
        columns = max(tile, BAND_BYTES // max(1, channels * itemsize) // tile * tile)
        return rows, channels, columns, axis, outputs
    reach = copy[axis, SIZE] - outputs
    line = plane_of(copy) // copy[axis, SIZE]
    taken = line * phases_of(copy) * itemsize
    channels = min(channels, max(1, MAX_PACKED_BYTES // (taken * (reach + 1))))
    most = max(1, BAND_BYTES // (taken * max(1, channels)) - reach)
    least = -(-outputs // min(most, outputs))
    # Tiles rarely end with a band: of some numbers of bands, take the one with fewest tiles.
    width = MOST_SUMS // MOST_ROWS * (VECTOR_BYTES // itemsize)
    band, fewest = outputs, -1
    for bands in range(least, min(outputs, least + 2) + 1):
        some = -(-outputs // bands)
        tiles = bands * -(-some * line // width)
        if fewest < 0 or tiles < fewest:
            band, fewest = some, tiles
    columns = max(tile, BAND_BYTES // max(1, channels * itemsize) // tile * tile)
    return rows, channels, columns, axis, band


@device_function
def pack_all(kernel, band, taps, jobs, rows, channels, step, is_transposed, packed, offsets):  # type: ignore[no-untyped-def]
    """Write the weights of all correlations, and where each term of theirs reads."""
    # A plain 0 would be taken for a type of its own, for which all is compiled once more.
    weight = offset = np.int64(0)
    for job in range(len(jobs)):
        begin, number = jobs[job, TAP], jobs[job, NUMBER]
        some = taps[begin : begin + number]
        weight = pack_weights(kernel, some, rows, channels, is_transposed, packed, weight)
        for i in range(channels[1]):
            for t in range(begin, begin + number):
                offsets[offset] = i * step + tap_offset(band, 1, taps[t])
                offset += 1


@device_function
def run_all(  # type: ignore[no-untyped-def]
    band,
    source,
    at,
    offsets,
    jobs,
    axis,
    bounds,
    channels,
    portion,
    packed,
    rows,
    to,
    row_step,
    adds,
    has_slack,
    tile,
    y,
):
    """Run all correlations on one image, for the outputs from `bounds[0]` on, so many of them."""
    first, most = bounds
    weight = offset = np.int64(0)
    for job in range(len(jobs)):
        one = jobs[job]
        taken = channels * one[NUMBER]
        counts = one[COUNT : COUNT + 3].copy()
        counts[axis] = min(most, counts[axis] - first)
        if counts[axis] > 0:
            run(
                band,
                source,
                at,
                offsets,
                offset,
                taken,
                portion,
                packed,
                weight,
                rows,
                one,
                counts,
                to + one[FIRST] + first * one[APART + axis],
                row_step,
                adds,
                has_slack,
                tile,
                y,
            )
        weight += packed_rows(rows) * taken
        offset += taken


@device_function
def correlate(copy, x, kernel, plan, taps, jobs, y):  # type: ignore[no-untyped-def]
    """Run some correlations that read the same images, for all groups.

    The `plan` has the number of groups, whether the kernel is transposed, and how far the outputs
    of an image are apart in `y`, and those of a row. Rows are those of the kernel, or its columns
    if it is transposed; the images have what the others are.
    """
    groups, is_transposed, image_step, row_step = plan[0], plan[1] != 0, plan[2], plan[3]
    all_rows = kernel.shape[1] if is_transposed else kernel.shape[0] // groups
    all_channels = kernel.shape[0] // groups if is_transposed else kernel.shape[1]
    in_place = len(jobs) == 1 and can_stay(copy, x, jobs[0, COUNT : COUNT + 3])
    most_rows, most_channels, portion, axis, most = portions_of(
        copy, jobs, all_rows, all_channels, x.itemsize, in_place
    )
    outputs = most_outputs(jobs, axis)
    band = copy.copy()
    band[axis, SIZE] += most - outputs
    step = plane_of(band) * phases_of(band)
    widest = MOST_VECTORS * (VECTOR_BYTES // x.itemsize)
    terms = max(1, most_channels) * max(1, jobs[:, NUMBER].sum())
    packed = np.empty(packed_rows(max(1, most_rows)) * terms, x.dtype)
    offsets = np.empty(terms, np.int64)
    tile = np.empty(MOST_ROWS * widest, x.dtype)
    copied = 0 if in_place else max(1, most_channels) * step
    source = np.empty(copied + slack_of(band, x.itemsize), x.dtype)
    source[copied:] = 0
    if in_place:
        source, step = contiguous_view(x, 0, x.size), x.strides[1] // x.itemsize
    for group in range(groups):
        first_row = 0 if is_transposed else group * all_rows
        first_channel = group * all_channels if is_transposed else 0
        for row in range(0, all_rows, most_rows):
            rows = min(most_rows, all_rows - row)
            to = (group * all_rows + row) * row_step
            for channel in range(0, all_channels, most_channels):
                channels = min(most_channels, all_channels - channel)
                pack_all(
                    kernel, band, taps, jobs, (first_row + row, rows),
                    (first_channel + channel, channels), step, is_transposed, packed, offsets,
                )  # fmt: skip
                here = group * all_channels + channel
                for n in range(x.shape[0]):
                    at = (n * x.strides[0] + here * x.strides[1]) // x.itemsize
                    for first in range(0, outputs, most):
                        if not in_place:
                            at = np.int64(0)
                            band[axis, START] = copy[axis, START] + first * copy[axis, STEP]
                            copy_image(band, 1, x, n, here, channels, 0, step, source)
                        run_all(
                            band, source, at, offsets, jobs, axis, (first, most), channels, portion,
                            packed, rows, to + n * image_step, row_step, channel > 0, not in_place,
                            tile, y,
                        )  # fmt: skip


def argument_types(given):  # type: ignore[no-untyped-def]
    """Return the types of the arguments of `correlate`."""
    dtype = given[-1].dtype
    integers, images = types.Array(types.int64, 2, "C"), types.Array(dtype, 5, "A", readonly=True)
    numbers, outputs = types.Array(types.int64, 1, "C"), types.Array(dtype, 1, "C")
    return integers, images, images, numbers, integers, integers, outputs


correlate_by_address = by_address(correlate, argument_types)
