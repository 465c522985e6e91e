"""`np.cast`.

NumPy 2.0 removed `np.cast[dtype](x)`, which was `np.asarray(x).astype(dtype)`.

```diff
 import numpy as np
-import theano
+import pytensor
 def shared_zeros(n):
-    return theano.shared(np.cast[theano.config.floatX](np.zeros(n)))
+    return pytensor.shared(np.asarray(np.zeros(n)).astype(pytensor.config.floatX))
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.tree import with_parentheses_of

__all__ = ["NUMPY_CAST"]


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.Attribute)
    if node.attr.value != "cast" or context.name(node) != "numpy.cast":
        return
    subscript = context.parents[node]
    call = context.parents[subscript]
    is_call = isinstance(call, cst.Call) and call.func is subscript
    if not isinstance(subscript, cst.Subscript) or not is_call or not _has_one_value(call):
        context.leave(node, "numpy.cast[dtype](x) is numpy.asarray(x).astype(dtype)")
        return
    context.change(call, "numpy.cast is now asarray(...).astype", _written_out)


def _has_one_value(call: cst.CSTNode) -> bool:
    assert isinstance(call, cst.Call)
    return len(call.args) == 1 and not call.args[0].star and call.args[0].keyword is None


def _written_out(node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.Call)
    subscript = node.func
    assert isinstance(subscript, cst.Subscript)
    assert isinstance(subscript.value, cst.Attribute)
    index = subscript.slice[0].slice
    assert isinstance(index, cst.Index)
    function = subscript.value.with_changes(attr=cst.Name("asarray"))
    array = node.with_changes(func=function, lpar=(), rpar=())
    cast = cst.Call(cst.Attribute(array, cst.Name("astype")), [cst.Arg(index.value)])
    return with_parentheses_of(node, cast)


NUMPY_CAST = Rule("PU151", (cst.Attribute,), _look, __doc__ or "")
