"""Pickles written by Python 2.

Python 3 reads the strings and arrays in them only with `encoding="latin1"`, which makes no
difference for other pickles. And pickles are binary: `open` needs the mode `"rb"`.

```diff
-import cPickle
+import pickle
-data = cPickle.load(open("mnist.pkl"))
+data = pickle.load(open("mnist.pkl", "rb"), encoding="latin1")
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import has_stars, keywords

__all__ = ["PICKLES"]

_NAMES = frozenset(
    f"{module}.{name}" for module in ("cPickle", "pickle", "six.moves.cPickle")
    for name in ("load", "loads")
)  # fmt: skip


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.Call)
    if not context.python2 or context.name(node.func) not in _NAMES or has_stars(node):
        return
    if "encoding" in keywords(node) or len(node.args) != 1:
        return
    opened = node.args[0].value
    if (
        isinstance(opened, cst.Call)
        and isinstance(opened.func, cst.Name)
        and opened.func.value in ("open", "file")
        and len(opened.args) == 1
    ):
        context.change(opened, "pickles are binary", lambda new: _with(new, '"rb"'))
    context.change(node, "as written by Python 2", lambda new: _with(new, '"latin1"', "encoding"))


def _with(node: cst.CSTNode, text: str, keyword: str | None = None) -> cst.CSTNode:
    """Add an argument to a call."""
    assert isinstance(node, cst.Call)
    value = cst.SimpleString(text)
    new = cst.Arg(value)
    if keyword is not None:
        none = cst.SimpleWhitespace("")
        new = cst.Arg(value, cst.Name(keyword), equal=cst.AssignEqual(none, none))
    return node.with_changes(args=[*node.args, new])


PICKLES = Rule("PU157", (cst.Call,), _look, __doc__ or "")
