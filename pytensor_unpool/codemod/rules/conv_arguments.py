"""`image_shape` of `conv2d`.

Theano 0.8 renamed the argument of `nnet.conv2d`. The `conv2d` of the modules `nnet.conv` and
`signal.conv` keeps its own.

```diff
-from theano.tensor.nnet import conv2d
+from pytensor_unpool.compat.theano.tensor.nnet import conv2d
 def layer(images, kernel):
-    return conv2d(images, kernel, image_shape=(20, 1, 28, 28), filter_shape=(50, 1, 5, 5))
+    return conv2d(images, kernel, input_shape=(20, 1, 28, 28), filter_shape=(50, 1, 5, 5))
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import rename_keywords

__all__ = ["CONV_ARGUMENTS"]


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.Call) and context.call_of(node) == "theano.tensor.nnet.conv2d":
        rename_keywords(node, {"image_shape": "input_shape"}, context)


CONV_ARGUMENTS = Rule("PU111", (cst.Call,), _look, __doc__ or "")
