"""Windows: where they start, which of their taps lie inside the axis, how many there are.

A window on an axis has `window` elements ("taps") that are `dilation` apart, so it spans
``(window - 1) * dilation + 1`` elements of the padded axis. Window i starts at
``i * stride - before`` in coordinates of the unpadded axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from operator import index
from typing import Any, NamedTuple

from pytensor_unpool.errors import (
    LARGEST_NUMBER,
    ArgumentError,
    DTypeError,
    ShapeError,
    WindowError,
)

# An int, or a symbolic integer. Only its arithmetic is used.
Integer = Any

# With more taps, compilation is slow and the loop body needs more registers than there are.
MOST_UNROLLED_AXES, MOST_UNROLLED_TAPS, MOST_UNROLLED_STEPS = 3, 32, 64

# The dtype of taps, which replace positions: the index in C order of the maximum in its window.
TAPS_DTYPE, MOST_TAP_STEPS = "uint8", 8

# Stands in for a length that is not known yet.
LONG_ENOUGH = 2**64


class AxisWindows(NamedTuple):
    """The windows of one axis.

    In C and Numba this is a record of integers, in graphs one of symbolic integers. A matrix of
    parameters that are known at run time only has these fields as its columns.
    """

    window: Integer
    stride: Integer
    before: Integer
    after: Integer
    dilation: Integer


def count_windows(
    length: Integer,
    window: Integer,
    stride: Integer,
    before: Integer,
    after: Integer,
    dilation: Integer,
    partial_windows: bool,
) -> Integer:
    """Return the number of windows on an axis of `length` elements.

    With `partial_windows` a last window may extend beyond the padded axis, if it starts inside
    the axis or the padding before it (Theano's ``ignore_border=False``, PyTorch's
    ``ceil_mode=True``). An axis shorter than a window then has one window.

    >>> count_windows(5, 2, 2, 0, 0, 1, False), count_windows(5, 2, 2, 0, 0, 1, True)
    (2, 3)
    """
    room = length + before + after - (window - 1) * dilation - 1
    if not partial_windows:
        return room // stride + 1
    # Enough windows to reach the end, at least one, and none that starts beyond the axis.
    # Symbolic integers have no min and max, hence the products with comparisons.
    steps = (room > 0) * -(-room // stride)
    most_steps = (length + before - 1) // stride
    return steps + (most_steps < steps) * (most_steps - steps) + 1


def holds_windows(
    length: int,
    window: int,
    stride: int,
    before: int,
    after: int,
    dilation: int,
    partial_windows: bool,
) -> bool:
    """Return whether the windows of the axis are valid and each contains an element."""
    if window < 1 or stride < 1 or dilation < 1 or length < 1:
        return False
    if max(window, stride, dilation, before, after) > LARGEST_NUMBER:
        return False
    span = (window - 1) * dilation + 1
    if before < 0 or after < 0 or before >= span or after >= span:
        return False
    room = length + before + after - span
    if room < 0 and not partial_windows:
        return False
    # A pad below the span leaves a tap on either side of the axis' start, and those two are
    # `dilation` apart: only an axis shorter than that can fall between them. The first tap at
    # or after the start of the axis is at start % dilation.
    if length < dilation and before > 0:
        count = count_windows(length, window, stride, before, after, dilation, partial_windows)
        start = -before
        while start < 0 and start < count * stride - before:
            if start % dilation >= length:
                return False
            start += stride
    return True


def taps_between(
    number: int, window: int, stride: int, before: int, dilation: int, low: int, high: int
) -> int:
    """Return how many taps of window `number` have a coordinate in ``range(low, high)``.

    >>> [taps_between(number, 3, 2, 1, 1, 0, 4) for number in range(3)]
    [2, 3, 1]
    """
    start = number * stride - before
    first = max(0, -((start - low) // dilation))
    last = min(window - 1, (high - 1 - start) // dilation)
    return last - first + 1


@dataclass(frozen=True)
class Windows:
    """The windows of a pooling: one entry for each pooled axis, the last axes of an array.

    `None` stands for a parameter that is only known at run time. All parameters are then read at
    run time, from an integer matrix with the fields of an `AxisWindows` in each row.
    """

    window: tuple[int | None, ...]
    stride: tuple[int | None, ...]
    before: tuple[int | None, ...]
    after: tuple[int | None, ...]
    dilation: tuple[int | None, ...]
    partial_windows: bool = False

    @property
    def ndim(self) -> int:
        """Number of pooled axes."""
        return len(self.window)

    @property
    def is_static(self) -> bool:
        """Whether all parameters are known when the graph is built."""
        return not any(number is None for axis in self.axes() for number in axis)

    @property
    def can_unroll(self) -> bool:
        """Whether kernels may unroll the taps: static windows, with few taps close together."""
        return (
            self.ndim <= MOST_UNROLLED_AXES
            and self.is_static
            and prod(n or 0 for n in self.window) <= MOST_UNROLLED_TAPS
            and all(number <= MOST_UNROLLED_STEPS for axis in self.axes() for number in axis)
        )

    @property
    def overlap(self) -> bool:
        """Whether two windows may share an element. The windows must be static."""
        return any((axis.window - 1) * axis.dilation >= axis.stride for axis in self.axes())

    @property
    def are_apart(self) -> bool:
        """Whether the windows are static, start at the first element and do not interleave."""
        return (
            self.is_static
            and not any(self.before)
            and all(dilation == 1 for dilation in self.dilation)
            and not self.overlap
        )

    @property
    def has_taps(self) -> bool:
        """Whether gradients may use taps instead of positions.

        Their kernels write every window as a whole, so windows must be unrolled and must not
        overlap. Widely spaced windows would leave mostly zeros to write.
        """
        return (
            self.can_unroll
            and not self.overlap
            and all(axis.stride <= max(axis.window, MOST_TAP_STEPS) for axis in self.axes())
        )

    def axes(self) -> list[AxisWindows]:
        """Return the windows of each pooled axis."""
        fields = (self.window, self.stride, self.before, self.after, self.dilation)
        return [AxisWindows(*axis) for axis in zip(*fields, strict=True)]

    def __str__(self) -> str:
        parts = [shown(self.window)]
        if self.stride != self.window:
            parts.append("stride " + shown(self.stride))
        if any(self.before) or any(self.after):
            parts.append("pad " + shown_pads(self.before, self.after))
        if any(d != 1 for d in self.dilation):
            parts.append("dilation " + shown(self.dilation))
        if self.partial_windows:
            parts.append("partial windows")
        return ", ".join(parts)


def shown(numbers: Sequence[int | None]) -> str:
    """Return one parameter of all axes as a word, such as "2x3"."""
    return "x".join(map(_shown, numbers))


def shown_pads(before: Sequence[int | None], after: Sequence[int | None]) -> str:
    """Return the padding of all axes as a word, such as "1x0+2"."""
    pairs = zip(before, after, strict=True)
    return "x".join(_shown(b) if b == a else f"{_shown(b)}+{_shown(a)}" for b, a in pairs)


def _shown(number: int | None) -> str:
    return "?" if number is None else str(number)


def pooled_lengths(
    lengths: Sequence[Integer], axes: Sequence[AxisWindows], partial_windows: bool
) -> list[Integer]:
    """Return the number of windows on every pooled axis, None where the length is None."""
    return [
        None if length is None else count_windows(length, *axis, partial_windows)
        for length, axis in zip(lengths, axes, strict=True)
    ]


def check_number(number: int) -> None:
    """Raise `ArgumentError` for a number with which the arithmetic of windows could overflow."""
    if abs(number) > LARGEST_NUMBER:
        raise ArgumentError(
            f"window, stride, pad and dilation must be at most {LARGEST_NUMBER}: got {number}. "
            f"Pass smaller numbers.",
            got=number,
            wanted=f"at most {LARGEST_NUMBER}",
        )


def check_windows(
    lengths: Sequence[int | None], axes: Sequence[AxisWindows], partial_windows: bool
) -> None:
    """Raise `WindowError` for the first axis whose windows do not fit.

    A length of None is not known yet, and assumed to be long enough.
    """
    for i, (length, axis) in enumerate(zip(lengths, axes, strict=True)):
        known = LONG_ENOUGH if length is None else length
        if not holds_windows(known, *axis, partial_windows):
            raise WindowError(i - len(axes), known, *axis)


def lengths_of_pooled(
    lengths: Sequence[Integer], axes: Sequence[AxisWindows], partial_windows: bool
) -> list[Integer]:
    """Return the number of windows on every axis, which is 0 where the axis is empty.

    The windows of the other axes are checked as by `check_windows`.
    """
    check_windows([length or None for length in lengths], axes, partial_windows)
    counts = pooled_lengths(lengths, axes, partial_windows)
    return [length and n for length, n in zip(lengths, counts, strict=True)]


def per_axis(name: str, numbers: Any, ndim: int, axes: str = "pooled") -> tuple[Any, ...]:
    """Return one number for each axis from an int or a sequence of them.

    Symbolic integers are returned unchanged.
    """
    entries = tuple(numbers) if isinstance(numbers, (tuple, list)) else (numbers,) * ndim
    if len(entries) != ndim:
        raise ShapeError(
            f"{name} needs one number for each of the {ndim} {axes} axes: got {name}={numbers}. "
            f"Pass one int for all of them, or {ndim} ints.",
            got=len(entries),
            wanted=ndim,
        )
    return tuple(as_integer(name, entry) for entry in entries)


def pads_per_axis(
    pad: Any, ndim: int, axes: str = "pooled"
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the padding before and after every axis.

    `pad` is an int, or for each axis an int or a pair ``(before, after)``.
    """
    entries = tuple(pad) if isinstance(pad, (tuple, list)) else (pad,) * ndim
    pairs = [entry if isinstance(entry, (tuple, list)) else (entry, entry) for entry in entries]
    if len(pairs) != ndim or any(len(pair) != 2 for pair in pairs):
        raise ShapeError(
            f"pad needs an int or a pair (before, after) for each of the {ndim} {axes} axes: got "
            f"pad={pad}. Pass one int for all of them, or {ndim} ints or pairs.",
            got=pad,
            wanted=ndim,
        )
    before, after = zip(*pairs, strict=True) if pairs else ((), ())
    return (
        tuple(as_integer("pad", number) for number in before),
        tuple(as_integer("pad", number) for number in after),
    )


def as_integer(name: str, number: Any) -> Any:
    """Return any integer as a Python int. Symbolic integers are returned unchanged."""
    if isinstance(number, bool):
        raise DTypeError(
            f"{name} must be integer: got {number!r}. Pass an int, or one int for each axis.",
            got=number,
            wanted="int",
        )
    if hasattr(number, "owner"):
        return number
    try:
        return index(number)
    except TypeError:
        raise DTypeError(
            f"{name} must be integer: got {number!r}. Pass an int, or one int for each axis.",
            got=number,
            wanted="int",
        ) from None


def choice(name: str, word: Any, words: Sequence[str]) -> str:
    """Return `word` if it is one of `words`."""
    if word not in words:
        wanted = " or ".join(repr(w) for w in words)
        raise ArgumentError(f"{name} must be {wanted}: got {word!r}.", got=word, wanted=words)
    return str(word)
