"""Gradients of custom Ops.

`grad` and `L_op` are now called `pullback`, which also takes the outputs. `grad` still works, with
a warning, but not in a class derived from one of PyTensor's operations, whose own `pullback` hides
it. `R_op` became `pushforward`, whose tangents are never None: a TODO asks you to check. There is
a TODO too where the file itself calls `grad` of an Op, and where `op.grad = function` sets a
gradient that PyTensor would not ask for.

```diff
-import theano
+import pytensor
-class Double(theano.Op):
+class Double(pytensor.graph.op.Op):
-    def grad(self, inputs, output_grads):
+    def pullback(self, inputs, outputs, output_grads):
         return [2 * output_grads[0]]
```
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.tree import walk

__all__ = ["OP_GRADIENTS", "is_op"]

_OPS = frozenset(
    f"theano.{name}" for name in (
        "Op", "gof.Op", "gof.op.Op", "gof.COp", "gof.op.COp", "gof.OpenMPOp", "gof.ExternalCOp",
        "OpenMPOp", "tensor.Op", "graph.op.Op", "graph.basic.Op", "gof.PureOp", "gof.op.PureOp",
    )
)  # fmt: skip


# Classes of Theano's that are no operations.
_OTHER_CLASSES = ("Type", "Variable", "Optimizer", "Feature", "Mode", "Linker")

# What becomes an old class that takes gradients by their old names.
_HONOURS = frozenset(
    f"theano.{name}"
    for name in ("OpFromGraph", "compile.OpFromGraph", "compile.builders.OpFromGraph")
)


def is_op(node: cst.ClassDef, context: Context) -> bool:
    """Return whether a class is an Op, by a base that the file imports or defines."""
    return any(_is_op_base(arg.value, context, 0) for arg in node.bases)


def _is_op_base(base: cst.BaseExpression, context: Context, depth: int) -> bool:
    if _is_op_of_theano(context.theano_name(base) or ""):
        return True
    if not isinstance(base, cst.Name) or depth > 3:
        return False
    return any(
        isinstance(binding.node, cst.ClassDef)
        and any(_is_op_base(arg.value, context, depth + 1) for arg in binding.node.bases)
        for binding in context.scope(base).find(base.value)
    )


def _is_op_of_theano(name: str) -> bool:
    word = name.rpartition(".")[2]
    is_class = name.startswith("theano.") and word[:1].isupper()
    return name in _OPS or (is_class and not word.endswith(_OTHER_CLASSES))


def methods(node: cst.ClassDef) -> Iterator[cst.FunctionDef]:
    """Return the methods of a class."""
    return (item for item in node.body.body if isinstance(item, cst.FunctionDef))


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.Assign):
        _look_at_assignment(node, context)
        return
    assert isinstance(node, cst.ClassDef)
    if not is_op(node, context):
        return
    own = {method.name.value: method for method in methods(node)}
    if "R_op" in own and "pushforward" not in own:
        context.leave(own["R_op"], "R_op is pushforward(self, inputs, outputs, tangents) now")
    if "pullback" in own:
        return
    old = own.get("L_op") or own.get("grad")
    if old is None:
        return
    names = [param.name.value for param in old.params.params]
    if len(names) != (4 if old.name.value == "L_op" else 3) or _is_called(old, context):
        context.leave(old, "write pullback(self, inputs, outputs, cotangents) in place of this")
        return
    _rename(old, names, context)


def _look_at_assignment(node: cst.Assign, context: Context) -> None:
    for target in (item.target for item in node.targets):
        if not isinstance(target, cst.Attribute) or not _is_function(node.value, context):
            continue
        name = target.attr.value
        if name in ("grad", "L_op", "R_op") and not _honours(target.value, context):
            context.leave(
                node,
                f"PyTensor does not ask for {name}: derive a class, and write pullback(self, "
                f"inputs, outputs, cotangents) in it",
            )


def _is_function(value: cst.BaseExpression, context: Context) -> bool:
    """Return whether a value is a function or method of the file, or a lambda."""
    if isinstance(value, cst.Attribute):
        return value.attr.value in ("grad", "L_op", "R_op")
    return isinstance(value, cst.Lambda) or any(
        isinstance(node, cst.FunctionDef) for node in _bound(value, context)
    )


def _honours(operation: cst.BaseExpression, context: Context) -> bool:
    bound = _bound(operation, context)
    return bool(bound) and all(
        isinstance(node, cst.Assign) and context.call_of(node.value) in _HONOURS for node in bound
    )


def _bound(value: cst.BaseExpression, context: Context) -> list[cst.CSTNode]:
    """Return what binds a name in the file."""
    if not isinstance(value, cst.Name):
        return []
    return [binding.node for binding in context.scope(value).find(value.value)]


def _is_called(method: cst.FunctionDef, context: Context) -> bool:
    """Return whether the file calls a method of this name of anything but a module."""
    called = (node.func for node in context.parents if isinstance(node, cst.Call))
    return any(
        isinstance(function, cst.Attribute)
        and function.attr.value == method.name.value
        and context.name(function) is None
        for function in called
    )


def _rename(old: cst.FunctionDef, names: list[str], context: Context) -> None:
    word = "outputs"
    inside = {node.value for node in walk(old) if isinstance(node, cst.Name)}
    while word in inside:
        word += "_"

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.FunctionDef)
        params = list(updated.params.params)
        if len(names) == 3:
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            params.insert(2, cst.Param(cst.Name(word), comma=comma))
        return updated.with_changes(
            name=cst.Name("pullback"), params=updated.params.with_changes(params=params)
        )

    context.change(old, f"{old.name.value} is called pullback now", edit)


OP_GRADIENTS = Rule("PU160", (cst.ClassDef, cst.Assign), _look, __doc__ or "")
