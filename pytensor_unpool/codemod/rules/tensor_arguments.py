"""Arguments of `flatten`, `repeat`, `tile`, `dot` and `debugprint`.

PyTensor has these functions under the same names, and calls some arguments otherwise. `tile` has
no `ndim` and `mean` no `op` any more: a TODO says so.

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
from pytensor_unpool.codemod.rules.calls import keywords, rename_keywords

__all__ = ["TENSOR_ARGUMENTS"]

_RENAMED = {
    "flatten": {"outdim": "ndim"},
    "repeat": {"x": "a"},
    "tile": {"x": "A"},
    "dot": {"a": "l", "b": "r"},
    "debugprint": {"ids": "id_type", "obj": "graph_like"},
}

_GONE = {
    "tile": {"ndim": "tile has no ndim: give reps as many entries"},
    "mean": {"op": "mean has no op: leave it out"},
}

_MODULES = ("theano.tensor", "theano.tensor.basic", "theano.printing", "theano")


def _look(node: cst.CSTNode, context: Context) -> None:
    if not isinstance(node, cst.Call):
        return
    module, _, function = (context.call_of(node) or "").rpartition(".")
    if module in _MODULES:
        rename_keywords(node, _RENAMED.get(function, {}), context)
        for name, message in _GONE.get(function, {}).items():
            if name in keywords(node):
                context.leave(node, message)
    elif isinstance(node.func, cst.Attribute) and node.func.attr.value == "flatten":
        # Only symbolic variables have a method with this argument.
        rename_keywords(node, {"outdim": "ndim"}, context)


TENSOR_ARGUMENTS = Rule("PU112", (cst.Call,), _look, __doc__ or "")
