"""Upsampling: how long the result is, and where between the elements it lies.

With a ratio of p / q, element i of the result lies at ``(i * q - offset(p)) / p`` on the axis, and
the axis goes on with its first and its last element beyond its ends.
"""

from __future__ import annotations

from pytensor_unpool.geometry.windows import Integer


def upsampled_length(length: Integer, p: int, q: int) -> Integer:
    """Return the number of elements that an axis of `length` gets with the ratio p / q.

    >>> upsampled_length(3, 2, 1), upsampled_length(3, 3, 2)
    (6, 5)
    """
    # Symbolic lengths show that they are multiples.
    return length * p if q == 1 else (length * p + q - 1) // q


def offset(p: int) -> int:
    """Return how many elements, of p for each one, come before the first one itself.

    >>> [offset(p) for p in (1, 2, 3, 4, 5)]
    [0, 0, 1, 1, 2]
    """
    return (p - 1) // 2
