"""The one table of old names: where each name of Theano and pylearn2 is now.

It is read from ``legacy_names.toml`` without importing PyTensor. The old modules in `compat`, their
tests, the migrator and the guide are all made from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

__all__ = ["OldName", "Status", "old_modules", "old_names", "resolve"]

Status = Literal["same", "moved", "changed", "identity", "gone"]

COMPAT = "pytensor_unpool.compat"


@dataclass(frozen=True)
class OldName:
    """One name of an old package.

    Parameters
    ----------
    old : str
        The full dotted name, ``theano.tensor.nnet.conv2d``.
    new : str
        The full dotted place of what does the same now; empty where nothing does.
    status : str
        `same`: the same name in PyTensor, so that a bare rename is right. `moved`: another name,
        the same arguments and meaning. `changed`: arguments or meaning differ, `note` says how.
        `identity`: it returns its input, and a call may go. `gone`: `note` says what to do instead.
    note : str
        A sentence for users; empty where there is nothing to say.
    """

    old: str
    new: str
    status: Status
    note: str


@cache
def old_names() -> Mapping[str, OldName]:
    """Return every old name, the modules included, by its full dotted name."""
    return {entry.old: entry for entry in _entries(_table())}


@cache
def old_modules() -> tuple[str, ...]:
    """Return the old modules, packages before what is in them."""
    table = _table()
    parents = {module.rsplit(".", n)[0] for module in table for n in range(module.count(".") + 1)}
    return tuple(sorted(parents - {"theano.config", *_sections_of_config(table)}))


def resolve(dotted: str) -> tuple[OldName, str] | None:
    """Return the longest old name that begins `dotted`, and the attributes that are left.

    Parameters
    ----------
    dotted : str
        What code says, with aliases of modules written out.

    Returns
    -------
    entry : OldName
    rest : str
        Such as ``.T``; empty if `dotted` is a name itself.

    None if not even the first part is an old package.

    >>> entry, rest = resolve("theano.tensor.nnet.conv.ConvOp.getOutputShape")
    >>> entry.old, rest
    ('theano.tensor.nnet.conv.ConvOp', '.getOutputShape')
    """
    names, old, rest = old_names(), dotted, ""
    while old not in names:
        old, dot, last = old.rpartition(".")
        if not dot:
            return None
        rest = f".{last}{rest}"
    return names[old], rest


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    import tomllib

    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _sections_of_config(table: Mapping[str, Any]) -> Iterator[str]:
    """`theano.config` is an object: what stands below it are its settings."""
    return (name for name in table if name.startswith("theano.config."))


def _entries(table: Mapping[str, Mapping[str, Any]]) -> Iterator[OldName]:
    for module in old_modules():
        same = table.get(module, {}).get("module")
        new = same or f"{COMPAT}.{module}"
        yield OldName(module, new, "same" if same else "moved", "")
    for module, section in table.items():
        for name, new, status, note in _rows(module, section):
            yield OldName(f"{module}.{name}", new, status, note)


def _rows(module: str, section: Mapping[str, Any]) -> Iterator[tuple[str, str, Status, str]]:
    """Yield name, new place, status and note."""
    mirror = module.replace("theano", "pytensor", 1)
    for key, value in section.items():
        if key == "gone":
            yield from ((name, "", "gone", note) for name, note in value.items())
        elif key == "changed":
            yield from ((name, new, "changed", note) for name, (new, note) in value.items())
        elif key == "identity":
            yield from ((name, new, "identity", note) for name, (new, note) in value.items())
        elif key == "renamed":
            yield from ((name, new, "moved", "") for name, new in value.items())
        elif key != "module":
            place = f"{COMPAT}.{module}" if key == "own" else key
            status: Status = "same" if place == mirror else "moved"
            yield from ((name, f"{place}.{name}", status, "") for name in value)
