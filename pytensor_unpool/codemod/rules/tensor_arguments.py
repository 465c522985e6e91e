"""Arguments of `flatten`, `repeat`, `tile`, `dot` and others.

PyTensor has these functions under the same names, but with some arguments renamed. `tile` no longer
has `ndim`, and `mean` no longer has `op`: a TODO says so. A `Variable` needs an explicit
`owner=None`.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
 def rows(x):
-    return T.repeat(x=x.flatten(outdim=2), repeats=3, axis=0)
+    return T.repeat(a=x.flatten(ndim=2), repeats=3, axis=0)
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import argument, has_stars, keywords, rename_keywords

__all__ = ["TENSOR_ARGUMENTS"]

_RENAMED = {
    "flatten": {"outdim": "ndim"},
    "repeat": {"x": "a"},
    "tile": {"x": "A"},
    "dot": {"a": "l", "b": "r"},
    "debugprint": {"ids": "id_type", "obj": "graph_like"},
}

_GONE = {
    "tile": {"ndim": "tile has no ndim: give reps that many entries"},
    "mean": {"op": "mean has no op: leave it out"},
}

_VARIABLES = frozenset(
    f"{module}.Variable" for module in ("theano", "theano.gof", "theano.gof.graph", "theano.tensor")
)

_MODULES = ("theano.tensor", "theano.tensor.basic", "theano.printing", "theano")


def _look(node: cst.CSTNode, context: Context) -> None:
    if not isinstance(node, cst.Call):
        return
    called = context.call_of(node) or ""
    module, _, function = called.rpartition(".")
    if called in _VARIABLES and argument(node, 1, "owner") is None and not has_stars(node):
        context.change(node, "Variable needs an owner, or None", _without_owner)
    elif module in _MODULES:
        rename_keywords(node, _RENAMED.get(function, {}), context)
        for name, message in _GONE.get(function, {}).items():
            if name in keywords(node):
                context.leave(node, message)
    elif isinstance(node.func, cst.Attribute) and node.func.attr.value == "flatten":
        # Only symbolic variables have a method with this argument.
        rename_keywords(node, {"outdim": "ndim"}, context)


def _without_owner(node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.Call)
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    owner = cst.Arg(cst.Name("None"), keyword=cst.Name("owner"), equal=tight)
    return node.with_changes(args=[*node.args, owner])


TENSOR_ARGUMENTS = Rule("PU112", (cst.Call,), _look, __doc__ or "")
