"""A rule's view of a file, in which it also records what to change."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from typing import TypeGuard

import libcst as cst

from pytensor_unpool.codemod import old_names
from pytensor_unpool.codemod.report import FileReport, Note
from pytensor_unpool.codemod.scopes import Binding, Scope, scopes_of
from pytensor_unpool.codemod.tree import dotted, parents_of, walk

__all__ = ["Context", "Edit"]

# Takes a node whose children have been changed already, and returns its replacement.
Edit = Callable[[cst.CSTNode], cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel]

# How many assignments of one name to another are followed.
_MOST_ALIASES = 5


class Context:
    """A parsed file, with the changes that rules request.

    Parameters
    ----------
    module : libcst.Module
    text : str
        The source code of `module`.
    report : FileReport
    python2 : bool
        Whether the file was written for Python 2.
    """

    def __init__(
        self, module: cst.Module, text: str, report: FileReport, *, python2: bool = False
    ) -> None:
        self.module = module
        self.text = text
        self.report = report
        self.python2 = python2
        self.parents = parents_of(module)
        self.scopes, self.written = scopes_of(module)
        self.edits: dict[cst.CSTNode, list[Edit]] = {}
        self.comments: dict[cst.CSTNode, list[str]] = {}
        self.imports: dict[cst.CSTNode, dict[str, None]] = {}
        self.claimed: set[cst.CSTNode] = set()
        self.imported: set[tuple[cst.CSTNode, str]] = set()
        self.rule = ""
        self._lines = _lines_of_statements(module, self.parents, text)
        self._words: set[str] | None = None
        self._aliases: dict[tuple[str, Scope], str | None] = {}

    # What names refer to.

    def name(self, node: cst.CSTNode | None) -> str | None:
        """Return the dotted name that an expression refers to through imports, None if none."""
        text = dotted(node)
        if text is None:
            return None
        root, dot, rest = text.partition(".")
        meaning = self.meaning(root, self.scope(node))
        return None if meaning is None else f"{meaning}{dot}{rest}"

    def theano_name(self, node: cst.CSTNode | None) -> str | None:
        """Return `name` as Theano spelled it, also for Aesara and early PyTensor."""
        name = self.name(node)
        return None if name is None else old_names.theano_name(name)

    def call_of(self, node: cst.CSTNode | None) -> str | None:
        """Return the `theano_name` of the function that a node calls, None if not a call."""
        return self.theano_name(node.func) if isinstance(node, cst.Call) else None

    def scope(self, node: cst.CSTNode | None) -> Scope:
        """Return the scope in which a name, or the first name of a dotted one, is read."""
        while isinstance(node, cst.Attribute):
            node = node.value
        scope = self.scopes.get(node) if node is not None else None
        return scope if scope is not None else self.scopes[self.module]

    def meaning(self, word: str, scope: Scope, depth: int = 0) -> str | None:
        """Return what imports and assignments bind a word to, None if it is ambiguous."""
        key = word, scope
        if key not in self._aliases:
            self._aliases[key] = self._meaning(word, scope, depth)
        return self._aliases[key]

    def _meaning(self, word: str, scope: Scope, depth: int) -> str | None:
        bindings = scope.find(word)
        if not bindings:
            return self._star_meaning(word)
        found: list[str] = []
        for binding in bindings:
            means = binding.means
            if means is not None and means.startswith("="):
                root, dot, rest = means[1:].partition(".")
                around = root != word and depth < _MOST_ALIASES
                means = self.meaning(root, scope, depth + 1) if around else None
                means = None if means is None else f"{means}{dot}{rest}"
            if means is not None:
                found.append(means)
            elif not _binds_nothing(binding):
                return None
        return next(iter([*filter(old_names.is_old, found), *found]), None)

    def _star_meaning(self, word: str) -> str | None:
        for module in self.scopes[self.module].stars:
            place = old_names.find(f"{module}.{word}") if old_names.is_old(module) else None
            if place is not None and place.resolved and not place.rest:
                return place.old
        return None

    # Where code is.

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """Return the innermost statement around a node that can have a comment above it."""
        while not isinstance(node, cst.BaseStatement):
            node = self.parents[node]
        return node

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the ancestors of a node, from its parent to the module."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def is_in_class(self, node: cst.CSTNode) -> bool:
        """Return whether a statement is in the body of a class, but not in a method."""
        owners = (cst.ClassDef, cst.FunctionDef)
        owner = next((found for found in self.above(node) if isinstance(found, owners)), None)
        return isinstance(owner, cst.ClassDef)

    def is_read(self, node: cst.CSTNode) -> bool:
        """Return whether a name or dotted name is read, rather than bound or used as a keyword."""
        parent = self.parents[node]
        if node in self.written:
            return False
        if isinstance(parent, (cst.Attribute, cst.Arg)):
            return node is parent.value
        if isinstance(parent, (cst.Param, cst.FunctionDef, cst.ClassDef)):
            return node is not parent.name
        return not isinstance(parent, (cst.ImportAlias, cst.ImportFrom, cst.AsName, cst.NameItem))

    def line(self, node: cst.CSTNode) -> int:
        """Return the line on which the statement around a node begins, 0 if unknown."""
        for found in (node, *self.above(node)):
            if isinstance(found, cst.SimpleStatementLine):
                found = found.body[0]
            if found in self._lines:
                return self._lines[found]
        return 0

    def uses(self, word: str) -> list[cst.Name]:
        """Return the nodes that read a word, in any scope."""
        return [node for node in self.scopes if _is_word(node, word) and self.is_read(node)]

    def words(self) -> set[str]:
        """Return every name in the file, of any kind."""
        if self._words is None:
            nodes = self.parents
            self._words = {node.value for node in nodes if isinstance(node, cst.Name)}
        return self._words

    # What to change.

    def change(self, node: cst.CSTNode, message: str, edit: Edit) -> None:
        """Replace a node, and report the change."""
        self.edits.setdefault(node, []).append(edit)
        self.tell(node, message)

    def tell(self, node: cst.CSTNode, message: str) -> None:
        """Report a change that edits of other nodes make."""
        note = Note(self.line(node), self.rule, "changed", message)
        if note not in self.report.notes:
            self.report.notes.append(note)

    def leave(self, node: cst.CSTNode, message: str) -> None:
        """Add a TODO above the statement of a node, and report it."""
        text = f"# TODO(pytensor-unpool {self.rule}): {message}"
        lines = self.comments.setdefault(self.statement(node), [])
        if text not in lines:
            lines.append(text)
        note = Note(self.line(node), self.rule, "left", message)
        if note not in self.report.notes:
            self.report.notes.append(note)

    def need(self, node: cst.CSTNode, module: str, name: str) -> str:
        """Import a name where `node` can read it, and return its local name."""
        anchor = self.anchor(node)
        local = self._free_name(module, name)
        alias = "" if local == name else f" as {local}"
        code = f"from {module} import {name}{alias}" if module else f"import {name}{alias}"
        self.imports.setdefault(anchor, {})[code] = None
        return local

    def claim_below(self, node: cst.CSTNode, but: cst.CSTNode | None = None) -> None:
        """Hide the contents of a replaced node from other rules, except for one part."""
        for below in walk(node):
            if but is None or (below is not but and but not in self.above(below)):
                self.claimed.add(below)

    def need_package(self, node: cst.CSTNode) -> str:
        """Import this package, and return its local name."""
        code = "import pytensor_unpool as pu"
        scopes = set(self.scopes.values())
        means = {b.means for scope in scopes for b in scope.bindings.get("pu", ())}
        local = "pu" if means <= {"pytensor_unpool"} else "pytensor_unpool"
        if local != "pu":
            code = "import pytensor_unpool"
        if not means or local != "pu":
            self.imports.setdefault(self.anchor(node), {})[code] = None
        return local

    def anchor(self, node: cst.CSTNode) -> cst.CSTNode:
        """Return the import that binds the first name of `node`: new imports go below it."""
        root = node
        while isinstance(root, cst.Attribute):
            root = root.value
        if isinstance(root, cst.Name):
            for binding in self.scope(root).find(root.value):
                if binding.means is not None and isinstance(binding.node, cst.BaseSmallStatement):
                    return self._last_import(self.statement(binding.node))
        for statement in self.module.body:
            if _is_import(statement):
                return self._last_import(statement)
        return self.module

    def _last_import(self, statement: cst.CSTNode) -> cst.CSTNode:
        """Return the last import of the block of imports that a statement begins."""
        block = getattr(self.parents[statement], "body", ())
        if statement not in block:
            return statement
        for following in block[block.index(statement) + 1 :]:
            if not _is_import(following):
                break
            statement = following
        return statement

    def _free_name(self, module: str, name: str) -> str:
        """Return `name`, or another one if the file uses `name` for something else."""
        for local in (name, f"theano_{name}", f"theano_{name}_"):
            if local not in self.words() or self._is_that(module, name, local):
                return local
        return f"{module.replace('.', '_')}_{name}"

    def _is_that(self, module: str, name: str, local: str) -> bool:
        """Return whether every use of a word in the file refers, or can refer, to this name."""
        top = self.scopes[self.module]
        binding = [scope for scope in set(self.scopes.values()) if local in scope.bindings]
        if not binding:
            # Only attributes, keywords or a built-in function have this name.
            return not hasattr(builtins, local)
        wanted = f"{module}.{name}" if module else name
        return binding == [top] and all(self._becomes(b) == wanted for b in top.bindings[local])

    def _becomes(self, binding: Binding) -> str | None:
        if binding.means is None or binding.means.startswith("="):
            return None
        place = old_names.find(binding.means)
        return binding.means if place is None else f"{place.new}{place.rest}"


def _is_import(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(part, (cst.Import, cst.ImportFrom)) for part in statement.body
    )


def _is_word(node: cst.CSTNode, word: str) -> TypeGuard[cst.Name]:
    return isinstance(node, cst.Name) and node.value == word


def _binds_nothing(binding: Binding) -> bool:
    """Return whether a binding only sets None or a bool, as after a failed import."""
    node = binding.node
    return (
        isinstance(node, cst.Assign)
        and isinstance(node.value, cst.Name)
        and node.value.value in ("None", "False", "True")
    )


def _lines_of_statements(
    module: cst.Module, parents: dict[cst.CSTNode, cst.CSTNode], text: str
) -> dict[cst.CSTNode, int]:
    """Take the lines from Python's own parser, which sees the same statements in the same order."""
    ours = [
        node
        for node in parents
        if isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement))
    ]
    theirs: list[int] = []
    _gather_lines(ast.parse(text), theirs)
    return dict(zip(ours, theirs, strict=True)) if len(ours) == len(theirs) else {}


def _gather_lines(node: ast.AST, lines: list[int]) -> None:
    if isinstance(node, ast.stmt):
        lines.append(node.lineno)
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        below = getattr(node, name, None)
        if isinstance(below, list):
            for child in below:
                _gather_lines(child, lines)
