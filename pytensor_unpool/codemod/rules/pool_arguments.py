"""`ds`, `st` and `padding` of pooling.

Theano 0.9 renamed the arguments of `pool_2d` and `pool_3d`. `max_pool_2d` in the module
`downsample` keeps its own.

```diff
-from theano.tensor.signal.pool import pool_2d
+from pytensor_unpool.compat.theano.tensor.signal.pool import pool_2d
 def layer(images):
-    return pool_2d(images, ds=(2, 2), st=(1, 1), padding=(1, 1), ignore_border=True)
+    return pool_2d(images, ws=(2, 2), stride=(1, 1), pad=(1, 1), ignore_border=True)
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import rename_keywords

__all__ = ["POOL_ARGUMENTS"]

_FUNCTIONS = ("theano.tensor.signal.pool.pool_2d", "theano.tensor.signal.pool.pool_3d")


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.Call) and context.call_of(node) in _FUNCTIONS:
        rename_keywords(node, {"ds": "ws", "st": "stride", "padding": "pad"}, context)


POOL_ARGUMENTS = Rule("PU110", (cst.Call,), _look, __doc__ or "")
