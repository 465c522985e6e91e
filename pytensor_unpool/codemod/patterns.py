"""Match code against a pattern.

In a pattern, a name that ends with an underscore matches any expression, and the same one wherever
it is repeated. ``theano.tensor.zeros`` matches whatever name the file has for it, and ``range``
also matches ``xrange``. Everything else matches itself, up to white space.
"""

from __future__ import annotations

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.tree import children, dotted

__all__ = ["Found", "matches", "same"]

# The expressions that names with an underscore match.
Found = dict[str, cst.CSTNode]

_WORDS = (cst.Name, cst.Integer, cst.Float, cst.SimpleString)


def matches(pattern: cst.CSTNode, node: cst.CSTNode, context: Context, found: Found) -> bool:
    """Return whether code matches a pattern, and store in `found` what its names match."""
    text = dotted(pattern)
    if text is not None and text.startswith("theano."):
        return context.theano_name(node) == text
    if isinstance(pattern, cst.Name) and pattern.value.endswith("_"):
        known = found.setdefault(pattern.value, node)
        return same(known, node)
    if isinstance(pattern, cst.Name) and pattern.value == "range":
        return isinstance(node, cst.Name) and node.value in ("range", "xrange")
    if not _is_alike(pattern, node):
        return False
    ours, theirs = list(children(pattern)), list(children(node))
    return len(ours) == len(theirs) and all(
        matches(a, b, context, found) for a, b in zip(ours, theirs, strict=True)
    )


def same(a: cst.CSTNode, b: cst.CSTNode) -> bool:
    """Return whether two pieces of code are the same up to white space."""
    if a is b:
        return True
    ours, theirs = list(children(a)), list(children(b))
    return _is_alike(a, b) and len(ours) == len(theirs) and all(map(same, ours, theirs))


def _is_alike(a: cst.CSTNode, b: cst.CSTNode) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, _WORDS) and isinstance(b, _WORDS):
        return a.value == b.value
    return getattr(a, "star", "") == getattr(b, "star", "")
