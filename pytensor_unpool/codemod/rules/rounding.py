"""Halves in `round`.

Theano 0.8 and earlier rounded halves away from zero; Theano 1.0 and PyTensor round them to even. A
file does not say which Theano it was written for, so `round` without a mode gets a TODO.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
 def whole(x):
+    # TODO(pytensor-unpool PU123): in Theano 0.8, this was mode="half_away_from_zero"
     return T.round(x)
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import argument, has_stars

__all__ = ["ROUNDING"]


def _look(node: cst.CSTNode, context: Context) -> None:
    if not isinstance(node, cst.Call) or has_stars(node):
        return
    if context.call_of(node) == "theano.tensor.round" and argument(node, 1, "mode") is None:
        context.leave(node, 'in Theano 0.8, this was mode="half_away_from_zero"')


ROUNDING = Rule("PU123", (cst.Call,), _look, __doc__ or "")
