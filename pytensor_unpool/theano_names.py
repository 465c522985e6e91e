"""Which public names Theano had, and in which of its versions.

They are facts, read from ``theano_names.txt``: its head explains the format. Where each name is now
is in `legacy_names`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["VERSIONS", "RealName", "real_modules", "real_names"]

VERSIONS = ("0.7", "0.8", "0.9", "1.0")


class RealName(NamedTuple):
    """A public name of a module of Theano.

    Parameters
    ----------
    versions : tuple of str
        Those that had it, out of `VERSIONS`.
    origins : tuple of str
        Where it was defined, by the full dotted name, in the newest version first: the name itself,
        or what the module imported.
    """

    versions: tuple[str, ...]
    origins: tuple[str, ...]


@cache
def real_modules() -> Mapping[str, tuple[str, ...]]:
    """Return Theano's modules, and the versions that had them."""
    lines = [line for line in _lines() if not line.startswith(" ")]
    return {module: _versions(span) for module, span in map(str.split, lines)}


@cache
def real_names() -> Mapping[str, RealName]:
    """Return what Theano's modules contained, by full dotted names; without the modules themselves.

    >>> real_names()["theano.tensor.gof"]
    RealName(versions=('0.7', '0.8', '0.9', '1.0'), origins=('theano.gof',))
    """
    found: dict[str, RealName] = {}
    module = ""
    for line in _lines():
        span, *words = line.split()
        if not line.startswith(" "):
            module = span
            continue
        origin = words.pop(0)[:-1] if words[0].endswith(":") else module
        for word in words:
            name, _, there = word.partition("=")
            new = RealName(_versions(span), (f"{origin}.{there or name}".lstrip("."),))
            found[f"{module}.{name}"] = _joined(new, found.get(f"{module}.{name}"))
    return found


def _joined(new: RealName, other: RealName | None) -> RealName:
    if other is None:
        return new
    newest, oldest = sorted((new, other), key=lambda real: real.versions[-1], reverse=True)
    versions = tuple(sorted({*new.versions, *other.versions}))
    return RealName(versions, tuple(dict.fromkeys((*newest.origins, *oldest.origins))))


def _lines() -> list[str]:
    text = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def _versions(spans: str) -> tuple[str, ...]:
    """Return the versions that ``0.7-0.9`` or ``0.7,1.0`` stands for."""
    found: list[str] = []
    for span in spans.split(","):
        first, _, last = span.partition("-")
        found += VERSIONS[VERSIONS.index(first) : VERSIONS.index(last or first) + 1]
    return tuple(found)
