"""Comparisons as numbers and as indices.

`T.eq` and the like returned `int8` before Theano 0.9, and have returned booleans since. Booleans
cannot be negated or subtracted, so they are cast first. As an index, an `int8` array picked
elements 0 and 1, but a boolean one is a mask: a TODO asks which was meant.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
 def errors(x, y):
-    return -T.eq(x, y)
+    return -T.cast(T.eq(x, y), "int8")
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule

__all__ = ["BOOLEANS"]

_COMPARISONS = frozenset(
    f"theano.tensor.{name}" for name in ("eq", "neq", "lt", "le", "gt", "ge", "isnan", "isinf")
)


def _look(node: cst.CSTNode, context: Context) -> None:
    if not isinstance(node, cst.Call) or context.call_of(node) not in _COMPARISONS:
        return
    parent = context.parents[node]
    if isinstance(parent, cst.UnaryOperation) and isinstance(parent.operator, cst.Minus):
        _cast(node, context)
    elif isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Subtract):
        if all(context.call_of(side) in _COMPARISONS for side in (parent.left, parent.right)):
            _cast(node, context)
    elif isinstance(parent, cst.Index):
        context.leave(
            node, "as an index, this is a mask; before Theano 0.9, it picked elements 0 and 1"
        )


def _cast(node: cst.Call, context: Context) -> None:
    # `T.cast` is in the module of `T.eq`, whatever that is called now.
    plain = isinstance(node.func, cst.Name)
    name = context.need(node.func, "pytensor.tensor", "cast") if plain else "cast"

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.Call)
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        args = [cst.Arg(updated, comma=comma), cst.Arg(cst.SimpleString('"int8"'))]
        function: cst.BaseExpression = cst.Name(name)
        if isinstance(updated.func, cst.Attribute):
            function = updated.func.with_changes(attr=cst.Name("cast"), lpar=(), rpar=())
        return cst.Call(function, args)

    context.change(node, "booleans cannot be negated or subtracted: cast to int8", edit)


BOOLEANS = Rule("PU122", (cst.Call,), _look, __doc__ or "")
