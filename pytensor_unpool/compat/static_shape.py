"""Static shapes as in Theano's types, which said of a length that it is 1, and nothing else.

PyTensor's types can say any length. Old code compares types, and gives a variable's type to what it
is updated with, to what a scan hands to its next step, and to gradients: there, a type that says
more than the other would be an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytensor.tensor as pt
from pytensor.compile.ops import TypeCastingOp
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph, Output
from pytensor.graph.replace import _vectorize_node
from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.tensor.rewriting.basic import register_canonicalize, register_useless
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import TensorVariable

__all__ = ["UnspecifyShape", "as_type", "generalized", "of_theano", "with_static_shape"]

Lengths = tuple[int | None, ...]


class UnspecifyShape(TypeCastingOp):
    """Return a tensor as it is, with a type that says less of its shape: `SpecifyShape` undone.

    Compiled graphs have it at most as outputs: elsewhere, the lengths may be known again.

    Parameters
    ----------
    shape : tuple of int or None
        The static shape of the result.
    """

    __props__ = ("shape",)

    def __init__(self, shape: Sequence[int | None]) -> None:
        self.shape = tuple(shape)

    def make_node(self, x: Variable) -> Apply:
        """Apply the Op to a tensor of as many axes."""
        return Apply(self, [x], [x.type.clone(shape=self.shape)()])

    def infer_shape(self, *arguments: Any) -> Any:
        """Return the shape of the tensor itself."""
        return arguments[-1]

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Variable]:
        """Return the tangent, with the type of the result."""
        """Return the cotangent, with the type of the tensor."""
        (x,), (g,) = inputs, cotangents
        return [g if isinstance(g.type, DisconnectedType) else with_static_shape(g, x.type.shape)]

    def pushforward(self, inputs: Any, outputs: Any, tangents: Any) -> list[Variable]:
        """Return the tangent, with the type of the result."""
        (t,) = tangents
        return [t if isinstance(t.type, DisconnectedType) else with_static_shape(t, self.shape)]


@_vectorize_node.register(UnspecifyShape)
def _vectorize(op: UnspecifyShape, node: Apply, x: Variable) -> Apply:
    batch = x.type.shape[: x.type.ndim - len(op.shape)]
    return UnspecifyShape((*batch, *op.shape)).make_node(x)


@register_useless("fast_compile")
@register_canonicalize("fast_compile")
@node_rewriter([UnspecifyShape])
def remove_unspecify_shape(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Replace a tensor whose type says less by the tensor itself.

    Not where the graph returns it: that of a scan's step must keep the type of the step's input.
    """
    (x,), (y,) = node.inputs, node.outputs
    is_returned = any(isinstance(user.op, Output) for user, _ in fgraph.clients[y])
    return None if is_returned and x.type.broadcastable != y.type.broadcastable else [x]


def with_static_shape(x: TensorVariable, shape: Sequence[int | None]) -> TensorVariable:
    """Return a tensor with exactly this static shape. Lengths that are new are checked."""
    if any(new is not None and old is None for old, new in zip(x.type.shape, shape, strict=True)):
        x = pt.specify_shape(x, shape)
    if x.type.shape != tuple(shape):
        x = UnspecifyShape(shape)(x)
    return x


def of_theano(x: TensorVariable, broadcastable: Sequence[bool]) -> TensorVariable:
    """Return a tensor with the type that it has in Theano."""
    return with_static_shape(x, [1 if once else None for once in broadcastable])


def as_type(x: Any, like: Any) -> Any:
    """Return a variable with the type `like`, as far as they differ in their static shapes alone.

    It comes back as it is if they differ otherwise: an error is PyTensor's to raise.
    """
    if not isinstance(like, TensorType) or (isinstance(x, Variable) and x.type == like):
        return x
    if not isinstance(x, Variable) or not isinstance(x.type, TensorType):
        return x
    if x.type.ndim != like.ndim:
        return x
    return with_static_shape(cast(TensorVariable, x), like.shape)


def generalized(x: Any, like: Any) -> Any:
    """Return a variable without the static lengths that the type `like` does not have."""
    if not all(isinstance(kind, TensorType) for kind in (like, getattr(x, "type", None))):
        return x
    if x.type.ndim != like.ndim:
        return x
    lengths = zip(x.type.shape, like.shape, strict=True)
    return with_static_shape(x, [own if other == own else None for own, other in lengths])
