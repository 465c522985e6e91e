"""Upsampling: how long the result is, and where between the elements it lies.

With a ratio of p / q, element i of the result lies at ``(i * q - offset(p)) / p`` on the axis, and
the axis goes on with its first and its last element beyond its ends.
"""

from __future__ import annotations

from pytensor_unpool.geometry.pool import Integer


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


def neighbour_parts(p: int) -> list[list[int]]:
    """Return what each of the p new elements takes, in p-ths, of the old one and its neighbours.

    The rows are the one before, the old one itself, the one after.

    >>> neighbour_parts(3)
    [[1, 0, 0], [2, 3, 2], [0, 0, 1]]
    """
    rows = [[0] * p for _ in range(3)]
    for i in range(p):
        old, part = divmod(i - offset(p), p)
        rows[1 + old][i] += p - part
        if part:
            rows[2 + old][i] += part
    return rows
