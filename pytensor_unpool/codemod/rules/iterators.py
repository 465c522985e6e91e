"""`itertools` functions that are now built in.

`zip`, `map` and `filter` do what `izip`, `imap` and `ifilter` did; two others lost their `i`.

```diff
 import itertools
-for a, b in itertools.izip(x, y):
+for a, b in zip(x, y):
     print(a, b)
```
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.tree import dotted, with_parentheses_of

__all__ = ["ITERATORS"]

_BUILT_IN = {"izip": "zip", "imap": "map", "ifilter": "filter"}
_RENAMED = {"izip_longest": "zip_longest", "ifilterfalse": "filterfalse"}


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.Attribute):
        _look_at_attribute(node, context)
    elif isinstance(node, cst.ImportFrom):
        is_theirs = dotted(node.module) == "itertools" and not node.relative
        if is_theirs and not isinstance(node.names, cst.ImportStar):
            _look_at_from(node, node.names, context)


def _look_at_attribute(node: cst.Attribute, context: Context) -> None:
    old = node.attr.value
    if context.name(node) != f"itertools.{old}":
        return
    if old in _RENAMED:
        new = cst.Name(_RENAMED[old])
        context.change(node.attr, f"{old} is now {new.value}", lambda _: new)
    elif old in _BUILT_IN and context.scope(node).find(_BUILT_IN[old]):
        context.leave(
            node, f"{old} is now {_BUILT_IN[old]}, a name that is used for something else here"
        )
    elif old in _BUILT_IN:
        built_in = cst.Name(_BUILT_IN[old])
        context.change(
            node,
            f"{old} is now {built_in.value}",
            lambda updated: with_parentheses_of(updated, built_in),
        )


def _look_at_from(
    node: cst.ImportFrom, aliases: Sequence[cst.ImportAlias], context: Context
) -> None:
    for alias in aliases:
        old = dotted(alias.name) or ""
        if old in _RENAMED:
            context.change(alias, f"{old} is now {_RENAMED[old]}", _renamed)
    if any(_is_built_in(alias) for alias in aliases):
        context.change(node, "izip, imap and ifilter are now built in", _split)


def _is_built_in(alias: cst.ImportAlias) -> bool:
    return dotted(alias.name) in _BUILT_IN


def _renamed(alias: cst.CSTNode) -> cst.ImportAlias:
    """Import the new name under the one that the file uses."""
    assert isinstance(alias, cst.ImportAlias)
    old = dotted(alias.name) or ""
    local = alias.asname or cst.AsName(cst.Name(old))
    return alias.with_changes(name=cst.Name((_BUILT_IN | _RENAMED)[old]), asname=local)


def _split(node: cst.CSTNode) -> cst.ImportFrom | cst.FlattenSentinel[cst.CSTNode]:
    """Import what is built in from `builtins`, and the rest from where it is."""
    assert isinstance(node, cst.ImportFrom)
    assert not isinstance(node.names, cst.ImportStar)
    rest = [alias for alias in node.names if not _is_built_in(alias)]
    moved = [_renamed(alias) for alias in node.names if _is_built_in(alias)]
    if not rest:
        return node.with_changes(module=cst.Name("builtins"), names=moved)
    built_in = cst.ImportFrom(cst.Name("builtins"), _with_commas_between(moved))
    node = node.with_changes(names=_with_commas_between(rest))
    return cst.FlattenSentinel([node, built_in])


def _with_commas_between(aliases: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    return [*aliases[:-1], aliases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]


ITERATORS = Rule("PU158", (cst.Attribute, cst.ImportFrom), _look, __doc__ or "")
