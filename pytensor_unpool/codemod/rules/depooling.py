"""Un-pooling with a matrix of ones.

A widely copied function, `depool`, multiplied flattened images by a matrix with a one for each
pixel, whose size is quadratic in the number of pixels. That puts each pixel into the corner of a
window of zeros, which is `upsample_dilate`. For images that are not square, or a factor other than
2, the copied function put pixels elsewhere: the TODO says so.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
+import pytensor_unpool as pu
+# TODO(pytensor-unpool PU132): same result only for square images and a factor of 2
 def depool(X, factor=2):
-    stride = X.shape[2]
-    offset = X.shape[3]
-    in_dim = stride * offset
-    out_dim = in_dim * factor * factor
-    upsamp_matrix = T.zeros((in_dim, out_dim))
-    rows = T.arange(in_dim)
-    cols = rows * factor + (rows // stride * factor * offset)
-    upsamp_matrix = T.set_subtensor(upsamp_matrix[rows, cols], 1.0)
-    flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
-    up_flat = T.dot(flat, upsamp_matrix)
-    return T.reshape(up_flat, (X.shape[0], X.shape[1], stride * factor, offset * factor))
+    return pu.upsample_dilate(X, (factor, factor))
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.patterns import Found, matches
from pytensor_unpool.codemod.rules.base import Rule

__all__ = ["DEPOOLING"]

# What identifies the function: in the row of each pixel, a one in the column where it goes.
_COLUMNS = tuple(
    cst.parse_expression(f"rows_ * factor_ + {inner}")
    for inner in (
        "(rows_ / stride_ * factor_ * offset_)",
        "(rows_ // stride_ * factor_ * offset_)",
    )
)
_ONES = tuple(
    cst.parse_expression(f"theano.tensor.set_subtensor(matrix_[rows_, columns_], {one})")
    for one in ("1.0", "1.", "1")
)
_PRODUCT = cst.parse_expression("theano.tensor.dot(flat_, matrix_)")


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.FunctionDef)
    if "set_subtensor" not in context.words() or not isinstance(node.body, cst.IndentedBlock):
        return
    values = dict(_assigned(node.body))
    names = [param.name.value for param in node.params.params]
    if len(names) != 2 or not _is_depool(values, names, context):
        return
    if "#" in context.module.code_for_node(node.body):
        context.leave(node, f"this is upsample_dilate({names[0]}, ({names[1]}, {names[1]}))")
        return
    package = context.need_package(node)
    for name in node.body.body:
        context.claim_below(name)
    code = f"return {package}.upsample_dilate({names[0]}, ({names[1]}, {names[1]}))"

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.FunctionDef)
        kept = list(updated.body.body[:1]) if updated.get_docstring() is not None else []
        body = [*kept, cst.parse_statement(code)]
        return updated.with_changes(body=updated.body.with_changes(body=body))

    context.change(node, "a product with a matrix of ones is now upsample_dilate", edit)
    context.leave(node, "same result only for square images and a factor of 2")


def _assigned(block: cst.IndentedBlock) -> Iterator[tuple[str, cst.BaseExpression]]:
    """Yield the name and value that each statement assigns; other statements have one name."""
    for statement in block.body:
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name):
            yield small.targets[0].target.value, small.value
        elif isinstance(small, cst.Return) and small.value is not None:
            yield "return", small.value
        elif not (isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)):
            yield "something else", cst.Ellipsis()


def _is_depool(values: dict[str, cst.BaseExpression], names: list[str], context: Context) -> bool:
    """Return whether a function does what the copied one did, and nothing else."""
    if "something else" in values or not 8 <= len(values) <= 13:
        return False
    x, factor = names
    found: Found = {}
    steps = list(values.values())
    for patterns in (_COLUMNS, _ONES, (_PRODUCT,)):
        if not any(_step(pattern, steps, context, found) for pattern in patterns):
            return False
    code = context.module.code_for_node
    parts = {name: code(found[f"{name}_"]) for name in ("stride", "offset", "factor")}
    lengths = [
        re.sub(r"\s", "", code(values.get(parts[n], cst.Ellipsis()))) for n in ("stride", "offset")
    ]
    return parts["factor"] == factor and lengths == [f"{x}.shape[2]", f"{x}.shape[3]"]


def _step(
    pattern: cst.BaseExpression,
    steps: list[cst.BaseExpression],
    context: Context,
    found: Found,
) -> bool:
    for step in steps:
        trial = dict(found)
        if matches(pattern, step, context, trial):
            found.update(trial)
            return True
    return False


DEPOOLING = Rule("PU132", (cst.FunctionDef,), _look, __doc__ or "")
