"""Names of `theano.gof.utils`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["hashtype", "remove", "unique"]

__getattr__, __dir__ = fall_back(__name__)


def hashtype(self: Any) -> int:
    """Return the hash of an object's class, by its name and module."""
    kind = type(self)
    return hash(kind.__name__) ^ hash(kind.__module__)


def unique(x: Iterable[Any]) -> bool:
    """Return whether no two are the same object."""
    x = list(x)
    return len({id(entry) for entry in x}) == len(x)


def remove(predicate: Callable[[Any], bool], coll: Iterable[Any]) -> Iterable[Any]:
    """Return the items for which `predicate` is false."""
    return (entry for entry in coll if not predicate(entry))
