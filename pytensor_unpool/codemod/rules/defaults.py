"""Default values of a function's inputs.

PyTensor's functions do not support them. `function`, `In` and `Param` of this package do, as
Theano's did.

```diff
-import theano
+import pytensor
+from pytensor_unpool.compat.theano import function
+from pytensor_unpool.compat.theano import Param
 def compiled(x, rate):
-    return theano.function([x, theano.Param(rate, default=0.1)], rate * x)
+    return function([x, Param(rate, default=0.1)], rate * x)
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import argument
from pytensor_unpool.codemod.tree import walk

__all__ = ["DEFAULTS"]

_FUNCTIONS = frozenset(
    f"theano.{name}" for name in ("function", "compile.function", "compile.function.function")
)
_INPUTS = frozenset(f"theano.{name}" for name in ("In", "compile.In", "compile.io.In"))
_PARAMS = frozenset(f"theano.{name}" for name in ("Param", "compile.Param", "compile.pfunc.Param"))

_PLACE = "pytensor_unpool.compat.theano"


def _look(node: cst.CSTNode, context: Context) -> None:
    if not isinstance(node, cst.Call):
        return
    if context.call_of(node) in _FUNCTIONS:
        inputs = argument(node, 0, "inputs")
        if inputs is not None and any(_has_default(part, context) for part in walk(inputs)):
            _take("function", node, context)
    elif _has_default(node, context):
        if context.call_of(node) in _INPUTS:
            _take("In", node, context)
        if not any(_takes_defaults(outer, context) for outer in context.above(node)):
            context.leave(
                node, f"PyTensor has no default values: compile it with {_PLACE}.function"
            )


def _takes_defaults(node: cst.CSTNode, context: Context) -> bool:
    """Return whether a node is, or will become, a call that supports default values."""
    if not isinstance(node, cst.Call):
        return False
    return context.call_of(node) in _FUNCTIONS or context.name(node.func) == f"{_PLACE}.function"


def _has_default(node: cst.CSTNode, context: Context) -> bool:
    if not isinstance(node, cst.Call):
        return False
    name = context.call_of(node)
    default = argument(node, 1, "default") if name in _PARAMS else None
    value = argument(node, 2, "value") if name in _INPUTS else None
    return default is not None or value is not None


def _take(name: str, node: cst.Call, context: Context) -> None:
    """Call this package's function of that name."""
    local = cst.Name(context.need(node.func, _PLACE, name))
    context.change(
        node,
        "PyTensor has no default values of inputs",
        lambda updated: updated.with_changes(func=local),
    )


DEFAULTS = Rule("PU114", (cst.Call,), _look, __doc__ or "")
