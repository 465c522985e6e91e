"""Names of `theano.compat`: what differed between Python 2 and 3, as it is in Python 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["PY3", "b", "cmp", "decode_with", "exc_message", "get_unbound_function"]

__getattr__, __dir__ = fall_back(__name__)

PY3 = True


def b(s: str) -> bytes:
    """Return text as bytes."""
    return s.encode("utf-8")


def cmp(x: Any, y: Any) -> int:
    """Return -1, 0 or 1: how `x` compares with `y`."""
    return int(x > y) - int(x < y)


def decode_with(x: bytes, encoding: str) -> str:
    """Return bytes as text."""
    return x.decode(encoding)


def exc_message(e: BaseException) -> Any:
    """Return what an exception was raised with: one value, or a tuple of them."""
    return e.args[0] if len(e.args) == 1 else e.args


def get_unbound_function(unbound: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function behind a method of a class: in Python 3, they are the same."""
    return unbound
