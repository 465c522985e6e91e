"""Apply the changes that the rules requested."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import libcst as cst

from pytensor_unpool.codemod.context import Context

__all__ = ["apply"]


def apply(context: Context) -> cst.Module:
    """Return the module with all changes, or the same object if there are none."""
    if not (context.edits or context.comments or context.imports):
        return context.module
    transformer = _Transformer(context)
    module = context.module.visit(transformer)
    lines = [_statement(code) for code in context.imports.get(context.module, {})]
    if lines:
        at = _end_of_head(module.body)
        module = module.with_changes(body=[*module.body[:at], *lines, *module.body[at:]])
    return module


class _Transformer(cst.CSTTransformer):
    """Visits only nodes that change, or contain one that does."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.touched: set[cst.CSTNode] = {context.module}
        for node in (*context.edits, *context.comments, *context.imports):
            self.touched.add(node)
            self.touched.update(context.above(node))

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self.touched

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        new: Any = updated_node
        for edit in self.context.edits.get(original_node, ()):
            new = edit(new)
        if isinstance(original_node, cst.BaseStatement):
            new = self.with_lines_around(original_node, new)
        return new

    def with_lines_around(self, original: cst.CSTNode, new: Any) -> Any:
        """Add the comments above a statement, and the imports below it."""
        comments = self.context.comments.get(original, ())
        imports = self.context.imports.get(original, ())
        if not comments and not imports:
            return new
        nodes = list(new.nodes) if isinstance(new, cst.FlattenSentinel) else [new]
        if isinstance(new, cst.RemovalSentinel):
            nodes = []
        else:
            nodes[0] = _with_comments(nodes[0], comments, self.context.module)
        nodes += [_statement(code) for code in imports if self.is_first(code, original)]
        # In place of an `elif` only a single node is allowed.
        return cst.FlattenSentinel(nodes) if len(nodes) > 1 else nodes[0] if nodes else new

    def is_first(self, code: str, anchor: cst.CSTNode) -> bool:
        """Return whether no earlier statement on the same level adds the same import."""
        level = self.context.parents[anchor]
        anchors = (
            other
            for other in self.context.parents
            if code in self.context.imports.get(other, ()) and self.context.parents[other] is level
        )
        return next(anchors) is anchor


def _with_comments(statement: Any, comments: Iterable[str], module: cst.Module) -> Any:
    above = list(statement.leading_lines)
    # LibCST attributes comments above the first statement to the module.
    there = {line.comment.value for line in (*module.header, *above) if line.comment}
    new = [cst.EmptyLine(comment=cst.Comment(text)) for text in comments if text not in there]
    return statement.with_changes(leading_lines=[*above, *new])


def _statement(code: str) -> cst.SimpleStatementLine:
    line = cst.parse_statement(code)
    assert isinstance(line, cst.SimpleStatementLine)
    return line


def _end_of_head(body: Iterable[cst.BaseStatement]) -> int:
    """Return where imports may begin: after the docstring and ``__future__`` imports."""
    end = 0
    for i, statement in enumerate(body):
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        docstring = (
            i == 0
            and isinstance(small, cst.Expr)
            and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))
        )
        future = (
            isinstance(small, cst.ImportFrom)
            and isinstance(small.module, cst.Name)
            and small.module.value == "__future__"
        )
        if not (docstring or future):
            break
        end = i + 1
    return end
