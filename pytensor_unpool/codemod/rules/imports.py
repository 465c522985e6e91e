"""How the rule in `names.py` rewrites import statements."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from pytensor_unpool.codemod import old_names
from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.scopes import Binding, Scope
from pytensor_unpool.codemod.tree import dotted, expression

__all__ = ["local_root", "look_at_from", "look_at_import"]


def local_root(word: str, binding: Binding, context: Context) -> str:
    """Return what a word that an import binds is called when the import is rewritten."""
    if binding.means != word or not isinstance(binding.node, cst.Import):
        return word
    place = old_names.find(word)
    if place is None or not place.resolved or keeps_its_name(word, context):
        return word
    return place.new.partition(".")[0]


def keeps_its_name(word: str, context: Context) -> bool:
    """Return whether ``import theano`` must still bind `theano`.

    It must if the file also binds that name otherwise, or uses the new one for something else.
    """
    place = old_names.find(word)
    new = place.new.partition(".")[0] if place is not None else word
    scopes = set(context.scopes.values())
    return any(
        _is_other_binding(binding, word) for scope in scopes for binding in _of(scope, word)
    ) or any(binding.means != new for scope in scopes for binding in _of(scope, new))


def _of(scope: Scope, word: str) -> Sequence[Binding]:
    return scope.bindings.get(word, ())


def _is_other_binding(binding: Binding, word: str) -> bool:
    return binding.means != word or not isinstance(binding.node, cst.Import)


def look_at_import(node: cst.Import, context: Context) -> None:
    """Rename the modules of ``import theano.tensor as T``."""
    new: list[cst.ImportAlias] = []
    changed = False
    for alias in node.names:
        renamed = _renamed_module(alias, node, context)
        changed = changed or renamed is not alias
        if not any(_same_import(renamed, other) for other in new):
            new.append(renamed)
    line = context.parents[node]
    block = context.parents[line]
    again = all((block, _text(alias)) in context.imported for alias in new)
    context.imported.update((block, _text(alias)) for alias in new)
    if changed and again and stands_alone(line):
        context.change(line, "imported above", lambda _: cst.RemoveFromParent())
    elif changed:
        new[-1] = new[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        context.change(
            node,
            f"imports {', '.join(_text(alias) for alias in new)}",
            lambda updated: updated.with_changes(names=new),
        )


def stands_alone(line: cst.CSTNode) -> bool:
    """Return whether nothing is lost with a line: no other statement and no comment."""
    return (
        isinstance(line, cst.SimpleStatementLine)
        and len(line.body) == 1
        and line.trailing_whitespace.comment is None
        and all(above.comment is None for above in line.leading_lines)
    )


def _renamed_module(alias: cst.ImportAlias, node: cst.Import, context: Context) -> cst.ImportAlias:
    name = dotted(alias.name) or ""
    place = old_names.find(name)
    if place is None:
        return alias
    if not place.resolved:
        context.report.unresolved[place.old] += 1
        context.leave(node, place.note or _there_is_no(name, "module "))
        return alias
    context.report.resolved[place.old] += 1
    new = f"{place.new}{place.rest}"
    if alias.asname is not None:
        return alias.with_changes(name=expression(new))
    top = name.partition(".")[0]
    if keeps_its_name(top, context):
        as_name = cst.AsName(cst.Name(top))
        return alias.with_changes(name=expression("pytensor"), asname=as_name)
    # Names used from a module outside PyTensor get imports of their own.
    return alias.with_changes(name=expression(new if new.startswith("pytensor.") else "pytensor"))


def _same_import(first: cst.ImportAlias, second: cst.ImportAlias) -> bool:
    return _text(first) == _text(second)


def _text(alias: cst.ImportAlias) -> str:
    name = dotted(alias.name) or ""
    as_name = dotted(alias.asname.name) if alias.asname else None
    return f"{name} as {as_name}" if as_name else name


def look_at_from(node: cst.ImportFrom, context: Context) -> None:
    """Rename what ``from theano.tensor import nnet, dot`` imports, name by name."""
    module = None if node.relative else dotted(node.module)
    if module is None or not old_names.is_old(module):
        return
    if isinstance(node.names, cst.ImportStar):
        _rename_star(node, module, context)
        return
    groups: dict[str, list[cst.ImportAlias]] = {}
    changed = False
    for alias in node.names:
        if _is_done_without(alias, context):
            changed = True
            continue
        target, renamed = _renamed_alias(alias, module, node, context)
        changed = changed or target != module or renamed is not alias
        groups.setdefault(target, []).append(renamed)
    if changed and groups:
        _replace_from(node, groups, context)
    elif changed:
        _drop(node, context)


def _is_done_without(alias: cst.ImportAlias, context: Context) -> bool:
    """Return whether other rules have replaced all uses of an import."""
    local = alias.asname.name if alias.asname else alias.name
    uses = context.uses(local.value) if isinstance(local, cst.Name) else []
    return bool(uses) and context.claimed.issuperset(uses)


def _drop(node: cst.ImportFrom, context: Context) -> None:
    """Drop an import that nothing uses any more, but keep the comments about it."""
    line = context.parents[node]
    if stands_alone(line):
        context.change(line, "nothing uses this import", lambda _: cst.RemoveFromParent())
    else:
        context.change(node, "nothing uses this import", lambda _: cst.Pass())


def _renamed_alias(
    alias: cst.ImportAlias, module: str, node: cst.ImportFrom, context: Context
) -> tuple[str, cst.ImportAlias]:
    leaf = dotted(alias.name) or ""
    name = f"{module}.{leaf}"
    place = old_names.find(name)
    if place is None:
        return module, alias
    if not place.resolved:
        context.report.unresolved[place.old] += 1
        context.leave(node, place.note or _there_is_no(name))
        return module, alias
    context.report.resolved[place.old] += 1
    target, _, new = f"{place.new}{place.rest}".rpartition(".")
    if new == leaf and target:
        return target, alias
    as_name = alias.asname or cst.AsName(cst.Name(leaf))
    return target, alias.with_changes(name=cst.Name(new), asname=as_name)


def _there_is_no(name: str, kind: str = "") -> str:
    return f"there is no {kind}{old_names.theano_name(name)} in PyTensor"


def _rename_star(node: cst.ImportFrom, module: str, context: Context) -> None:
    place = old_names.find(module)
    if place is None:
        return
    if not place.resolved:
        context.report.unresolved[place.old] += 1
        context.leave(node, place.note or _there_is_no(module, "module "))
        return
    context.report.resolved[place.old] += 1
    new = f"{place.new}{place.rest}"
    context.change(
        node, f"imports from {new}", lambda updated: updated.with_changes(module=expression(new))
    )


def _without_its_parentheses(node: cst.ImportFrom) -> cst.ImportFrom:
    """Write a statement that was split off on one line, unless it contains comments."""
    if node.lpar is None:
        return node
    assert not isinstance(node.names, cst.ImportStar)
    if any("#" in cst.Module([]).code_for_node(alias) for alias in node.names):
        # Comments after the parentheses stay with the first statement.
        return node.with_changes(lpar=cst.LeftParen(), rpar=cst.RightParen())
    names = [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in node.names]
    return node.with_changes(lpar=None, rpar=None, names=names)


def _replace_from(
    node: cst.ImportFrom, groups: dict[str, list[cst.ImportAlias]], context: Context
) -> None:
    """Write one import statement for each module."""
    statements: list[cst.ImportFrom | cst.Import] = []
    for target, aliases in groups.items():
        if not target:
            plain = (alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in aliases)
            statements += [cst.Import([alias]) for alias in plain]
            continue
        if node.lpar is None:
            last = aliases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            aliases = [*aliases[:-1], last]
        new = node.with_changes(module=expression(target), names=aliases)
        statements.append(_without_its_parentheses(new) if statements else new)
    message = f"imports from {', '.join(filter(None, groups)) or 'pytensor'}"
    line = context.parents[node]
    if len(statements) == 1 or not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1:
        context.change(node, message, lambda _: cst.FlattenSentinel(statements))
        return

    def split(updated: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        assert isinstance(updated, cst.SimpleStatementLine)
        first, *others = statements
        # Comments above stay above, and one after the statement stays with the first.
        lines = [updated.with_changes(body=[first])]
        lines += [cst.SimpleStatementLine([other]) for other in others]
        return cst.FlattenSentinel(lines)

    context.change(line, message, split)
