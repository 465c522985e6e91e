"""Functions that returned lists in Python 2.

`map`, `filter`, `zip` and `range`, and the `keys`, `values` and `items` of dictionaries, no longer
return lists. In Python 2 files, calls are wrapped in `list(...)` unless their result is only
iterated over.

```diff
 def order(table):
-    names = map(str, table.keys())
-    return names[0], unicode(range(3)), [n for n in zip(names, names)]
+    names = list(map(str, table.keys()))
+    return names[0], str(list(range(3))), [n for n in zip(names, names)]
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule

__all__ = ["LIST_RESULTS"]

_FUNCTIONS = frozenset(("map", "filter", "zip", "range"))
_METHODS = frozenset(("keys", "values", "items"))

# They take any iterable, and do not keep it.
_LOOPERS = frozenset((
    "list", "tuple", "set", "frozenset", "sorted", "sum", "max", "min", "any", "all", "dict",
    "enumerate", "zip", "map", "filter", "join", "extend", "update",
))  # fmt: skip


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.Call)
    if not context.python2 or not _gave_a_list(node, context) or _is_looped_over(node, context):
        return

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.Call)
        inner = updated.with_changes(lpar=(), rpar=())
        return cst.Call(cst.Name("list"), [cst.Arg(inner)], lpar=updated.lpar, rpar=updated.rpar)

    context.change(node, "a list, as in Python 2", edit)


def _gave_a_list(node: cst.Call, context: Context) -> bool:
    function = node.func
    if isinstance(function, cst.Name):
        return function.value in _FUNCTIONS and not context.scope(function).find(function.value)
    return (
        isinstance(function, cst.Attribute)
        and function.attr.value in _METHODS
        and not node.args
        and context.name(function) is None
    )


def _is_looped_over(node: cst.Call, context: Context) -> bool:
    parent = context.parents[node]
    if isinstance(parent, (cst.For, cst.CompFor)):
        return node is parent.iter
    if isinstance(parent, cst.ComparisonTarget):
        return isinstance(parent.operator, (cst.In, cst.NotIn))
    if isinstance(parent, cst.Arg):
        call = context.parents[parent]
        if parent.star or not isinstance(call, cst.Call):
            return bool(parent.star)
        function = call.func
        name = function.attr if isinstance(function, cst.Attribute) else function
        return isinstance(name, cst.Name) and name.value in _LOOPERS
    return isinstance(parent, (cst.StarredElement, cst.Expr))


LIST_RESULTS = Rule("PU156", (cst.Call,), _look, __doc__ or "")
