"""Modules renamed in Python 3.

An import inside `try`, or chosen by Python version, is left as it is.

```diff
-import cPickle
-import urllib
+import pickle
+import urllib.request
 def fetch(path, url):
-    urllib.urlretrieve(url, path)
-    return cPickle.Unpickler(open(path, "rb"))
+    urllib.request.urlretrieve(url, path)
+    return pickle.Unpickler(open(path, "rb"))
```
"""

from __future__ import annotations

import re

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.tree import dotted, expression, with_parentheses_of

__all__ = ["STDLIB_MODULES"]

_MODULES = {
    "cPickle": "pickle", "cStringIO": "io", "StringIO": "io", "Queue": "queue",
    "ConfigParser": "configparser", "copy_reg": "copyreg", "__builtin__": "builtins",
    "SocketServer": "socketserver", "BaseHTTPServer": "http.server", "httplib": "http.client",
    "urlparse": "urllib.parse", "HTMLParser": "html.parser", "Tkinter": "tkinter",
    "tkFileDialog": "tkinter.filedialog", "xmlrpclib": "xmlrpc.client", "commands": "subprocess",
    "urllib2": "urllib.request",
}  # fmt: skip

_VERSION = re.compile(r"version|\bPY[23]\b")

# `urllib` is a package now.
_URLLIB = {
    "urlopen": "request", "urlretrieve": "request", "URLopener": "request",
    "FancyURLopener": "request", "urlcleanup": "request", "quote": "parse", "quote_plus": "parse",
    "unquote": "parse", "unquote_plus": "parse", "urlencode": "parse",
}  # fmt: skip


def _look(node: cst.CSTNode, context: Context) -> None:
    if isinstance(node, cst.Import):
        _look_at_import(node, context)
    elif isinstance(node, cst.ImportFrom):
        _look_at_from(node, context)
    elif isinstance(node, cst.Attribute):
        _look_at_urllib(node, context)
    elif isinstance(node, cst.Name):
        _look_at_name(node, context)


def _is_tried(node: cst.CSTNode, context: Context) -> bool:
    """Return whether an import is one of two: in a ``try``, or chosen by Python version."""
    return any(
        isinstance(above, (cst.Try, cst.TryStar))
        or (isinstance(above, cst.If) and _VERSION.search(context.module.code_for_node(above.test)))
        for above in context.above(node)
    )


def _look_at_import(node: cst.Import, context: Context) -> None:
    if _is_tried(node, context):
        return
    for alias in node.names:
        name = dotted(alias.name) or ""
        if name == "urllib" and alias.asname is None:
            _import_parts(node, alias, context)
        elif name in _MODULES:
            _rename(alias, _MODULES[name], context)


def _rename(alias: cst.ImportAlias, new: str, context: Context) -> None:
    local = alias.asname
    old = dotted(alias.name) or ""
    if local is not None and dotted(local.name) == new:
        local = None
    elif local is None and (new in context.words() or "." in new):
        local = cst.AsName(cst.Name(old))
    context.change(
        alias,
        f"{old} is now called {new}",
        lambda updated: updated.with_changes(name=expression(new), asname=local),
    )


def _look_at_name(node: cst.Name, context: Context) -> None:
    """Rename ``cPickle`` where the module itself was renamed, and not given its old name."""
    new = _MODULES.get(node.value)
    if new is None or "." in new or new in context.words() or not context.is_read(node):
        return
    bindings = context.scope(node).find(node.value)
    is_module = [b.means == node.value and isinstance(b.node, cst.Import) for b in bindings]
    if is_module and all(is_module) and not _is_tried(bindings[0].node, context):
        context.change(
            node,
            f"{node.value} is now called {new}",
            lambda updated: with_parentheses_of(updated, cst.Name(new)),
        )


def _look_at_from(node: cst.ImportFrom, context: Context) -> None:
    module = None if node.relative else dotted(node.module)
    if module is None or isinstance(node.names, cst.ImportStar) or _is_tried(node, context):
        return
    new = _MODULES.get(module)
    if module == "urllib":
        parts = {_URLLIB.get(dotted(alias.name) or "") for alias in node.names}
        (part,) = parts if len(parts) == 1 else (None,)
        new = f"urllib.{part}" if part else None
    if new is not None:
        context.change(
            node,
            f"{module} is now called {new}",
            lambda updated: updated.with_changes(module=expression(new)),
        )


def _used_parts(context: Context) -> list[str]:
    parts = set()
    for use in context.uses("urllib"):
        parent = context.parents[use]
        if isinstance(parent, cst.Attribute):
            parts.add(_URLLIB.get(parent.attr.value))
    return sorted(part for part in parts if part)


def _import_parts(node: cst.Import, alias: cst.ImportAlias, context: Context) -> None:
    parts = _used_parts(context)
    if not parts:
        return
    new = [alias.with_changes(name=expression(f"urllib.{part}")) for part in parts]
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    new[:-1] = [item.with_changes(comma=comma) for item in new[:-1]]
    context.change(alias, "urllib is now a package", lambda _: cst.FlattenSentinel(new))


def _look_at_urllib(node: cst.Attribute, context: Context) -> None:
    if not isinstance(node.value, cst.Name) or node.value.value != "urllib":
        return
    part = _URLLIB.get(node.attr.value)
    bindings = context.scope(node).find("urllib")
    if part and bindings and all(b.means == "urllib" for b in bindings):
        if _is_tried(bindings[0].node, context):
            return
        context.change(
            node,
            f"urllib.{node.attr.value} is now in urllib.{part}",
            lambda updated: updated.with_changes(value=expression(f"urllib.{part}")),
        )


STDLIB_MODULES = Rule(
    "PU153", (cst.Import, cst.ImportFrom, cst.Attribute, cst.Name), _look, __doc__ or ""
)
