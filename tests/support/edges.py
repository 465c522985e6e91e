"""Rows of tables of calls of old functions: a function, its arguments, what it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Row = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any]


def row(f: Callable[..., Any], *arguments: Any, gives: Any, **keywords: Any) -> Row:
    """Return a row, written as the call."""
    return f, arguments, keywords, gives


def name(of: Any) -> str:
    """Return the name of a function or class, nothing for anything else."""
    return getattr(of, "__name__", "")


def named(entry: Row) -> str:
    """Return what a row is called in reports."""
    return name(entry[0]) or type(entry[0]).__name__


def check(entry: Row) -> None:
    """Assert that a call gives what its row says: values, shape and dtype, or plain numbers."""
    f, arguments, keywords, wanted = entry
    result = f(*arguments, **keywords)
    if isinstance(wanted, tuple | list):
        assert result == wanted
        return
    got = result if isinstance(result, np.ndarray) else result.eval(mode="FAST_COMPILE")
    np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-12)
    assert (got.shape, got.dtype) == (np.shape(wanted), wanted.dtype)


def check_error(
    f: Callable[..., Any], arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    """Assert that a call, or the graph that it returns, raises an error with these words."""
    with pytest.raises(error, match=words):
        f(*arguments).eval(mode="FAST_COMPILE")
