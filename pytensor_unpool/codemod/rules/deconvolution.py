"""Deconvolution by `GpuDnnConvGradI`.

Image generators computed a deconvolution as the gradient of a convolution that was never run, from
a descriptor and an empty array of the result's shape. Here, that gradient is one function. Variants
of the widely copied code keep their names, which are in `pytensor_unpool.compat`.

```diff
-from theano.sandbox.cuda.basic_ops import gpu_alloc_empty, gpu_contiguous
-from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
+import pytensor_unpool as pu
 def deconv(x, w, subsample=(1, 1), border_mode=(0, 0)):
-    img = gpu_contiguous(x)
-    kerns = gpu_contiguous(w)
-    shape = img.shape[0], kerns.shape[1], img.shape[2] * subsample[0], img.shape[3] * subsample[1]
-    desc = GpuDnnConvDesc(border_mode, subsample, "conv")(
-        gpu_alloc_empty(*shape).shape, kerns.shape
-    )
-    empty = gpu_alloc_empty(*shape)
-    out = GpuDnnConvGradI()(kerns, img, empty, desc)
+    img = x
+    kerns = w
+    shape = img.shape[0], kerns.shape[1], img.shape[2] * subsample[0], img.shape[3] * subsample[1]
+    out = pu.conv_input_grad(kerns, img, shape[-2:], stride=subsample, pad=border_mode, flip=True)
     return out
```
"""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import argument, has_stars, plain_arguments
from pytensor_unpool.codemod.rules.imports import stands_alone
from pytensor_unpool.codemod.tree import with_parentheses_of

__all__ = ["DECONVOLUTION"]

_MODULES = ("theano.sandbox.cuda.dnn", "theano.gpuarray.dnn", "theano.sandbox.gpuarray.dnn")
_ALLOC = "gpu_alloc_empty"


class _Found(NamedTuple):
    """What the gradient is taken of, and the statements that only prepared it."""

    lengths: str
    description: cst.Call
    prepared: list[cst.CSTNode]


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.Call)
    if not isinstance(node.func, cst.Call) or not _is_dnn(node.func, "GpuDnnConvGradI", context):
        return
    given = plain_arguments(node)
    if node.func.args or len(given) != 4 or len(node.args) != 4:
        return
    found = _read(given[2], given[3], context)
    if found is None:
        return
    package = context.need_package(node)
    code = _code_for(found, context)
    for line in found.prepared:
        context.change(line, "needed only for the GPU's gradient", lambda _: cst.RemoveFromParent())
    for gone in (*found.prepared, node.func, node.args[2], node.args[3]):
        context.claim_below(gone)

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.Call)
        kernel, images = (cst.Module([]).code_for_node(arg.value) for arg in updated.args[:2])
        text = f"{package}.conv_input_grad({kernel}, {images}, {code})"
        return with_parentheses_of(updated, cst.parse_expression(text))

    context.change(node, "the gradient of a convolution is now conv_input_grad", edit)


def _is_dnn(node: cst.CSTNode, name: str, context: Context) -> bool:
    module, _, last = (context.call_of(node) or "").rpartition(".")
    return module in _MODULES and last == name


def _read(
    out: cst.BaseExpression, description: cst.BaseExpression, context: Context
) -> _Found | None:
    """Follow the two names to where they are assigned."""
    prepared: list[cst.CSTNode] = []
    values = []
    for node in (out, description):
        value, line = _made(node, context)
        if value is None or line is None:
            return None
        values.append(value)
        prepared.append(line)
    empty, call = values
    lengths = _lengths(empty, context)
    if lengths is None or not isinstance(call.func, cst.Call):
        return None
    made = call.func
    if not _is_dnn(made, "GpuDnnConvDesc", context) or has_stars(made):
        return None
    return _Found(lengths, made, prepared)


def _made(node: cst.BaseExpression, context: Context) -> tuple[cst.Call | None, cst.CSTNode | None]:
    """Return the call assigned to a name that is read only once, and its line."""
    if not isinstance(node, cst.Name):
        return None, None
    bindings = context.scope(node).find(node.value)
    if len(bindings) != 1 or not isinstance(bindings[0].node, cst.Assign):
        return None, None
    assign = bindings[0].node
    line = context.parents[assign]
    scope = context.scope(node)
    uses = [use for use in context.uses(node.value) if context.scope(use) is scope]
    if not isinstance(assign.value, cst.Call) or len(uses) != 1 or not stands_alone(line):
        return None, None
    return assign.value, line


def _lengths(empty: cst.Call, context: Context) -> str | None:
    """Return the code for the lengths of the last two axes."""
    if (context.call_of(empty) or "").rpartition(".")[2] != _ALLOC:
        return None
    code = cst.Module([]).code_for_node
    if len(empty.args) == 1 and empty.args[0].star == "*":
        shape = empty.args[0].value
        return f"{code(shape)}[-2:]" if isinstance(shape, (cst.Name, cst.Attribute)) else None
    given = plain_arguments(empty)
    if len(given) != 4 or len(empty.args) != 4:
        return None
    return f"({code(given[2])}, {code(given[3])})"


def _code_for(found: _Found, context: Context) -> str:
    code = context.module.code_for_node
    parts = [found.lengths]
    border = argument(found.description, 0, "border_mode")
    stride = argument(found.description, 1, "subsample")
    mode = argument(found.description, 2, "conv_mode")
    if stride is not None:
        parts.append(f"stride={code(stride)}")
    parts.append('pad="valid"' if border is None else f"pad={code(border)}")
    if mode is None:
        parts.append("flip=True")
    elif isinstance(mode, cst.SimpleString):
        parts.append(f"flip={mode.evaluated_value == 'conv'}")
    else:
        parts.append(f'flip={code(mode)} == "conv"')
    return ", ".join(parts)


DECONVOLUTION = Rule("PU130", (cst.Call,), _look, __doc__ or "")
