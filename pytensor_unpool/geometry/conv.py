"""Convolution: where the taps of a kernel lie, and how many outputs there are.

A tap is an element of the kernel. On an axis, tap k of output i lies at
``i * stride - before + k * dilation`` in coordinates of the unpadded image. Taps outside the image
read zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pytensor_unpool.errors import (
    BAD_NUMBER,
    CHANNELS_DISAGREE,
    GROUPS_DO_NOT_DIVIDE,
    KERNEL_TOO_LONG,
    LARGEST_NUMBER,
    OUTPUT_DISAGREES,
    LengthError,
)
from pytensor_unpool.geometry.windows import shown, shown_pads

# An int, or a symbolic integer. Only its arithmetic is used.
Integer = Any

# Named paddings.
PADS = ("valid", "same", "half", "full")

BATCH_AND_CHANNELS = 2
MOST_SPATIAL_AXES = 3


class Steps(NamedTuple):
    """The parameters of a convolution on one axis: ints, or symbolic integers in graphs."""

    stride: Integer
    before: Integer
    after: Integer
    dilation: Integer


def count_outputs(
    length: Integer,
    kernel: Integer,
    stride: Integer,
    before: Integer,
    after: Integer,
    dilation: Integer,
) -> Integer:
    """Return the number of outputs of a kernel of length `kernel` on an axis of `length` elements.

    >>> count_outputs(7, 3, 2, 1, 1, 1)
    4
    """
    return (length + before + after - (kernel - 1) * dilation - 1) // stride + 1


@dataclass(frozen=True)
class Convolution:
    """The parameters of a convolution, one entry for each spatial axis.

    `None` stands for a parameter that is only known at run time. All parameters are then read at
    run time, from an integer matrix with the fields of `Steps` in each row. With `flip` the kernel
    is reversed along all spatial axes: a true convolution instead of a correlation.
    """

    stride: tuple[int | None, ...]
    before: tuple[int | None, ...]
    after: tuple[int | None, ...]
    dilation: tuple[int | None, ...]
    groups: int = 1
    flip: bool = False

    @property
    def ndim(self) -> int:
        """Number of spatial axes."""
        return len(self.stride)

    @property
    def is_static(self) -> bool:
        """Whether all parameters are known when the graph is built."""
        return not any(number is None for axis in self.axes() for number in axis)

    def axes(self) -> list[Steps]:
        """Return the steps of each spatial axis."""
        fields = (self.stride, self.before, self.after, self.dilation)
        return [Steps(*axis) for axis in zip(*fields, strict=True)]

    def __str__(self) -> str:
        parts = [f"{self.ndim}-D"]
        if any(s != 1 for s in self.stride):
            parts.append("stride " + shown(self.stride))
        if any(self.before) or any(self.after):
            parts.append("pad " + shown_pads(self.before, self.after))
        if any(d != 1 for d in self.dilation):
            parts.append("dilation " + shown(self.dilation))
        if self.groups != 1:
            parts.append(f"{self.groups} groups")
        if self.flip:
            parts.append("flipped")
        return ", ".join(parts)


def output_lengths(
    lengths: Sequence[Integer], kernel: Sequence[Integer], axes: Sequence[Steps]
) -> list[Integer]:
    """Return the lengths of the output's spatial axes, None where anything they need is None."""
    return [
        None
        if any(n is None for n in (length, taps, *step))
        else count_outputs(length, taps, *step)
        for length, taps, step in zip(lengths, kernel, axes, strict=True)
    ]


def padding(word: str, length: Integer, span: Integer, stride: Integer) -> tuple[Integer, Integer]:
    """Return the padding before and after an axis for a named padding.

    "half" and "full" are Theano's names. "same" gives ``ceil(length / stride)`` outputs, as in
    TensorFlow and JAX: an odd element of padding goes to the end.

    >>> [padding(word, 7, 4, 1) for word in PADS]
    [(0, 0), (1, 2), (2, 2), (3, 3)]
    """
    if word == "half":
        return span // 2, span // 2
    if word == "full":
        return span - 1, span - 1
    if word == "valid":
        return 0, 0
    missing = (-(-length // stride) - 1) * stride + span - length
    missing = missing * (missing > 0)
    return missing // 2, missing - missing // 2


def check_steps(axes: Sequence[Steps]) -> None:
    """Raise `LengthError` for the first axis whose parameters are out of range."""
    for i, steps in enumerate(axes):
        for kind, number in enumerate(steps):
            least = 1 if kind in (0, 3) else 0
            if number is not None and not least <= number <= LARGEST_NUMBER:
                raise LengthError(BAD_NUMBER + kind, i - len(axes), number, least)


def check_shapes(
    x: Sequence[int | None],
    kernel: Sequence[int | None],
    axes: Sequence[Steps],
    groups: int,
    output: Sequence[int | None] | None = None,
) -> None:
    """Raise `LengthError` where full shapes disagree, as far as they are known.

    The shapes are (batch, channels, *spatial), (out_channels, channels / groups, *spatial) and that
    of the output.
    """
    check_steps(axes)
    channels, taken, out_channels = x[1], kernel[1], kernel[0]
    if channels is not None and taken is not None and channels != taken * groups:
        raise LengthError(CHANNELS_DISAGREE, 1, taken * groups, channels)
    if out_channels is not None and out_channels % groups:
        raise LengthError(GROUPS_DO_NOT_DIVIDE, 0, out_channels, groups)
    for i, (length, taps, steps) in enumerate(zip(x[2:], kernel[2:], axes, strict=True)):
        if length is None or taps is None or any(n is None for n in steps):
            continue
        _, before, after, dilation = steps
        span, padded = (taps - 1) * dilation + 1, length + before + after
        if taps < 1 or length < 1 or span > padded:
            raise LengthError(KERNEL_TOO_LONG, i - len(axes), span if taps > 0 else 0, padded)
    if output is None:
        return
    wanted = (x[0], out_channels, *output_lengths(x[2:], kernel[2:], axes))
    for axis, (got, count) in enumerate(zip(output, wanted, strict=True)):
        if got is not None and count is not None and got != count:
            raise LengthError(OUTPUT_DISAGREES, axis - len(wanted), got, count)
