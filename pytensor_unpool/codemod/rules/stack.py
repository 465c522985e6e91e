"""`stack` with one argument per tensor.

Until Theano 0.7, `stack` took the tensors themselves. Now it takes a list and an axis. A call with
two arguments may be either; if the arguments do not show which, a TODO asks.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
 x = T.matrix("x")
-pair = T.stack(x.sum(), x.max())
+pair = T.stack([x.sum(), x.max()])
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.kinds import is_tensor
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import has_stars, plain_arguments

__all__ = ["STACK"]

_FUNCTIONS = ("theano.tensor.stack", "theano.tensor.basic.stack")

_SEQUENCES = (cst.List, cst.Tuple, cst.ListComp)


def _look(node: cst.CSTNode, context: Context) -> None:
    if not isinstance(node, cst.Call) or context.call_of(node) not in _FUNCTIONS:
        return
    if _has_a_list(node):
        return
    if _surely_tensors(node, context):
        context.change(node, "the tensors are passed as one list", _listed)
    else:
        context.leave(node, "pass the tensors as one list, stack([a, b]); the axis comes second")


def _has_a_list(node: cst.Call) -> bool:
    """Return whether a call may be in the new form: nothing shows that it is in the old one."""
    given = plain_arguments(node)
    if has_stars(node):
        return bool(given) and isinstance(given[0], _SEQUENCES)
    if len(given) < 2 or isinstance(given[0], _SEQUENCES):
        return True
    if len(given) > 2:
        return False
    axis = given[1]
    if isinstance(axis, cst.UnaryOperation):
        axis = axis.expression
    named = isinstance(axis, cst.Name) and ("axis" in axis.value or "dim" in axis.value)
    return named or isinstance(axis, cst.Integer)


def _surely_tensors(node: cst.Call, context: Context) -> bool:
    given = plain_arguments(node)
    if has_stars(node):
        return all(arg.star != "**" for arg in node.args)
    return len(given) > 2 or any(is_tensor(value, context) for value in given)


def _listed(node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.Call)
    tensors = [arg for arg in node.args if arg.keyword is None]
    others = [arg for arg in node.args if arg.keyword is not None]
    elements = [
        cst.StarredElement(arg.value) if arg.star else cst.Element(arg.value) for arg in tensors
    ]
    commas = [arg.comma for arg in tensors[:-1]]
    elements = [
        *(e.with_changes(comma=c) for e, c in zip(elements, commas, strict=False)),
        elements[-1],
    ]
    first = cst.Arg(cst.List(elements), comma=tensors[-1].comma)
    return node.with_changes(args=[first, *others])


STACK = Rule("PU113", (cst.Call,), _look, __doc__ or "")
