"""Resolution of names to imports by Python's scoping rules.

LibCST can do this too, but takes several times as long as the rest of the migration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import libcst as cst

from pytensor_unpool.codemod.tree import children, dotted

__all__ = ["Binding", "Scope", "Scopes", "scopes_of"]

Function = (cst.FunctionDef, cst.Lambda)
Comprehension = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)

_BINDING = (cst.AugAssign, cst.AnnAssign, cst.For, cst.CompFor, cst.NamedExpr)


class Binding(NamedTuple):
    """One place where a name is bound.

    `means` is the dotted name that an import binds it to, or for an assignment of another name,
    that name after an equals sign. It is None for all other bindings. `node` is the import or the
    assignment.
    """

    means: str | None
    node: cst.CSTNode


@dataclass(eq=False)
class Scope:
    """A module, class, function, lambda or comprehension, and the names it binds."""

    node: cst.CSTNode
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)

    def find(self, name: str) -> list[Binding]:
        """Return the bindings of a name that is read in this scope, if there are any."""
        scope: Scope | None = self
        while scope is not None:
            visible = scope is self or not isinstance(scope.node, cst.ClassDef)
            if visible and name in scope.bindings and name not in scope.elsewhere:
                return scope.bindings[name]
            scope = scope.parent
        return []

    def bind(self, name: str, means: str | None, node: cst.CSTNode) -> None:
        """Record a binding in this scope, or in the one that ``global`` or ``nonlocal`` names."""
        scope = self
        if name in self.elsewhere:
            while scope.parent is not None:
                scope = scope.parent
        scope.bindings.setdefault(name, []).append(Binding(means, node))


class Scopes(NamedTuple):
    """The scope of every `Name` node and of the module, and the names that are assigned to."""

    scopes: dict[cst.CSTNode, Scope]
    written: set[cst.CSTNode]


def scopes_of(module: cst.Module) -> Scopes:
    """Read all scopes of a module."""
    reader = _Reader()
    reader.read(module, Scope(module, None))
    return Scopes(reader.found, reader.written)


class _Reader:
    def __init__(self) -> None:
        self.found: dict[cst.CSTNode, Scope] = {}
        self.written: set[cst.CSTNode] = set()

    def read(self, node: cst.CSTNode, scope: Scope) -> None:
        """Record the scope of all names below a node, and their bindings."""
        if isinstance(node, cst.Name):
            self.found[node] = scope
        elif isinstance(node, cst.Module):
            self.found[node] = scope
            self.read_all(children(node), scope)
        elif isinstance(node, (*Function, cst.ClassDef)):
            self.read_definition(node, scope)
        elif isinstance(node, Comprehension):
            self.read_all(children(node), Scope(node, scope))
        elif isinstance(node, cst.Import):
            for alias in node.names:
                _bind_import(alias, scope, node)
        elif isinstance(node, cst.ImportFrom):
            _bind_from(node, scope)
        else:
            self.read_other(node, scope)

    def read_all(self, nodes: Iterable[cst.CSTNode], scope: Scope) -> None:
        # The loops of a comprehension bind names that are read before them.
        for node in nodes:
            self.read(node, scope)

    def read_definition(self, node: cst.CSTNode, scope: Scope) -> None:
        """Read a body in its own scope, and decorators, defaults and bases in the outer one."""
        inner = Scope(node, scope)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            scope.bind(node.name.value, None, node)
            for name in _declared_elsewhere(node.body):
                inner.elsewhere.add(name)
        for child in children(node):
            if child is getattr(node, "body", None):
                self.read(child, inner)
            elif isinstance(child, cst.Parameters):
                self.read_parameters(child, inner, scope)
            else:
                self.read(child, scope)

    def read_parameters(self, node: cst.CSTNode, inner: Scope, outer: Scope) -> None:
        for child in children(node):
            if isinstance(child, cst.Param):
                inner.bind(child.name.value, None, child)
                self.found[child.name] = inner
                self.read_all((c for c in children(child) if c is not child.name), outer)

    def read_other(self, node: cst.CSTNode, scope: Scope) -> None:
        if isinstance(node, cst.Assign):
            (target, *others) = node.targets
            alias = None if others else dotted(node.value)
            if isinstance(target.target, cst.Name) and alias:
                scope.bind(target.target.value, f"={alias}", node)
                self.written.add(target.target)
            else:
                self.bind_targets((t.target for t in node.targets), scope, node)
        elif isinstance(node, cst.MatchAs | cst.MatchStar) and node.name:
            scope.bind(node.name.value, None, node)
        elif isinstance(node, cst.MatchMapping) and node.rest:
            scope.bind(node.rest.value, None, node)
        elif isinstance(node, cst.AsName):
            self.bind_targets([node.name], scope, node)
        elif isinstance(node, _BINDING):
            self.bind_targets([node.target], scope, node)
        self.read_all(children(node), scope)

    def bind_targets(self, targets: Iterable[cst.CSTNode], scope: Scope, node: cst.CSTNode) -> None:
        for target in targets:
            if isinstance(target, cst.Name):
                scope.bind(target.value, None, node)
                self.written.add(target)
            elif isinstance(target, (cst.Tuple, cst.List)):
                self.bind_targets((e.value for e in target.elements), scope, node)


def _declared_elsewhere(body: cst.CSTNode) -> Iterator[str]:
    """Yield the names of ``global`` and ``nonlocal`` statements, except in inner functions."""
    for child in children(body):
        if isinstance(child, (cst.Global, cst.Nonlocal)):
            yield from (item.name.value for item in child.names)
        elif not isinstance(child, (cst.FunctionDef, cst.ClassDef, cst.BaseExpression)):
            yield from _declared_elsewhere(child)


def _bind_import(alias: cst.ImportAlias, scope: Scope, node: cst.Import) -> None:
    name = dotted(alias.name) or ""
    if alias.asname is None:
        top = name.partition(".")[0]
        scope.bind(top, top, node)
    elif isinstance(alias.asname.name, cst.Name):
        scope.bind(alias.asname.name.value, name, node)


def _bind_from(node: cst.ImportFrom, scope: Scope) -> None:
    module = None if node.relative else dotted(node.module)
    if isinstance(node.names, cst.ImportStar):
        if module:
            scope.stars.append(module)
        return
    for alias in node.names:
        name = dotted(alias.name) or ""
        local = alias.asname.name if alias.asname else alias.name
        if isinstance(local, cst.Name):
            scope.bind(local.value, f"{module}.{name}" if module else None, node)
