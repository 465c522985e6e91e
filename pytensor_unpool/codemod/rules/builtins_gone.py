"""Built-in functions renamed in Python 3.

A file that defines such a name itself keeps it.

```diff
-for i in xrange(3):
-    print(unicode(i))
+for i in range(3):
+    print(str(i))
```
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.tree import with_parentheses_of

__all__ = ["BUILTINS_GONE"]

_RENAMED = {
    "xrange": "range", "unicode": "str", "basestring": "str", "unichr": "chr", "long": "int",
    "raw_input": "input",
}  # fmt: skip

_IMPORTED = {"reduce": "functools", "reload": "importlib"}

_LEFT = {
    "cmp": "Python 3 has no cmp: write (a > b) - (a < b), or sort by key",
    "execfile": "Python 3 has no execfile: write exec(open(path).read())",
    "apply": "Python 3 has no apply: call f(*arguments)",
    "coerce": "Python 3 has no coerce",
}


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.Name)
    word = node.value
    if word not in _RENAMED and word not in _IMPORTED and word not in _LEFT:
        return
    scopes = set(context.scopes.values())
    is_own = any(word in scope.bindings for scope in scopes) or any(s.stars for s in scopes)
    if is_own or not context.is_read(node):
        return
    if word in _RENAMED:
        new = _RENAMED[word]
        if context.scope(node).find(new):
            context.leave(
                node, f"{word} is now called {new}, a name that is used for something else here"
            )
            return
    elif word in _IMPORTED:
        new = context.need(node, _IMPORTED[word], word)
    else:
        context.leave(node, _LEFT[word])
        return
    context.change(
        node,
        f"{word} is now {new}",
        lambda updated: with_parentheses_of(updated, cst.Name(new)),
    )


BUILTINS_GONE = Rule("PU154", (cst.Name,), _look, __doc__ or "")
