"""N-D convolution as 1-D convolution of strips: Claerbout's helix.

The rows of an array, placed one after another with zeros between them, form one long strip.
Neighbours along an axis are the same distance apart everywhere on the strip, so an N-D convolution
of arrays is a 1-D convolution of strips. The gap must be as long as the kernel reaches beyond the
end of a row: it then reads the zeros in front of the next row. On a ring, which is how a Fourier
transform sees a strip, the same zeros separate the end from the start.

Element i of the full convolution of x and kernel is the sum of ``x[j] kernel[l]`` with
``j + l = i``. A window of it begins at `start` and has `outputs` elements. Beyond its ends the
convolution is zero.

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

# An int, or a symbolic integer. Only its arithmetic is used.
Integer = Any

MODES = ("full", "same", "valid")
METHODS = ("auto", "direct", "fft")

# Another axis is added to a strip as long as the strip stays in the L1 cache.
LONGEST_STRIP = 8192

# The number of multiplications that take as long as one step of a transform, and as the overhead
# of calling the transforms.
PRODUCTS_OF_STEP, PRODUCTS_OF_CALL = 15, 2_000_000


def window_start(mode: str, length: Integer, taps: Integer) -> Integer:
    """Return where the window of a mode begins on an axis.

    "same" is centred as in SciPy: an even number of taps is centred on the one before the middle.

    >>> [window_start(mode, 7, 4) for mode in MODES]
    [0, 1, 3]
    """
    if mode == "full":
        return length * 0
    if mode == "same":
        return (taps - 1) // 2
    return shorter(length, taps) - 1


def window_length(mode: str, length: Integer, taps: Integer) -> Integer:
    """Return the length of the window of a mode on an axis.

    >>> [window_length(mode, 7, 4) for mode in MODES]
    [10, 7, 4]
    """
    if mode == "full":
        return length + taps - 1
    if mode == "same":
        return length
    return length + taps - 2 * shorter(length, taps) + 1


def shorter(one: Integer, other: Integer) -> Integer:
    """Return the smaller length, by arithmetic: symbolic integers have no min."""
    return one * (one < other) + other * (one >= other)


def nearest_start(start: Integer, length: Integer, taps: Integer, outputs: Integer) -> Integer:
    """Return the start of a window with the same elements that at least touches the convolution.

    A window before or after the convolution holds zeros wherever it is. Clipping keeps the
    arithmetic from overflowing.

    >>> [nearest_start(start, 7, 4, 5) for start in (-(2**62), 3, 2**62)]
    [-5, 3, 10]
    """
    first, last = -outputs, length + taps - 1
    start = start * (start >= first) + first * (start < first)
    return start * (start <= last) + last * (start > last)


def row_length(length: Integer, taps: Integer, start: Integer, outputs: Integer) -> Integer:
    """Return the distance between the rows of a strip, or the length of a ring.

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
    """Return whether direct convolution is likely to be faster than transforms.

    `elements`, `taps`, `outputs` and `ring` are numbers of elements per item: of x, of the kernel,
    of the window, and of all rings together. A product is determined by any two of its element of
    x, its tap and its output, so there are at most as many as the smaller two multiplied.

    >>> prefers_direct(1, 1000, 3, 1002, 1002), prefers_direct(1, 10**6, 10**5, 10**6, 10**6)
    (True, False)
    """
    most = elements * (elements >= taps) + taps * (elements < taps)
    most = most * (most >= outputs) + outputs * (most < outputs)
    # In floating point, so that the product cannot overflow.
    products = 1.0 * elements * taps * outputs / (most + (most == 0))
    digits, rest = 1, ring
    while rest > 1:
        digits, rest = digits + 1, rest // 2
    transforms = 1.0 * items * ring * digits * PRODUCTS_OF_STEP + PRODUCTS_OF_CALL
    is_quicker: bool = items * products < transforms
    return is_quicker


class Overlap(NamedTuple):
    """The parts of x, kernel and window that contribute, as (begin, end) on one axis."""

    x: tuple[int, int]
    kernel: tuple[int, int]
    outputs: tuple[int, int]
    start: int
    """Where that part of the window begins in the full convolution of those parts."""

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The ranges of x, kernel and window."""
        return self.x, self.kernel, self.outputs

    @property
    def is_empty(self) -> bool:
        """Whether there are no products."""
        return any(begin >= end for begin, end in self.ranges)

    @property
    def lengths(self) -> tuple[int, int, int]:
        """The lengths of the ranges of x, kernel and window."""
        x, kernel, outputs = (end - begin for begin, end in self.ranges)
        return x, kernel, outputs


def overlap(length: int, taps: int, start: int, outputs: int) -> Overlap:
    """Return the parts of x, kernel and window that contribute to a window.

    >>> overlap(5, 100, 49, 5).lengths
    (5, 9, 5)
    """
    first, last = max(0, -start), min(outputs, length + taps - 1 - start)
    begin, end = start + first, start + last
    x = max(0, begin - taps + 1), min(length, end)
    kernel = max(0, begin - length + 1), min(taps, end)
    return Overlap(x, kernel, (first, last), begin - x[0] - kernel[0])


def wound_axes(rings: Sequence[int], longest: int = LONGEST_STRIP) -> int:
    """Return how many of the last axes to wind into a strip, given their lengths as rings.

    Axes that are reduced to a single sum of products need no ring, and have length 0.

    >>> wound_axes([8, 8, 8, 8, 10, 10]), wound_axes([0, 8, 10]), wound_axes([10**6])
    (4, 2, 1)
    """
    axes, strip = 1, rings[-1]
    while axes < len(rings) and 0 < rings[-axes - 1] * strip <= longest:
        strip *= rings[-axes - 1]
        axes += 1
    return axes


def row_steps(rings: Sequence[int]) -> list[int]:
    """Return the distance on a strip between neighbours along each axis.

    >>> row_steps([8, 10, 10])
    [100, 10, 1]
    """
    return [prod(rings[i + 1 :]) for i in range(len(rings))]


def check_shapes(
    x: Sequence[int | None], kernel: Sequence[int | None], ndim: int, mode: str
) -> None:
    """Raise `LengthError` where shapes disagree, as far as they are known.

    The kernel has the last `ndim` axes alone, or all axes of x.
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
