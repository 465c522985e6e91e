"""Numbers of taps of windows, including taps outside the array."""

from __future__ import annotations

from collections.abc import Sequence

from pytensor_unpool.errors import TOO_MANY_TAPS, LengthError
from pytensor_unpool.geometry.max_unpool import MOST_ELEMENTS
from pytensor_unpool.geometry.windows import AxisWindows, Integer


def count_taps(windows: Sequence[Integer]) -> Integer:
    """Return the number of taps of windows with these lengths, one for each axis.

    >>> count_taps((3, 2))
    6
    """
    taps = 1
    for window in windows:
        taps *= window
    return taps


def check_taps(axes: Sequence[AxisWindows]) -> None:
    """Raise `LengthError` if the windows have more taps than an array has elements."""
    taps = 1
    for i, axis in enumerate(axes):
        taps *= axis.window
        if taps > MOST_ELEMENTS:
            raise LengthError(TOO_MANY_TAPS, i - len(axes), axis.window)
