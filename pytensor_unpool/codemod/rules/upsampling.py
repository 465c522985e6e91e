"""Upsampling with two calls of `repeat`.

Each `repeat` allocates an array; `upsample_nearest` only allocates the last. It upsamples the last
axes, so this is changed only if the axes are counted from the end, or the variable certainly has
four.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
+import pytensor_unpool as pu
 images = T.tensor4("images")
-larger = T.repeat(T.repeat(images, 2, axis=2), 3, axis=3)
+larger = pu.upsample_nearest(images, (2, 3))
```
"""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.kinds import is_tensor, ndim_of
from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.calls import argument, has_stars, plain_arguments
from pytensor_unpool.codemod.tree import with_parentheses_of

__all__ = ["UPSAMPLING"]

_FUNCTIONS = ("theano.tensor.repeat", "theano.tensor.extra_ops.repeat")


class _Repeat(NamedTuple):
    call: cst.Call
    is_method: bool
    times: int
    axis: int


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.Call)
    outer = _read(node, context)
    inner = _read(_repeated(node, outer.is_method), context) if outer is not None else None
    if outer is None or inner is None:
        return
    x = _repeated(inner.call, inner.is_method)
    axes = [inner.axis, outer.axis]
    ndim = ndim_of(x, context)
    if ndim is not None:
        axes = [axis - ndim if axis >= 0 else axis for axis in axes]
    if sorted(axes) != [-2, -1] or not is_tensor(x, context):
        return
    ratio = dict(zip(axes, (inner.times, outer.times), strict=True))
    package = context.need_package(node)
    context.claim_below(node, but=x)

    def edit(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.Call)
        middle = _repeated(updated, outer.is_method)
        assert isinstance(middle, cst.Call)
        x = cst.Module([]).code_for_node(_repeated(middle, inner.is_method))
        text = f"{package}.upsample_nearest({x}, ({ratio[-2]}, {ratio[-1]}))"
        return with_parentheses_of(updated, cst.parse_expression(text))

    context.change(node, "two repeats are now one upsample_nearest", edit)


def _read(node: cst.BaseExpression, context: Context) -> _Repeat | None:
    """Return how often something is repeated, and along which axis."""
    if not isinstance(node, cst.Call) or has_stars(node):
        return None
    is_function = context.call_of(node) in _FUNCTIONS
    is_method = (
        not is_function
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "repeat"
        and context.name(node.func) is None
    )
    if not (is_method or (is_function and plain_arguments(node))):
        return None
    at = int(is_function)
    times, axis = argument(node, at, "repeats"), _integer(argument(node, at + 1, "axis"))
    if not isinstance(times, cst.Integer) or axis is None:
        return None
    return _Repeat(node, is_method, int(times.value, 0), axis)


def _repeated(node: cst.Call, is_method: bool) -> cst.BaseExpression:
    if is_method:
        assert isinstance(node.func, cst.Attribute)
        return node.func.value
    return node.args[0].value


def _integer(node: cst.BaseExpression | None) -> int | None:
    if isinstance(node, cst.Integer):
        return int(node.value, 0)
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = _integer(node.expression)
        return None if inner is None else -inner
    return None


UPSAMPLING = Rule("PU133", (cst.Call,), _look, __doc__ or "")
