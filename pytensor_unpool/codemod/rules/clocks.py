"""`time.clock`.

Python 3.8 removed it. On Linux and macOS it was the CPU time of the process, which is
`time.process_time` now.

```diff
 import time
-start = time.clock()
+start = time.process_time()
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.tree import dotted

__all__ = ["CLOCKS"]

_MESSAGE = "time.clock is now time.process_time"


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.Attribute):
        if node.attr.value == "clock" and context.name(node) == "time.clock":
            context.change(node.attr, _MESSAGE, lambda _: cst.Name("process_time"))
    elif isinstance(node, cst.ImportFrom) and dotted(node.module) == "time" and not node.relative:
        for alias in () if isinstance(node.names, cst.ImportStar) else node.names:
            _look_at_alias(alias, context)


def _look_at_alias(alias: cst.ImportAlias, context: Context) -> None:
    if dotted(alias.name) != "clock":
        return
    name = alias.asname or cst.AsName(cst.Name("clock"))
    context.change(
        alias,
        _MESSAGE,
        lambda updated: updated.with_changes(name=cst.Name("process_time"), asname=name),
    )


CLOCKS = Rule("PU152", (cst.Attribute, cst.ImportFrom), _look, __doc__ or "")
