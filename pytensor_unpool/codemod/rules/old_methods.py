"""Methods renamed in Python 3.

`iteritems`, `itervalues`, `iterkeys` and `has_key` of dictionaries, `next` of iterators, and
special methods of classes. `next` is renamed only in Python 2 files: others may well have a method
of that name.

```diff
 def show(table):
-    for key, value in table.iteritems():
-        if not table.has_key(value):
+    for key, value in table.items():
+        if not value in table:
             print(key)
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import wrapped

__all__ = ["OLD_METHODS"]

_ITERATED = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}

_SPECIAL = {
    "__nonzero__": "__bool__", "next": "__next__", "__div__": "__truediv__",
    "__idiv__": "__itruediv__", "__rdiv__": "__rtruediv__", "__unicode__": "__str__",
}  # fmt: skip

_LEFT = {
    "__cmp__": "Python 3 does not call __cmp__: write __lt__ and __eq__",
    "__getslice__": "Python 3 calls __getitem__ with a slice",
    "__setslice__": "Python 3 calls __setitem__ with a slice",
}


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.FunctionDef):
        _look_at_definition(node, context)
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        _look_at_call(node, node.func, context)
    elif isinstance(node, cst.Assign):
        target = node.targets[0].target
        is_metaclass = isinstance(target, cst.Name) and target.value == "__metaclass__"
        if is_metaclass and context.is_in_class(node):
            context.leave(node, "Python 3 does not read __metaclass__: class Name(metaclass=...)")


def _look_at_call(node: cst.Call, function: cst.Attribute, context: Context) -> None:
    method = function.attr.value
    # six.iteritems and the like are functions of a module.
    if context.name(function) is not None:
        return
    if method in _ITERATED and not node.args:
        new = _ITERATED[method]
        context.change(function.attr, f"{method} is now called {new}", lambda _: cst.Name(new))
    elif method == "has_key" and len(node.args) == 1 and not node.args[0].star:
        alone = _binds_weaker(context.parents[node])
        context.change(
            node,
            "has_key is now the operator `in`",
            lambda updated: _contains(updated) if alone else wrapped(_contains(updated)),
        )
    elif method == "next" and not node.args and context.python2:
        context.change(node, "next is now a function", _next)


def _contains(node: cst.CSTNode) -> cst.BaseExpression:
    assert isinstance(node, cst.Call)
    assert isinstance(node.func, cst.Attribute)
    target = cst.ComparisonTarget(cst.In(), wrapped(node.func.value))
    comparison = cst.Comparison(wrapped(node.args[0].value), [target])
    return comparison.with_changes(lpar=node.lpar, rpar=node.rpar)


def _binds_weaker(parent: cst.CSTNode) -> bool:
    """Return whether a comparison below this node needs no parentheses."""
    if isinstance(parent, cst.UnaryOperation):
        return isinstance(parent.operator, cst.Not)
    return not isinstance(
        parent,
        (
            cst.BinaryOperation,
            cst.Comparison,
            cst.ComparisonTarget,
            cst.Attribute,
            cst.Subscript,
            cst.Await,
        ),
    )


def _next(node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.Call)
    assert isinstance(node.func, cst.Attribute)
    return node.with_changes(func=cst.Name("next"), args=[cst.Arg(node.func.value)])


def _look_at_definition(node: cst.FunctionDef, context: Context) -> None:
    if not context.is_in_class(node):
        return
    name = node.name.value
    new = _SPECIAL.get(name)
    if name in _LEFT:
        context.leave(node, _LEFT[name])
    elif new and (context.python2 or name != "next") and new not in context.words():
        context.change(
            node.name,
            f"{name} is now called {new}",
            lambda updated: updated.with_changes(value=new),
        )


OLD_METHODS = Rule("PU155", (cst.Call, cst.FunctionDef, cst.Assign), _look, __doc__ or "")
