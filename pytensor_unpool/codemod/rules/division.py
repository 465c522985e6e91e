"""Division of integers in Python 2.

There, `/` between integers was integer division, also for symbolic integers. In Python 3 and
PyTensor it silently gives a float. In Python 2 files, `/` becomes `//` if both sides are certainly
integers, and stays if one is certainly a float. Otherwise it becomes a call of `old_div`, which
decides at run time: replace it with `/` or `//` where you know.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
+from pytensor_unpool.compat.python2 import old_div
 def batches(x, count):
-    print "half", 7 / 2
+    print("half", 7 // 2)
-    half = len(x) / 2
-    return half, x.sum() * 0.5 / count, x.shape[0] / count
+    half = len(x) // 2
+    return half, x.sum() * 0.5 / count, old_div(x.shape[0], count)
```
"""

from __future__ import annotations

import re

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.kinds import kind_of
from pytensor_unpool.codemod.rules.base import Rule

__all__ = ["DIVISION"]

_MODULE = "pytensor_unpool.compat.python2"

_FUTURE = re.compile(r"^[ \t]*from __future__ import [^#\n]*\bdivision\b", re.MULTILINE)


def _look(node: cst.CSTNode, context: Context) -> None:
    if not context.python2 or _FUTURE.search(context.text):
        return
    if isinstance(node, cst.AugAssign) and isinstance(node.operator, cst.DivideAssign):
        _look_at_assignment(node, context)
    elif isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide):
        _look_at_operation(node, context)


def _look_at_operation(node: cst.BinaryOperation, context: Context) -> None:
    kinds = kind_of(node.left, context), kind_of(node.right, context)
    if kinds == ("int", "int"):
        context.change(node, "integer division, as in Python 2", _floored)
    elif "float" not in kinds:
        name = context.need(node, _MODULE, "old_div")

        def edit(updated: cst.CSTNode) -> cst.CSTNode:
            assert isinstance(updated, cst.BinaryOperation)
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            args = [cst.Arg(updated.left, comma=comma), cst.Arg(updated.right)]
            return cst.Call(cst.Name(name), args, lpar=updated.lpar, rpar=updated.rpar)

        context.change(node, "integer division of integers, as in Python 2", edit)


def _floored(node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.BinaryOperation)
    assert isinstance(node.operator, cst.Divide)
    around = node.operator
    operator = cst.FloorDivide(around.whitespace_before, around.whitespace_after)
    return node.with_changes(operator=operator)


def _look_at_assignment(node: cst.AugAssign, context: Context) -> None:
    """Look at ``x /= 2``, which changes arrays in place, so that no call can replace it."""
    if kind_of(node.value, context) == "float":
        return
    if isinstance(node.target, cst.Name) and kind_of(node.target, context) == "float":
        return
    context.leave(
        node, "/= was integer division of integers in Python 2: write //= if these are integers"
    )


DIVISION = Rule("PU121", (cst.BinaryOperation, cst.AugAssign), _look, __doc__ or "")
