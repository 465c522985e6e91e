"""Upsampling: the length of the result, and the coordinates of its elements.

With a ratio of p / q, element i of the result lies at ``(i * q - offset(p)) / p`` on the axis.
Beyond its ends, the axis is extended with its first and its last element.
"""

from __future__ import annotations

from pytensor_unpool.geometry.windows import Integer


def upsampled_length(length: Integer, p: int, q: int) -> Integer:
    """Return the number of elements of an axis of `length` after upsampling by p / q.

    >>> upsampled_length(3, 2, 1), upsampled_length(3, 3, 2)
    (6, 5)
    """
    # Without the division, a symbolic length is visibly a multiple of p.
    return length * p if q == 1 else (length * p + q - 1) // q


def offset(p: int) -> int:
    """Return how many of the p elements made from the first one come before it.

    >>> [offset(p) for p in (1, 2, 3, 4, 5)]
    [0, 0, 1, 1, 2]
    """
    return (p - 1) // 2
