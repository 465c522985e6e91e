"""Transfers to and from the GPU.

`gpu_contiguous`, `host_from_gpu` and the like changed where an array is stored, not its values.
PyTensor leaves that to its backends: the calls are removed, and so are imports that become unused.

```diff
-from theano.sandbox.cuda.basic_ops import gpu_contiguous
-from theano.tensor.nnet import conv2d
+from pytensor_unpool.compat.theano.tensor.nnet import conv2d
 def layer(images, kernel):
-    return conv2d(gpu_contiguous(images), gpu_contiguous(kernel))
+    return conv2d(images, kernel)
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod import old_names
from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import wrapped

__all__ = ["TRANSFERS"]


def _look(node: cst.CSTNode, context: Context) -> None:
    if _is_transfer(node, context):
        assert isinstance(node, cst.Call)
        name = context.call_of(node) or ""
        # The call's name goes with it: the rule for names must not see it.
        context.claim_below(node.func)
        context.report.resolved[name] += 1
        context.change(node, f"{name} returns its input", _input)


def _is_transfer(node: cst.CSTNode, context: Context) -> bool:
    if not isinstance(node, cst.Call) or len(node.args) != 1:
        return False
    (arg,) = node.args
    return not arg.star and arg.keyword is None and _is_identity(context.name(node.func))


def _is_identity(name: str | None) -> bool:
    place = old_names.find(name) if name and old_names.is_old(name) else None
    # A class is called once for the Op, and the Op for the result.
    is_function = place is not None and place.old.rpartition(".")[2].islower()
    return place is not None and place.status == "identity" and not place.rest and is_function


def _input(node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.Call)
    value = wrapped(node.args[0].value)
    return value.with_changes(lpar=[*node.lpar, *value.lpar], rpar=[*value.rpar, *node.rpar])


TRANSFERS = Rule("PU140", (cst.Call,), _look, __doc__ or "")
