"""Conditions that are looked at when the function runs, on every backend."""

from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.raise_op import CheckAndRaise
from pytensor.scalar.basic import as_scalar
from pytensor.tensor.variable import TensorVariable


class Check(CheckAndRaise):
    """PyTensor's CheckAndRaise, whose conditions of lengths are looked at in JAX and MLX too.

    See `dispatch.static`. Conditions are bools, which are handed on as integers: PyTensor gives
    PyTorch no constant that is a bool.
    """

    def make_node(self, value: Any, *conditions: Any) -> Apply:
        value = value if isinstance(value, Variable) else pt.as_tensor_variable(value)
        numbers = [as_scalar(pt.cast(condition, "int8")) for condition in conditions]
        return Apply(self, [value, *numbers], [value.type()])


@_vectorize_node.register(Check)
def _vectorize_check(op: Check, node: Apply, value: Variable, *conditions: Variable) -> Apply:
    """All conditions of a batch must hold; PyTensor's own function takes one condition."""
    return op.make_node(value, *(pt.all(condition) for condition in conditions))


def equal(a: Any, b: Any) -> TensorVariable:
    """Return whether lengths are equal.

    PyTensor's own `eq` is `torch.equal` in PyTorch, which is no tensor.
    """
    return pt.and_(pt.le(a, b), pt.ge(a, b))


def is_multiple(number: Any, divisor: Any) -> TensorVariable:
    """Return whether a length is a multiple. PyTensor's PyTorch knows no remainders."""
    return pt.ge(number // divisor * divisor, number)
