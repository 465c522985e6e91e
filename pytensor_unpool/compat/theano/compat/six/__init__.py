"""Names of `theano.compat.six`: the library `six`, as far as it has a use in Python 3."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compat import b, get_unbound_function

__all__ = [
    "MAXSIZE",
    "PY2",
    "PY3",
    "add_metaclass",
    "b",
    "class_types",
    "get_function_code",
    "get_function_defaults",
    "get_method_function",
    "get_method_self",
    "get_unbound_function",
    "integer_types",
    "iteritems",
    "iterkeys",
    "itervalues",
    "reraise",
    "string_types",
    "u",
    "with_metaclass",
]

__getattr__, __dir__ = fall_back(__name__)

PY2, PY3, MAXSIZE = False, True, sys.maxsize
string_types, integer_types, class_types = (str,), (int,), (type,)


def u(s: str) -> str:
    """Return text."""
    return s


def iterkeys(d: Mapping[Any, Any]) -> Iterator[Any]:
    """Return an iterator over keys."""
    return iter(d.keys())


def itervalues(d: Mapping[Any, Any]) -> Iterator[Any]:
    """Return an iterator over values."""
    return iter(d.values())


def iteritems(d: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """Return an iterator over pairs of key and value."""
    return iter(d.items())


def get_function_code(function: Any) -> Any:
    """Return a function's code."""
    return function.__code__


def get_function_defaults(function: Any) -> Any:
    """Return the defaults of a function's arguments."""
    return function.__defaults__


def get_method_function(method: Any) -> Any:
    """Return a method's function."""
    return method.__func__


def get_method_self(method: Any) -> Any:
    """Return the object of a method."""
    return method.__self__


def reraise(tp: type[BaseException], value: BaseException | None, tb: Any = None) -> NoReturn:
    """Re-raise an exception, with its traceback."""
    raise (tp() if value is None else value).with_traceback(tb)


def with_metaclass(meta: type, *bases: type) -> Any:
    """Return a base class that gives its children the metaclass `meta`, and these bases."""

    class Once(type):
        def __new__(cls, name: str, _: Any, attributes: dict[str, Any]) -> Any:
            return meta(name, bases, attributes)

    return type.__new__(Once, "temporary_class", (), {})


def add_metaclass(metaclass: type) -> Callable[[type], Any]:
    """Return a decorator that recreates a class with a metaclass."""

    def decorate(cls: type) -> Any:
        skipped = ("__dict__", "__weakref__")
        own = {name: value for name, value in vars(cls).items() if name not in skipped}
        return metaclass(cls.__name__, cls.__bases__, own)

    return decorate
