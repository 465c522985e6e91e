"""Copies of images for convolutions, in Numba: with their padding, a part for each phase.

All arrays have three spatial axes here. Their numbers come in tables of integers, a row for each
axis: see `LENGTH` and `START`.
"""

from __future__ import annotations

import numpy as np

from pytensor_unpool.kernels.numba.channel_layout import memory_row
from pytensor_unpool.kernels.numba.intermediate import inner
from pytensor_unpool.kernels.numba.tiles import MOST_VECTORS, VECTOR_BYTES

# Columns of a table of the convolution: of the image, the kernel and the output.
LENGTH, TAPS, OUTPUTS, STRIDE, BEFORE, DILATION = range(6)

# Columns of a table of a copy. Element j of phase b is the image's at START + b * PHASE_STEP % STEP
# + j * STEP, or zero; each of the PHASES has SIZE elements.
START, STEP, PHASE_STEP, PHASES, SIZE = range(5)

# Columns of a table of taps: the index in the kernel, the phase that is read, how far behind.
WEIGHT, PHASE, SHIFT = 0, 3, 6


@inner
def plane_of(copy):  # type: ignore[no-untyped-def]
    """Return how many elements a phase of a copy has."""
    return copy[0, SIZE] * copy[1, SIZE] * copy[2, SIZE]


@inner
def phases_of(copy):  # type: ignore[no-untyped-def]
    """Return how many phases a copy has."""
    return copy[0, PHASES] * copy[1, PHASES] * copy[2, PHASES]


@inner
def columns_of(copy, counts):  # type: ignore[no-untyped-def]
    """Return how many elements of a copy lie from the first output to the last."""
    lines = (counts[0] - 1) * copy[1, SIZE] + counts[1]
    return (lines - 1) * copy[2, SIZE] + counts[2]


@inner
def tap_offset(copy, images, tap):  # type: ignore[no-untyped-def]
    """Return how far from the first element of its channel a tap of output 0 reads."""
    phase = shift = 0
    for i in range(3):
        phase = phase * copy[i, PHASES] + tap[PHASE + i]
        shift = shift * copy[i, SIZE] + tap[SHIFT + i]
    return phase * images * plane_of(copy) + shift


@inner
def phase_start(copy, axis, phase):  # type: ignore[no-untyped-def]
    """Return which element of the image is element 0 of a phase."""
    return copy[axis, START] + phase * copy[axis, PHASE_STEP] % copy[axis, STEP]


@inner
def shared_zeros(copy, length, outputs):  # type: ignore[no-untyped-def]
    """Return how many elements at the end of each row of a copy can be left out.

    They are zeros, and the next row, of whatever phase or channel, begins with as many: so the
    padding between two rows serves both. Rows have to be longer than the outputs read by one tap.
    """
    size, stride = copy[2, SIZE], copy[2, STEP]
    shared = size - outputs
    for phase in range(copy[2, PHASES]):
        first = phase_start(copy, 2, phase)
        shared = min(shared, max(0, -(first // stride)))
        shared = min(shared, max(0, size + (first - length) // stride))
    return max(0, shared)


@inner
def slack_of(copy, itemsize):  # type: ignore[no-untyped-def]
    """Return what may be read behind the last channel: an end that is left out, and a tile."""
    return MOST_VECTORS * (VECTOR_BYTES // itemsize) + copy[2, SIZE]


@inner
def copy_line(x, offset, first, stride, low, high, size, to, at):  # type: ignore[no-untyped-def]
    """Write a line of the copy from element `at` on: elements from `low` to `high`, else zeros.

    The line of the image is `offset` bytes behind its first element, and element 0 of the copy is
    its number `first`.
    """
    for i in range(low):
        to[np.uint64(at + i)] = 0
    step = x.strides[4] * stride
    begin = offset + first * x.strides[4] + low * step
    if step == x.itemsize:
        line = memory_row(x, begin, high - low)
        for i in range(high - low):
            to[np.uint64(at + low + i)] = line[np.uint64(i)]
    elif step > 0 and step % x.itemsize == 0:
        elements = step // x.itemsize
        line = memory_row(x, begin, (high - low - 1) * elements + 1)
        for i in range(high - low):
            to[np.uint64(at + low + i)] = line[np.uint64(i * elements)]
    else:
        for i in range(high - low):
            to[np.uint64(at + low + i)] = memory_row(x, begin + i * step, 1)[0]
    for i in range(high, size):
        to[np.uint64(at + i)] = 0


@inner
def copy_image(copy, images, x, n, channel, channels, number, step, to):  # type: ignore[no-untyped-def]
    """Copy channels of image `n` to be image `number` of so many; channels are `step` apart."""
    depth, height, width = x.shape[2], x.shape[3], x.shape[4]
    size_z, size_y, size_x = copy[0, SIZE], copy[1, SIZE], copy[2, SIZE]
    phases_y, phases_x, stride = copy[1, PHASES], copy[2, PHASES], copy[2, STEP]
    for i in range(channels):
        for phase in range(phases_of(copy)):
            z = phase_start(copy, 0, phase // (phases_y * phases_x))
            y = phase_start(copy, 1, phase // phases_x % phases_y)
            first = phase_start(copy, 2, phase % phases_x)
            low = min(size_x, max(0, -(first // stride)))
            high = max(low, min(size_x, -((first - width) // stride)))
            at = i * step + (phase * images + number) * size_z * size_y * size_x
            for j in range(size_z * size_y):
                at_z, at_y = z + j // size_y * copy[0, STEP], y + j % size_y * copy[1, STEP]
                if 0 <= at_z < depth and 0 <= at_y < height:
                    offset = n * x.strides[0] + (channel + i) * x.strides[1]
                    offset += at_z * x.strides[2] + at_y * x.strides[3]
                    copy_line(x, offset, first, stride, low, high, size_x, to, at)
                else:
                    copy_line(x, 0, first, stride, 0, 0, size_x, to, at)
                at += size_x


@inner
def can_stay(copy, x, counts):  # type: ignore[no-untyped-def]
    """Return whether images can be read where they are: no padding, no phases, no gaps."""
    step = x.itemsize
    if x.strides[0] % step != 0 or x.strides[1] % step != 0:
        return False
    for i in range(2, -1, -1):
        if copy[i, STEP] != 1 or copy[i, START] != 0 or copy[i, SIZE] != x.shape[2 + i]:
            return False
        if x.shape[2 + i] != 1 and x.strides[2 + i] != step:
            return False
        step *= x.shape[2 + i]
    widest = MOST_VECTORS * (VECTOR_BYTES // x.itemsize)
    return columns_of(copy, counts) >= widest
