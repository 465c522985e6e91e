"""Static inference of whether a value is an int, a float or a tensor.

A name has a kind if every assignment to it in its scope has that kind. Everything that cannot be
proved is unknown.
"""

from __future__ import annotations

import re
from typing import Literal

import libcst as cst

from pytensor_unpool.codemod.context import Context

__all__ = ["Kind", "is_tensor", "kind_of", "ndim_of"]

Kind = Literal["int", "float", "tensor"]

# How many assignments in a row are followed.
_DEEPEST = 8

_TYPED = re.compile(
    r"theano\.tensor\.(?:basic\.)?"
    r"(?P<dtype>[bwilfdcz]?)(?P<rank>scalar|vector|matrix|row|col|tensor3|tensor4|tensor5)$"
)
_RANKS = {
    "scalar": 0, "vector": 1, "matrix": 2, "row": 2, "col": 2, "tensor3": 3, "tensor4": 4,
    "tensor5": 5,
}  # fmt: skip

# Functions that return a float for any argument.
_FLOAT_FUNCTIONS = frozenset(
    f"{module}.{name}"
    for module, names in (
        ("theano.tensor", "mean std var sqrt exp log tanh sin cos"),
        ("theano.tensor.nnet", "sigmoid softmax softplus binary_crossentropy"),
        ("theano.tensor.nnet", "categorical_crossentropy"),
        ("numpy", "float32 float64 mean std var sqrt exp log log2 log10 tanh sin cos linspace"),
        ("numpy.random", "rand randn normal uniform"),
        ("numpy.linalg", "norm"),
        ("math", "sqrt exp log log10 sin cos tan pow fabs"),
    )
    for name in names.split()
)

_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Power)


def is_tensor(node: cst.BaseExpression, context: Context) -> bool:
    """Return whether a value is certainly symbolic."""
    if isinstance(node, cst.Call):
        name = context.call_of(node) or ""
        module, _, function = name.rpartition(".")
        if module in ("theano.tensor", "theano.tensor.nnet") and function != "constant":
            return function not in ("TensorType", "Tensor")
        return isinstance(node.func, cst.Attribute) and is_tensor(node.func.value, context)
    if isinstance(node, cst.Subscript):
        return is_tensor(node.value, context)
    if isinstance(node, cst.BinaryOperation):
        return is_tensor(node.left, context) or is_tensor(node.right, context)
    if isinstance(node, cst.Name):
        value = _only_value(node, context)
        return value is not None and value is not node and is_tensor(value, context)
    return isinstance(node, cst.Attribute) and is_tensor(node.value, context)


def ndim_of(node: cst.BaseExpression, context: Context) -> int | None:
    """Return the number of axes of a symbolic variable, None if unknown."""
    if isinstance(node, cst.Call):
        if match := _TYPED.match(context.call_of(node) or ""):
            return _RANKS[match["rank"]]
        return None
    if isinstance(node, cst.Name):
        value = _only_value(node, context)
        return None if value is None or isinstance(value, cst.Name) else ndim_of(value, context)
    return None


def kind_of(node: cst.BaseExpression, context: Context, depth: int = 0) -> Kind | None:
    """Return whether a value is a Python int or a float, None if neither is proved.

    NumPy's floats and symbolic floats count as floats: dividing them has the same meaning in
    Python 2 and 3.
    """
    if depth > _DEEPEST:
        return None
    if isinstance(node, cst.Integer):
        return "int"
    if isinstance(node, cst.Float):
        return "float"
    if isinstance(node, cst.UnaryOperation):
        return kind_of(node.expression, context, depth + 1)
    if isinstance(node, cst.BinaryOperation):
        return _kind_of_operation(node, context, depth)
    if isinstance(node, cst.Call):
        return _kind_of_call(node, context, depth)
    if isinstance(node, cst.Name):
        return _kind_of_name(node, context, depth)
    return None


def _kind_of_operation(node: cst.BinaryOperation, context: Context, depth: int) -> Kind | None:
    left = kind_of(node.left, context, depth + 1)
    right = kind_of(node.right, context, depth + 1)
    if "float" in (left, right):
        return "float"
    both = left == right == "int"
    return (
        "int"
        if both and isinstance(node.operator, (*_ARITHMETIC[:3], cst.FloorDivide, cst.Modulo))
        else None
    )


def _kind_of_call(node: cst.Call, context: Context, depth: int) -> Kind | None:
    name = context.theano_name(node.func) or ""
    if name in _FLOAT_FUNCTIONS:
        return "float"
    if isinstance(node.func, cst.Attribute):
        method = node.func.attr.value
        if method in ("mean", "std", "var") or (method == "astype" and _casts_to_float(node)):
            return "float"
        return None
    if not isinstance(node.func, cst.Name) or context.scope(node.func).find(node.func.value):
        return None
    function = node.func.value
    if function in ("len", "int"):
        return "int"
    if function == "float":
        return "float"
    values = [kind_of(arg.value, context, depth + 1) for arg in node.args if not arg.star]
    if (
        function in ("abs", "max", "min")
        and len(values) == len(node.args)
        and len(set(values)) == 1
    ):
        return values[0]
    return None


def _casts_to_float(node: cst.Call) -> bool:
    text = cst.Module([]).code_for_node(node)
    return "float" in text.rpartition("astype")[2]


def _kind_of_name(node: cst.Name, context: Context, depth: int) -> Kind | None:
    value = _only_value(node, context)
    return None if value is None else kind_of(value, context, depth + 1)


def _only_value(node: cst.Name, context: Context) -> cst.BaseExpression | None:
    """Return the value assigned to a name, if it is assigned once and in this scope."""
    scope = context.scope(node)
    bindings = scope.find(node.value)
    if len(bindings) != 1 or not isinstance(bindings[0].node, cst.Assign):
        return None
    assign = bindings[0].node
    target = assign.targets[0].target
    if len(assign.targets) > 1 or not isinstance(target, cst.Name):
        return None
    # A name that occurs in its own value changes while the program runs.
    return assign.value if context.scope(target) is scope or scope.parent else None
