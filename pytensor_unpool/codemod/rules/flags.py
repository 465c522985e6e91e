"""`THEANO_FLAGS` and `.theanorc`.

PyTensor reads `PYTENSOR_FLAGS` and `~/.pytensorrc`. It does not have `device`, nor the flags of
`gpuarray`, `nvcc`, `dnn` and `lib`. A TODO marks each use of the old name.

```diff
 import os
+# TODO(pytensor-unpool PU170): PyTensor reads PYTENSOR_FLAGS; leave out device and the GPU's flags
 os.environ["THEANO_FLAGS"] = "device=gpu0,floatX=float32"
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule

__all__ = ["FLAGS"]


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.SimpleString)
    if isinstance(context.parents[node], cst.Expr):
        return
    if "THEANO_FLAGS" in node.value:
        context.leave(node, "PyTensor reads PYTENSOR_FLAGS; leave out device and the GPU's flags")
    elif ".theanorc" in node.value:
        context.leave(node, "PyTensor reads ~/.pytensorrc; leave out device and the GPU's flags")


FLAGS = Rule("PU170", (cst.SimpleString,), _look, __doc__ or "")
