"""Attributes of old modules beyond their own functions: the table's names, then PyTensor's."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any, NoReturn

from pytensor_unpool.compat.errors import OldAttributeError, OldNameError
from pytensor_unpool.compat.not_an_op import old_function
from pytensor_unpool.compat.table_modules import path_entry
from pytensor_unpool.legacy_names import (
    COMPAT,
    OldName,
    old_modules,
    old_names,
    old_operations,
    table_names,
)
from pytensor_unpool.theano_names import VERSIONS, real_modules, real_names

__all__ = ["Gone", "fall_back", "found", "hidden", "nearest"]

GUIDE = "migration_guide.md, section 'Old names'"

# What the files below `compat` have themselves, by the old module.
_own: dict[str, frozenset[str]] = {}


def fall_back(place: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for an old module; give a package the table's modules.

    Parameters
    ----------
    place : str
        Its ``__name__``, below `pytensor_unpool.compat`.
    """
    module = place.removeprefix(f"{COMPAT}.")
    space = vars(sys.modules[place])
    # Its own names alone would hide the others from ``from theano.tensor import *``.
    own = _own[module] = frozenset(space.pop("__all__", ()))
    if "__path__" in space:
        space["__path__"].append(path_entry(module))

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name == "__all__":
            return [public for public in __dir__() if not public.startswith("_")]
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = _attribute(module, name)
        # Otherwise the module's own code would find names such as `max` here instead of Python's.
        if not hasattr(builtins, name):
            space[name] = value
        return value

    def __dir__() -> list[str]:  # noqa: N807
        return sorted({*own, *(entry.old.rpartition(".")[2] for entry in _listed(module))})

    return __getattr__, __dir__


def _listed(module: str) -> Iterator[OldName]:
    """Yield the names in a module that the table resolves, and its submodules."""
    return iter(_listings().get(module, ()))


@cache
def _listings() -> dict[str, list[OldName]]:
    found: dict[str, list[OldName]] = {}
    for old, entry in old_names().items():
        if entry.status != "gone":
            found.setdefault(old.rpartition(".")[0], []).append(entry)
    return found


def _attribute(module: str, name: str) -> Any:
    old = f"{module}.{name}"
    if old in old_modules() and not hidden(old):
        return import_module(f"{COMPAT}.{old}")
    for origin in _origins(old):
        if origin in real_modules():
            return import_module(f"{COMPAT}.{origin}")
        home, _, there = origin.rpartition(".")
        if origin != old and there in _own_of(home):
            return getattr(sys.modules[f"{COMPAT}.{home}"], there)
    entry = old_names().get(old)
    if entry is not None:
        return found(entry)
    for mirror in _mirrors(module):
        # PyTensor has names that Theano did not have, and code may have been written for both.
        if hasattr(mirror, name):
            return _honour(getattr(mirror, name))
    raise OldAttributeError(
        f"{module} has no {name}: {_why(name, module)}. {nearest(old)} See {GUIDE}.",
        got=old,
        wanted="a name of the table",
    )


def hidden(module: str) -> bool:
    """Return whether a function of the module's name was in the package, as in `theano.d3viz`."""
    others = [x for x in _origins(module) if x != module and x not in real_modules()]
    return any(map(_works, others))


def _works(old: str) -> bool:
    return old in old_names() and old_names()[old].status != "gone"


def _origins(old: str) -> tuple[str, ...]:
    """Return what an old module had imported by this name, the newest first."""
    return real_names()[old].origins if old in real_names() else ()


def _own_of(module: str) -> frozenset[str]:
    if module in old_modules():
        import_module(f"{COMPAT}.{module}")
    return _own.get(module, frozenset())


def _why(name: str, module: str) -> str:
    if not module.startswith("theano"):
        return "only what is listed works on PyTensor"
    if name.startswith("_"):
        return "what was private in Theano is not here"
    return f"no Theano from {VERSIONS[0]} to {VERSIONS[-1]} had it"


def _mirrors(module: str) -> Iterator[Any]:
    """Yield PyTensor's module of the same name, if any."""
    if module in old_names() and old_names()[module].status == "same":
        yield _at(old_names()[module].new)


def found(entry: OldName) -> Any:
    """Return the replacement of an old name, a `Gone` if there is none."""
    if entry.status == "gone":
        return Gone(entry)
    value = _honour(_at(entry.new))
    if isinstance(value, FunctionType) and entry.old in old_operations():
        return old_function(value)
    return value


def _honour(value: Any) -> Any:
    from pytensor_unpool.compat.operations import honour

    return honour(value)


def _at(dotted: str) -> Any:
    """Return the object with a dotted name, even if functions hide modules of the same name."""
    parent, _, name = dotted.rpartition(".")
    if not parent:
        return import_module(dotted)
    try:
        holder = import_module(parent)
    except ModuleNotFoundError:
        holder = _at(parent)
    return getattr(holder, name) if hasattr(holder, name) else import_module(dotted)


def nearest(old: str) -> str:
    """Return a sentence that suggests a known name of the same or a similar spelling."""
    module, _, name = old.rpartition(".")
    here = {entry.old.rpartition(".")[2]: entry.old for entry in _listed(module)}
    # Of all names, only those that begin alike: there are thousands, and `hasattr` asks too.
    for known in (here, _by_start().get(name[:3], {})):
        if close := get_close_matches(name, known, 1):
            return f"Did you mean {known[close[0]]}?"
    return "No known name has a similar spelling."


@cache
def _by_start() -> dict[str, dict[str, str]]:
    """Return names by their first letters, and where the table has each."""
    found: dict[str, dict[str, str]] = {}
    for old in (*old_modules(), *table_names()):
        name = old.rpartition(".")[2]
        found.setdefault(name[:3], {}).setdefault(name, old)
    return found


class Gone:
    """A name without an equivalent: it can be imported, and raises when it is used.

    Parameters
    ----------
    entry : OldName
        Its `note` is the advice.
    """

    def __init__(self, entry: OldName) -> None:
        self._entry = entry

    def _raise(self) -> NoReturn:
        raise OldNameError(
            f"{self._entry.old} does not exist in PyTensor. {self._entry.note} See {GUIDE}.",
            got=self._entry.old,
            wanted=self._entry.note,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise: it was called."""
        self._raise()

    def __mro_entries__(self, bases: tuple[Any, ...]) -> NoReturn:
        """Raise: a class was to be derived from it."""
        self._raise()

    def __getattr__(self, name: str) -> NoReturn:
        """Raise: an attribute was read."""
        if name.startswith("__"):
            raise AttributeError(name)
        self._raise()
