"""Adaptive windows: an axis of n elements divided into m windows of nearly equal length.

Window i covers the elements ``floor(i * n / m)`` up to, but not including,
``ceil((i + 1) * n / m)``. With ``n = m * q + r`` these are ``i * q + floor(i * r / m)`` and
``(i + 1) * q + ceil((i + 1) * r / m)``, where no product is larger than n or m * m. Windows have
q elements if r is 0. Otherwise they have q + 1, or q + 2 if they share an element with a neighbour
at both ends.

The functions accept ints, arrays of window indices and symbolic integers alike.
"""

from __future__ import annotations

from pytensor_unpool.errors import LARGEST_NUMBER, ShapeError
from pytensor_unpool.geometry.windows import Integer


def adaptive_start(number: Integer, length: Integer, count: Integer) -> Integer:
    """Return the first element of window `number` of `count` on an axis of `length` elements.

    >>> [adaptive_start(number, 7, 3) for number in range(3)]
    [0, 2, 4]
    """
    return number * (length // count) + number * (length % count) // count


def adaptive_end(number: Integer, length: Integer, count: Integer) -> Integer:
    """Return the element after the last one of window `number`.

    >>> [adaptive_end(number, 7, 3) for number in range(3)]
    [3, 5, 7]
    """
    following = number + 1
    return following * (length // count) - (-following * (length % count) // count)


def longest_adaptive_window(length: Integer, count: Integer) -> Integer:
    """Return the number of elements of the longest window.

    >>> longest_adaptive_window(6, 3), longest_adaptive_window(7, 3), longest_adaptive_window(8, 3)
    (2, 3, 4)
    """
    rest = length % count
    # Some window starts (m - g) / m after an element, where g is the greatest common divisor of r
    # and m. That plus r / m passes the next element, unless r equals g and so divides m. Symbolic
    # integers have no min and max, hence the products with comparisons.
    return length // count + (rest > 0) * (1 + (count % (rest + (rest < 1)) > 0))


def has_equal_windows(length: Integer, count: Integer) -> bool:
    """Return whether all windows are known to have the same number of elements.

    >>> has_equal_windows(6, 3), has_equal_windows(7, 3), has_equal_windows(2, 4)
    (True, True, True)
    >>> has_equal_windows(8, 3), has_equal_windows(None, 3)
    (False, False)
    """
    if not (isinstance(length, int) and isinstance(count, int)):
        return False
    rest = length % count
    return rest == 0 or count % rest == 0


def check_adaptive(lengths: tuple[Integer, ...], counts: tuple[Integer, ...]) -> None:
    """Raise `ShapeError` for an empty axis, or for no windows or too many.

    Only ints are checked.
    """
    for i, (length, count) in enumerate(zip(lengths, counts, strict=True)):
        axis = i - len(lengths)
        if isinstance(length, int) and length < 1:
            raise ShapeError(
                f"x must have elements to pool: axis {axis} is empty. Only leading axes may have "
                f"length 0.",
                got=length,
                wanted="at least 1",
            )
        if isinstance(count, int) and not 1 <= count <= LARGEST_NUMBER:
            raise ShapeError(
                f"lengths must be at least 1, and at most {LARGEST_NUMBER}: got {count} for axis "
                f"{axis}. Pass the length that the axis should have after pooling, or None to keep "
                f"its own.",
                got=count,
                wanted=f"1 <= length <= {LARGEST_NUMBER}",
            )
