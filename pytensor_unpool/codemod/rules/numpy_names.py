"""Names that NumPy removed.

NumPy 1.24 and 2.0 removed aliases of Python's types, and duplicate names.

```diff
 import numpy as np
 def flags(x, y):
-    return np.zeros(3, dtype=np.bool), np.product(x), np.asscalar(y), np.Inf
+    return np.zeros(3, dtype=bool), np.prod(x), np.asarray(y).item(), np.inf
```
"""

from __future__ import annotations

import builtins

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.tree import with_parentheses_of

__all__ = ["NUMPY_NAMES"]

_TYPES = {
    "bool": "bool", "int": "int", "float": "float", "complex": "complex", "object": "object",
    "str": "str", "long": "int", "unicode": "str",
}  # fmt: skip

_RENAMED = {
    "float_": "float64", "complex_": "complex128", "string_": "bytes_", "unicode_": "str_",
    "Inf": "inf", "Infinity": "inf", "infty": "inf", "PINF": "inf", "NaN": "nan", "NAN": "nan",
    "product": "prod", "cumproduct": "cumprod", "sometrue": "any", "alltrue": "all",
    "round_": "round", "in1d": "isin", "row_stack": "vstack", "rank": "ndim",
}  # fmt: skip


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.Call):
        _look_at_call(node, context)
        return
    assert isinstance(node, cst.Attribute)
    if not isinstance(node.value, cst.Name) or context.name(node.value) != "numpy":
        return
    name = node.attr.value
    if name in _TYPES:
        _use_type(node, _TYPES[name], context)
    elif name in _RENAMED:
        new = _RENAMED[name]
        context.change(node.attr, f"numpy.{name} is now numpy.{new}", lambda _: cst.Name(new))


def _use_type(node: cst.Attribute, new: str, context: Context) -> None:
    """Replace NumPy's alias of a built-in type, unless the file redefines the type's name."""
    is_free = not context.scope(node).find(new) and hasattr(builtins, new)
    if not is_free:
        context.leave(node, f"numpy.{node.attr.value} was Python's {new}")
        return
    context.change(
        node,
        f"numpy.{node.attr.value} is Python's {new}",
        lambda updated: with_parentheses_of(updated, cst.Name(new)),
    )


def _look_at_call(node: cst.Call, context: Context) -> None:
    if context.name(node.func) != "numpy.asscalar" or len(node.args) != 1:
        return
    if not isinstance(node.func, cst.Attribute):
        context.leave(node, "numpy.asscalar(x) is x.item()")
        return

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.Call)
        assert isinstance(updated.func, cst.Attribute)
        function = updated.func.with_changes(attr=cst.Name("asarray"))
        array = updated.with_changes(func=function, lpar=(), rpar=())
        item = cst.Call(cst.Attribute(array, cst.Name("item")))
        return with_parentheses_of(updated, item)

    context.change(node, "numpy.asscalar(x) is now x.item()", edit)


NUMPY_NAMES = Rule("PU150", (cst.Attribute, cst.Call), _look, __doc__ or "")
