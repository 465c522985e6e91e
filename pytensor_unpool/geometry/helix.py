"""Convolution of arrays wound up to strips: Claerbout's helix.

Rows of an array, laid one behind the other with zeros between them, are one long strip. Neighbours
on any axis are the same number of elements apart everywhere on it: a convolution of arrays is a
convolution of strips. Only as many zeros are needed as the kernel reaches over the end of a row: it
finds there the zeros in front of the next one. A strip that is a ring, as Fourier transforms see
it, closes with the same zeros.

The whole convolution of x and kernel has at i the sum of ``x[j] kernel[l]`` with ``j + l = i``. A
window of it begins at `start` and has `outputs` elements; beyond its ends it is zero.

J. Claerbout, "Multidimensional recursive filters via a helix", Geophysics 63 (1998); M. Naghizadeh
and M. D. Sacchi, "Multidimensional convolution via a 1D convolution algorithm", The Leading Edge 28
(2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from pytensor_unpool.errors import (
    EMPTY_HELIX,
    KERNEL_NOT_INSIDE,
    WRONG_BATCH,
    LengthError,
)

# An int, or a symbolic integer of which only the arithmetic is used.
Integer = Any

MODES = ("full", "same", "valid")
METHODS = ("auto", "direct", "fft")

# Strips grow by one axis more while they stay in the nearest cache.
LONGEST_STRIP = 8192

# Products of elements that take as long as one step of a transform, and as calling transforms.
PRODUCTS_OF_STEP, PRODUCTS_OF_CALL = 15, 2_000_000


def window_start(mode: str, length: Integer, taps: Integer) -> Integer:
    """Return where the window that a mode stands for begins on an axis.

    "same" is centred as in SciPy: of an even number of taps, the one before the middle is.

    >>> [window_start(mode, 7, 4) for mode in MODES]
    [0, 1, 3]
    """
    if mode == "full":
        return length * 0
    if mode == "same":
        return (taps - 1) // 2
    return shorter(length, taps) - 1


def window_length(mode: str, length: Integer, taps: Integer) -> Integer:
    """Return how long the window that a mode stands for is on an axis.

    >>> [window_length(mode, 7, 4) for mode in MODES]
    [10, 7, 4]
    """
    if mode == "full":
        return length + taps - 1
    if mode == "same":
        return length
    return length + taps - 2 * shorter(length, taps) + 1


def shorter(one: Integer, other: Integer) -> Integer:
    """Return the lesser length."""
    return one * (one < other) + other * (one >= other)


def nearest_start(start: Integer, length: Integer, taps: Integer, outputs: Integer) -> Integer:
    """Return where a window with the same elements begins, beside the convolution at the farthest.

    A window before it or behind it holds zeros, wherever it is; numbers of elements stay small.

    >>> [nearest_start(start, 7, 4, 5) for start in (-(2**62), 3, 2**62)]
    [-5, 3, 10]
    """
    first, last = -outputs, length + taps - 1
    start = start * (start >= first) + first * (start < first)
    return start * (start <= last) + last * (start > last)


def row_length(length: Integer, taps: Integer, start: Integer, outputs: Integer) -> Integer:
    """Return how far apart the rows of a strip are, or how long a ring is.

    >>> [row_length(7, 4, window_start(m, 7, 4), window_length(m, 7, 4)) for m in MODES]
    [10, 9, 7]
    """
    before, after = taps - 1 - start, outputs + start - length
    gap = before * (before >= after) + after * (before < after)
    row = length + gap * (gap > 0)
    row = row * (row >= outputs) + outputs * (row < outputs)
    return row * (row >= taps) + taps * (row < taps)


def prefers_direct(
    items: Integer, elements: Integer, taps: Integer, outputs: Integer, ring: Integer
) -> bool:
    """Return whether sums of products are likely to be quicker than transforms.

    `elements`, `taps`, `outputs` and `ring` are numbers of elements, of one of so many items: of x,
    of the kernel, of the window, and of all rings together. Every product has a factor of each of
    the first two, and a sum in the third: their number is at most the product of the lesser two.

    >>> prefers_direct(1, 1000, 3, 1002, 1002), prefers_direct(1, 10**6, 10**5, 10**6, 10**6)
    (True, False)
    """
    most = elements * (elements >= taps) + taps * (elements < taps)
    most = most * (most >= outputs) + outputs * (most < outputs)
    # In floating point, where no product is too large.
    products = 1.0 * elements * taps * outputs / (most + (most == 0))
    digits, rest = 1, ring
    while rest > 1:
        digits, rest = digits + 1, rest // 2
    transforms = 1.0 * items * ring * digits * PRODUCTS_OF_STEP + PRODUCTS_OF_CALL
    is_quicker: bool = items * products < transforms
    return is_quicker


class Overlap(NamedTuple):
    """What of x, kernel and window has a part in products, each (begin, end), on an axis."""

    x: tuple[int, int]
    kernel: tuple[int, int]
    outputs: tuple[int, int]
    start: int
    """Where the rest of the window begins in the whole convolution of the rests."""

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """What is left of x, kernel and window."""
        return self.x, self.kernel, self.outputs

    @property
    def is_empty(self) -> bool:
        """Whether there are no products."""
        return any(begin >= end for begin, end in self.ranges)

    @property
    def lengths(self) -> tuple[int, int, int]:
        """The lengths of what is left of x, kernel and window."""
        x, kernel, outputs = (end - begin for begin, end in self.ranges)
        return x, kernel, outputs


def overlap(length: int, taps: int, start: int, outputs: int) -> Overlap:
    """Return what has a part in the products of a window.

    >>> overlap(5, 100, 49, 5).lengths
    (5, 9, 5)
    """
    first, last = max(0, -start), min(outputs, length + taps - 1 - start)
    begin, end = start + first, start + last
    x = max(0, begin - taps + 1), min(length, end)
    kernel = max(0, begin - length + 1), min(taps, end)
    return Overlap(x, kernel, (first, last), begin - x[0] - kernel[0])


def wound_axes(rings: Sequence[int], longest: int = LONGEST_STRIP) -> int:
    """Return how many of the last axes to wind up, given their lengths as rings.

    Axes that are one sum of products need no ring, and are given the length 0.

    >>> wound_axes([8, 8, 8, 8, 10, 10]), wound_axes([0, 8, 10]), wound_axes([10**6])
    (4, 2, 1)
    """
    axes, strip = 1, rings[-1]
    while axes < len(rings) and 0 < rings[-axes - 1] * strip <= longest:
        strip *= rings[-axes - 1]
        axes += 1
    return axes


def row_steps(rings: Sequence[int]) -> list[int]:
    """Return how many elements of a strip neighbours on each axis are apart.

    >>> row_steps([8, 10, 10])
    [100, 10, 1]
    """
    return [prod(rings[i + 1 :]) for i in range(len(rings))]


def check_shapes(
    x: Sequence[int | None], kernel: Sequence[int | None], ndim: int, mode: str
) -> None:
    """Raise `LengthError` where shapes disagree, as far as they are known.

    The kernel has no axes but the last `ndim`, or all axes of x.
    """
    batch = len(kernel) - ndim
    for i in range(batch):
        got, wanted = kernel[i], x[i]
        if got is not None and wanted is not None and got != wanted:
            raise LengthError(WRONG_BATCH, i - len(x), got, wanted)
    is_longer = is_shorter = 0
    for i in range(-ndim, 0):
        for got in (x[i], kernel[i]):
            if got == 0:
                raise LengthError(EMPTY_HELIX, i, 0, 1)
        length, taps = x[i], kernel[i]
        if mode != "valid" or length is None or taps is None:
            continue
        is_longer += taps > length
        is_shorter += taps < length
        if is_longer and is_shorter:
            raise LengthError(KERNEL_NOT_INSIDE, i, taps, length)
