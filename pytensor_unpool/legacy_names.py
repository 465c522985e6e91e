"""The one table of old names: where each name of Theano and pylearn2 is now.

It is read from ``legacy_names.toml`` without importing PyTensor. The old modules in `compat`, their
tests, the migrator and the guide are all made from it. What a module of Theano only imported is
where the table has it for another module, see `theano_names`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pytensor_unpool.theano_names import real_modules, real_names

__all__ = [
    "OldName",
    "Status",
    "old_modules",
    "old_names",
    "old_operations",
    "resolve",
    "rests",
    "table_names",
]

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
    names = {**{entry.old: entry for entry in _modules()}, **table_names()}
    elsewhere = _elsewhere()
    for old, real in real_names().items():
        if old not in names:
            places = [table_names().get(origin) or names.get(origin) for origin in real.origins]
            places += [elsewhere.get(origin) for origin in real.origins]
            if found := next(filter(None, places), None) or _rest(old):
                names[old] = _as(old, found)
    return names


@cache
def table_names() -> Mapping[str, OldName]:
    """Return the names that the table has a line for; not what is found through them."""
    return {
        f"{module}.{name}": OldName(f"{module}.{name}", new, status, note)
        for module, section in _table().items()
        for name, new, status, note in _rows(module, section)
    }


@cache
def rests() -> Mapping[str, str]:
    """Return the modules of which all that is not in the table is gone, and what to do instead.

    This includes the modules in them, unless those have a line of their own.
    """
    return {module: some["rest"] for module, some in _table().items() if "rest" in some}


@cache
def old_operations() -> frozenset[str]:
    """Return the names of operations that are functions now, and have no gradient to replace."""
    sections = _table().items()
    names = {f"{module}.{x}" for module, some in sections for x in some.get("operations", ())}
    elsewhere = {old for old, real in real_names().items() if names & {*real.origins}}
    return frozenset(names | elsewhere)


@cache
def old_modules() -> tuple[str, ...]:
    """Return the old modules, packages before what is in them."""
    table = [*_table(), *real_modules()]
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
    >>> resolve("theano.tensor.gof.Apply")[0].new
    'pytensor.graph.Apply'
    """
    names, old, rest = old_names(), dotted, ""
    while old not in names:
        old, dot, last = old.rpartition(".")
        if not dot:
            return None
        rest = f".{last}{rest}"
    module = _imported_module(old)
    if rest and module is not None:
        found = resolve(f"{module}{rest}")
        if found is not None and found[0].old != module:
            entry, rest = found
            return replace(entry, old=dotted.removesuffix(rest) if rest else dotted), rest
    return names[old], rest


def _imported_module(old: str) -> str | None:
    """Return the module, or the settings, that an old module had imported by this name."""
    if old in old_modules() or old in table_names() or old not in real_names():
        return None
    for origin in real_names()[old].origins:
        if origin in real_modules():
            return origin
        if origin == "theano.configdefaults.config":
            return "theano.config"
    return None


def _elsewhere() -> dict[str, OldName]:
    """Return entries for names that the table has, but not for the module that defined them."""
    found: dict[str, OldName] = {}
    for old, entry in table_names().items():
        for origin in real_names()[old].origins if old in real_names() else ():
            found.setdefault(origin, entry)
    return found


def _as(old: str, entry: OldName) -> OldName:
    """Return an entry for the same thing in another old module."""
    same = entry.status == "same" and entry.new != old.replace("theano", "pytensor", 1)
    return replace(entry, old=old, status="moved" if same else entry.status)


def _rest(old: str) -> OldName | None:
    module = old
    while module := module.rpartition(".")[0]:
        if module in rests():
            return OldName(old, "", "gone", rests()[module])
    return None


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    import tomllib

    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _sections_of_config(table: Iterable[str]) -> Iterator[str]:
    """`theano.config` is an object: what stands below it are its settings."""
    return (name for name in table if name.startswith("theano.config."))


def _modules() -> Iterator[OldName]:
    for module in old_modules():
        same = _table().get(module, {}).get("module")
        new = same or f"{COMPAT}.{module}"
        yield OldName(module, new, "same" if same else "moved", "")


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
        elif key not in ("module", "rest", "operations"):
            place = f"{COMPAT}.{module}" if key == "own" else key
            status: Status = "same" if place == mirror else "moved"
            yield from ((name, f"{place}.{name}", status, "") for name in value)
