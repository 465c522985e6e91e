"""Old names and their imports.

Every name comes from one table. Modules that PyTensor kept are renamed in place; what moved is
imported from its new place; what PyTensor does not have is imported from `pytensor_unpool.compat`,
with the old arguments and results. An unknown name stays, with a TODO above it.

```diff
-import theano
-import theano.tensor as T
-from theano.tensor.nnet import sigmoid, softmax
+import pytensor
+import pytensor.tensor as T
+from pytensor.tensor import sigmoid
+from pytensor_unpool.compat.theano.tensor.nnet import softmax
 x = T.matrix("x")
-f = theano.function([x], [sigmoid(x), softmax(x), T.nnet.softplus(x)])
+f = pytensor.function([x], [sigmoid(x), softmax(x), T.softplus(x)])
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod import old_names
from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.imports import local_root, look_at_from, look_at_import
from pytensor_unpool.codemod.scopes import Binding
from pytensor_unpool.codemod.tree import dotted, expression, with_parentheses_of

__all__ = ["NAMES"]

# `import pytensor` does not make these attributes, or a function of the same name hides them.
_HIDDEN = (
    "pytensor.scan", "pytensor.tensor.shape", "pytensor.tensor.sort", "pytensor.tensor.fourier",
    "pytensor.compile.debug.nanguardmode", "pytensor.compile.compiledir",
    "pytensor.link.c.exceptions", "pytensor.misc.may_share_memory",
)  # fmt: skip

_COMPAT = "pytensor_unpool.compat."

# Modules that read well as attributes; from others, a name is imported.
_ATTRIBUTES = (
    "pytensor", "pytensor.compile", "pytensor.config", "pytensor.gradient", "pytensor.graph",
    "pytensor.graph.op", "pytensor.printing", "pytensor.tensor",
)  # fmt: skip


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.Import):
        look_at_import(node, context)
    elif isinstance(node, cst.ImportFrom):
        look_at_from(node, context)
    elif isinstance(node, (cst.Name, cst.Attribute)):
        _look_at_chain(node, context)


def _look_at_chain(node: cst.Name | cst.Attribute, context: Context) -> None:
    """Look at the whole of ``a.b.c``, never at a part of it."""
    parent = context.parents[node]
    if isinstance(parent, cst.Attribute) or not context.is_read(node):
        return
    text = dotted(node)
    name = context.name(node) if text else None
    if text is None or name is None:
        return
    place = old_names.find(name)
    if place is None:
        return
    binding = _binding(node, context)
    if not place.resolved:
        _leave(node, name, place, binding, context)
        return
    context.report.resolved[place.old] += 1
    root = _root(node).value
    if _is_part(place.old, context.meaning(root, context.scope(node))) and not _is_starred(
        node, context
    ):
        # Its import, or the assignment of its name, is what changes.
        if binding is not None:
            _rename_root(node, binding, context)
        return
    inner = _without(node, place.rest.count("."))
    _replace(inner, place, binding, context)


def _binding(node: cst.CSTNode, context: Context) -> Binding | None:
    """Return the import that binds a chain's first name; None for star imports and aliases."""
    root = (dotted(node) or "").partition(".")[0]
    bindings = context.scope(node).find(root)
    imports = [b for b in bindings if b.means is not None and not b.means.startswith("=")]
    old = [b for b in imports if old_names.is_old(b.means or "")]
    return next(iter([*old, *imports]), None)


def _leave(
    node: cst.Name | cst.Attribute,
    name: str,
    place: old_names.Place,
    binding: Binding | None,
    context: Context,
) -> None:
    context.report.unresolved[place.old] += 1
    imported = binding is not None and name == binding.means and "." in name
    # The TODO stands above the import.
    if not imported:
        context.leave(node, place.note or f"there is no {old_names.theano_name(name)} in PyTensor")
    if binding is not None:
        _rename_root(node, binding, context)


