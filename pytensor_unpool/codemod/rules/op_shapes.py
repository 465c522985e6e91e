"""`infer_shape` of custom Ops.

PyTensor 3.0 passes the graph before the node; PyTensor 3.3, like Theano, does not. The last two
arguments are the same in all three.

```diff
-import theano
+import pytensor
-class Double(theano.Op):
+class Double(pytensor.graph.op.Op):
-    def infer_shape(self, node, shapes):
+    def infer_shape(self, *arguments):
+        node, shapes = arguments[-2:]
         return shapes
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.op_gradients import is_op, methods

__all__ = ["OP_SHAPES"]


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.ClassDef)
    if not is_op(node, context):
        return
    for method in methods(node):
        params = method.params.params
        is_plain = method.params.star_arg is cst.MaybeSentinel.DEFAULT
        if method.name.value == "infer_shape" and is_plain and len(params) in (3, 4):
            _take_the_last_two(method, context)


def _take_the_last_two(method: cst.FunctionDef, context: Context) -> None:
    me, *_, node, shapes = (param.name.value for param in method.params.params)
    if not isinstance(method.body, cst.IndentedBlock):
        context.leave(method, "PyTensor 3.0 calls infer_shape(self, fgraph, node, shapes)")
        return

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.FunctionDef)
        params = cst.Parameters(
            params=[cst.Param(cst.Name(me))], star_arg=cst.Param(cst.Name("arguments"))
        )
        first = cst.parse_statement(f"{node}, {shapes} = arguments[-2:]")
        statements = list(updated.body.body)
        at = 1 if updated.get_docstring() is not None else 0
        body = [*statements[:at], first, *statements[at:]]
        return updated.with_changes(params=params, body=updated.body.with_changes(body=body))

    context.change(method, "takes the node and the shapes from the end of the arguments", edit)


OP_SHAPES = Rule("PU161", (cst.ClassDef,), _look, __doc__ or "")
