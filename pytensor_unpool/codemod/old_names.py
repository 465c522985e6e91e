"""The new names of old names, from Theano, pylearn2, Aesara and early PyTensor."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from pytensor_unpool.legacy_names import OldName, old_modules, old_names, resolve

__all__ = ["Place", "find", "is_old", "theano_name"]

# Aesara and early PyTensor had these under Theano's names; PyTensor 3 does not.
_GONE_SINCE = (
    "tensor.nnet", "tensor.signal.pool", "tensor.signal.conv", "tensor.signal.downsample",
    "tensor.shared_randomstreams", "sandbox", "gpuarray",
)  # fmt: skip

# Modules that `theano.tensor` imported for itself, and that old code accessed through it.
_PASSED_ON = ("compile", "config", "gof", "gradient", "printing")

_FAMILIES = ("theano", "pylearn2", "aesara", "pytensor")


class Place(NamedTuple):
    """The new place of an old name.

    `old` is the part of the name that was looked up, and `rest` what follows it: attributes of the
    object called `old`. `new` is empty if there is no equivalent.
    """

    old: str
    rest: str
    new: str
    status: str
    note: str

    @property
    def resolved(self) -> bool:
        """Whether there is a new name."""
        return bool(self.new)


def is_old(name: str) -> bool:
    """Return whether a dotted name belongs to one of the packages that the rules migrate."""
    return name.partition(".")[0] in _FAMILIES


def theano_name(name: str) -> str:
    """Return a name of Aesara or early PyTensor as Theano spelled it, and others unchanged.

    >>> theano_name("aesara.tensor.nnet.softmax")
    'theano.tensor.nnet.softmax'
    """
    family, _, rest = name.partition(".")
    if family == "aesara" or (family == "pytensor" and _is_gone(rest)):
        return f"theano.{rest}" if rest else "theano"
    return name


def find(name: str) -> Place | None:
    """Return the new place of a dotted old name, None if the name can stay.

    >>> find("theano.tensor.nnet.sigmoid").new
    'pytensor.tensor.sigmoid'
    >>> find("aesara.graph.basic.Apply").new
    'pytensor.graph.basic.Apply'
    >>> find("pytensor.tensor.exp")
    """
    family, _, rest = name.partition(".")
    if family in ("theano", "pylearn2"):
        return _from_table(name)
    if family == "aesara":
        return _from_aesara(name, rest)
    if family == "pytensor" and _is_gone(rest):
        return _renamed(_from_table(f"theano.{rest}"), "pytensor")
    return None


def _is_gone(rest: str) -> bool:
    return any(rest == gone or rest.startswith(f"{gone}.") for gone in _GONE_SINCE)


def _from_aesara(name: str, rest: str) -> Place:
    entry = old_names().get(f"theano.{rest}")
    if _is_gone(rest) or (entry is not None and _has_its_own_name(entry)):
        return _renamed(_from_table(f"theano.{rest}"), "aesara")
    return Place(name, "", f"pytensor.{rest}" if rest else "pytensor", "same", "")


def _has_its_own_name(entry: OldName) -> bool:
    return entry.status in ("moved", "changed") and entry.new.startswith("pytensor.")


def _from_table(name: str) -> Place:
    entry, rest = resolve(name) or (None, "")
    if entry is None or (rest and _is_module(entry) and not rest.startswith(".__")):
        shorter = _without_detour(name)
        unknown = Place(name, "", "", "unknown", "")
        return unknown if shorter == name else _from_detour(name, shorter)
    return Place(entry.old, rest, entry.new, entry.status, entry.note)


def _from_detour(name: str, shorter: str) -> Place:
    place = _from_table(shorter)
    old = name.removesuffix(place.rest)
    return place._replace(old=old)


def _without_detour(name: str) -> str:
    """Return the name without modules that only re-exported others.

    >>> _without_detour("theano.tensor.theano.shared"), _without_detour("theano.tensor.gof.Op")
    ('theano.shared', 'theano.gof.Op')
    """
    parts = name.split(".")
    again = parts.index("theano", 1) if "theano" in parts[1:] else 0
    if again and ".".join(parts[:again]) in _modules():
        return ".".join(parts[again:])
    if len(parts) > 2 and parts[1] == "tensor" and parts[2] in _PASSED_ON:
        return ".".join([parts[0], *parts[2:]])
    return name


def _is_module(entry: OldName) -> bool:
    """Return whether the table has other names below this one."""
    return entry.old in _modules()


@cache
def _modules() -> frozenset[str]:
    return frozenset(old_modules())


def _renamed(place: Place, family: str) -> Place:
    old = family + place.old.removeprefix("theano")
    return place._replace(old=old)
