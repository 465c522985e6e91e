"""Lengths of un-pooled axes."""

from __future__ import annotations

from collections.abc import Sequence

from pytensor_unpool.errors import NEGATIVE_LENGTH, TOO_MANY_ELEMENTS, LengthError

# The largest number of elements that an array index can address.
MOST_ELEMENTS = 2**63 - 1


def check_unpooled(lengths: Sequence[int | None]) -> None:
    """Raise `LengthError` for a negative length, or if the product of the lengths overflows.

    None stands for a length that is not known yet.
    """
    size = 1
    for i, length in enumerate(lengths):
        axis = i - len(lengths)
        if length is None:
            continue
        if length < 0:
            raise LengthError(NEGATIVE_LENGTH, axis, length)
        size *= max(1, length)
        if size > MOST_ELEMENTS:
            raise LengthError(TOO_MANY_ELEMENTS, axis, length)


def plane_size(lengths: Sequence[int]) -> int:
    """Return the number of elements of one leading item.

    >>> plane_size((4, 6))
    24
    """
    size = 1
    for length in lengths:
        size *= length
    return size
