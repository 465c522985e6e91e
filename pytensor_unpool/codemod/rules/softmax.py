"""The axis of `softmax`.

Theano's `softmax` took matrices and normalised rows, and turned a vector into a row. PyTensor's
takes anything and normalises over all of it unless given an axis. What is certainly a matrix gets
`axis=-1`; everything else keeps Theano's function, which is in `pytensor_unpool.compat`. Aesara's
function always used the last axis.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
+from pytensor.tensor.special import softmax
 x = T.matrix("x")
-y = T.nnet.softmax(x)
+y = softmax(x, axis=-1)
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.kinds import ndim_of
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import argument, has_stars, plain_arguments

__all__ = ["SOFTMAX"]

_NEW = {"softmax": "softmax", "logsoftmax": "log_softmax"}

_MODULES = ("theano.tensor.nnet", "theano.tensor.nnet.nnet", "theano.tensor.nnet.basic")


def _look(node: cst.CSTNode, context: Context) -> None:
    if not isinstance(node, cst.Call) or has_stars(node):
        return
    module, _, function = (context.call_of(node) or "").rpartition(".")
    if module not in _MODULES or function not in _NEW or not plain_arguments(node):
        return
    # A name imported with `from` would need a new import.
    if not isinstance(node.func, cst.Attribute):
        return
    is_theano = (context.name(node.func) or "").startswith("theano.")
    if is_theano and ndim_of(plain_arguments(node)[0], context) != 2:
        return
    axis = argument(node, 1, "axis")
    if axis is not None and not isinstance(axis, (cst.Integer, cst.UnaryOperation)):
        return
    new = context.need(node.func, "pytensor.tensor.special", _NEW[function])
    context.claim_below(node.func)
    context.report.resolved[f"{module}.{function}"] += 1

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.Call)
        args = updated.args
        if axis is None:
            minus_one = cst.UnaryOperation(cst.Minus(), cst.Integer("1"))
            equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            args = [*args, cst.Arg(minus_one, keyword=cst.Name("axis"), equal=equal)]
        return updated.with_changes(func=cst.Name(new), args=args)

    context.change(node, f"{function} needs an explicit axis", edit)


SOFTMAX = Rule("PU120", (cst.Call,), _look, __doc__ or "")
