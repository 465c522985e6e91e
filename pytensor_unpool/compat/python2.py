"""Behaviour of Python 2 that Python 3 lacks, for migrated code."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

__all__ = ["old_div"]


def old_div(a: Any, b: Any) -> Any:
    """Divide as in Python 2: floor division of integers, otherwise true division.

    Parameters
    ----------
    a, b : number, array or tensor

    Returns
    -------
    quotient : number, array or tensor
        ``a // b`` if both are of an integer type, else ``a / b``.

    Examples
    --------
    >>> old_div(7, 2), old_div(-7, 2), old_div(7.0, 2)
    (3, -4, 3.5)
    """
    return a // b if _is_integer(a) and _is_integer(b) else a / b


def _is_integer(value: Any) -> bool:
    if isinstance(value, Integral):
        return True
    dtype = getattr(value, "dtype", None)
    return dtype is not None and np.dtype(dtype).kind in "iub"