def _is_part(name: str, of: str | None) -> bool:
    return of is not None and (of == name or of.startswith(f"{name}."))


def _without(node: cst.Name | cst.Attribute, attributes: int) -> cst.Name | cst.Attribute:
    for _ in range(attributes):
        inner = node.value
        assert isinstance(inner, (cst.Name, cst.Attribute))
        node = inner
    return node


def _rename_root(node: cst.CSTNode, binding: Binding, context: Context) -> None:
    """Rename the first word of a chain, if its import now gives it another name."""
    root = _root(node)
    local = local_root(root.value, binding, context)
    if local != root.value:
        context.change(
            root,
            f"{binding.means} is now {local}",
            lambda new: with_parentheses_of(new, cst.Name(local)),
        )


def _root(node: cst.CSTNode) -> cst.Name:
    while isinstance(node, cst.Attribute):
        node = node.value
    assert isinstance(node, cst.Name)
    return node


def _replace(
    node: cst.Name | cst.Attribute,
    place: old_names.Place,
    binding: Binding | None,
    context: Context,
) -> None:
    text = dotted(node) or ""
    new = _written(node, place, binding, context)
    if new != text:
        context.change(
            node,
            f"{place.old} is now {place.new}",
            lambda updated: with_parentheses_of(updated, expression(new)),
        )


def _written(
    node: cst.Name | cst.Attribute,
    place: old_names.Place,
    binding: Binding | None,
    context: Context,
) -> str:
    """Return how the new name is best written here."""
    module, _, leaf = place.new.rpartition(".")
    text = dotted(node) or ""
    root = text.partition(".")[0]
    if _is_starred(node, context):
        if place.new == _starred(text, context):
            return text
    else:
        base = _new_name(context.meaning(root, context.scope(node)) or "")
        rest = place.new.removeprefix(f"{base}.")
        is_near = f"{root}.{rest}" == text or module in (base, *_ATTRIBUTES)
        if rest != place.new and is_near and not _is_hidden(module):
            local = root if binding is None else local_root(root, binding, context)
            return f"{local}.{rest}"
    if module == "builtins" and leaf not in context.words():
        return leaf
    if not module:
        # A detour back to the package itself.
        return root if binding is None else local_root(root, binding, context)
    for word, base in _modules_at_hand(node, context):
        if base == module and not _is_hidden(module):
            return f"{word}.{leaf}"
    package, _, last = module.rpartition(".")
    if package.startswith(_COMPAT):
        # These names mean little without their module: cuda.use, config.device.
        return f"{context.need(node, package, last)}.{leaf}"
    return context.need(node, module, leaf)


def _is_starred(node: cst.CSTNode, context: Context) -> bool:
    """Return whether a chain's first name comes from a star import."""
    return not context.scope(node).find(_root(node).value)


def _starred(word: str, context: Context) -> str | None:
    """Return the full new name of a word that comes from a star import."""
    for module in context.scopes[context.module].stars:
        if old_names.is_old(module):
            return f"{_new_name(module)}.{word}"
    return None


def _is_hidden(module: str) -> bool:
    return any(_is_part(hidden, module) for hidden in _HIDDEN)


def _new_name(name: str) -> str:
    place = old_names.find(name)
    return name if place is None else f"{place.new}{place.rest}"


def _modules_at_hand(node: cst.CSTNode, context: Context) -> list[tuple[str, str]]:
    """Return (local name, new name) of top-level imports that nothing shadows."""
    top = context.scopes[context.module]
    found = []
    for word, bindings in top.bindings.items():
        first = bindings[0]
        known = first.means is not None and not first.means.startswith("=")
        at_top = known and context.parents.get(context.parents[first.node]) is context.module
        if at_top and len(bindings) == 1 and context.scope(node).find(word) is bindings:
            found.append((local_root(word, first, context), _new_name(first.means or "")))
    return found


NAMES = Rule("PU101", (cst.Import, cst.ImportFrom, cst.Name, cst.Attribute), _look, __doc__ or "")
