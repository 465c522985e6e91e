"""Conditions that are checked at run time, on every backend."""

from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.raise_op import CheckAndRaise
from pytensor.scalar.basic import as_scalar
from pytensor.tensor.variable import TensorVariable


class Check(CheckAndRaise):
    """PyTensor's CheckAndRaise, with conditions on lengths checked in JAX and MLX too.

    See `dispatch.static`. Conditions are cast from bool to integers, because PyTensor cannot pass
    constant bools to PyTorch.
    """

    def make_node(self, value: Any, *conditions: Any) -> Apply:
        value = value if isinstance(value, Variable) else pt.as_tensor_variable(value)
        numbers = [as_scalar(pt.cast(condition, "int8")) for condition in conditions]
        return Apply(self, [value, *numbers], [value.type()])


@_vectorize_node.register(Check)
def _vectorize_check(op: Check, node: Apply, value: Variable, *conditions: Variable) -> Apply:
    """Require the conditions of all items; PyTensor's own function supports one condition."""
    return op.make_node(value, *(pt.all(condition) for condition in conditions))


def equal(a: Any, b: Any) -> TensorVariable:
    """Return whether lengths are equal.

    PyTensor turns `eq` into `torch.equal` in PyTorch, which does not return a tensor.
    """
    return pt.and_(pt.le(a, b), pt.ge(a, b))


def is_multiple(number: Any, divisor: Any) -> TensorVariable:
    """Return whether a length is a multiple of another, without `%`.

    PyTensor's PyTorch backend has no remainder.
    """
    return pt.ge(number // divisor * divisor, number)
