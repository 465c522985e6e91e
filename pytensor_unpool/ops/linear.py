"""Base classes of Ops that are linear in their first input, or in each of their first two.

A linear Op computes y = A v, where A depends on its other inputs and its properties. It is its own
pushforward. Its pullback is A', the Op that it names as its transpose, so two such Ops give
derivatives of any order. A bilinear Op has a transpose for each of its two arguments.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable

from pytensor_unpool.ops.c_code import CKernelOp
from pytensor_unpool.ops.common import is_connected, no_gradient


class LinearOp(CKernelOp):
    """An Op that is linear in its first input, with no derivatives in the others."""

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        """Return the transpose of this Op, applied to the cotangent of its output."""
        raise NotImplementedError

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], *([False] for _ in node.inputs[1:])]

    def pullback(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        cotangents: Sequence[Variable],
    ) -> list[Variable]:
        gradient: Variable = disconnected_type()
        if is_connected(cotangents[0]):
            if inputs[0].type.numpy_dtype.kind == "f":
                gradient = self.transpose(cotangents[0], inputs)
            else:
                gradient = no_gradient(inputs[0])
        return [gradient, *(disconnected_type() for _ in inputs[1:])]

    def pushforward(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        tangents: Sequence[Variable],
    ) -> list[Variable]:
        if not is_connected(tangents[0]):
            return [disconnected_type()]
        return [self(tangents[0], *inputs[1:])]


class BilinearOp(CKernelOp):
    """An Op that is linear in each of its first two inputs, with no derivatives in the others."""

    def transposes(
        self, cotangent: Variable, inputs: Sequence[Variable]
    ) -> tuple[Variable, Variable]:
        """Return the gradients with respect to the first two inputs."""
        raise NotImplementedError

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[i < 2] for i in range(len(node.inputs))]

    def pullback(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        cotangents: Sequence[Variable],
    ) -> list[Variable]:
        rest = [disconnected_type() for _ in inputs[2:]]
        if not is_connected(cotangents[0]):
            return [disconnected_type(), disconnected_type(), *rest]
        return [*self.transposes(cotangents[0], inputs), *rest]

    def pushforward(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        tangents: Sequence[Variable],
    ) -> list[Variable]:
        first, second, *rest = inputs
        changes = []
        if is_connected(tangents[0]):
            changes.append(self(tangents[0], second, *rest))
        if is_connected(tangents[1]):
            changes.append(self(first, tangents[1], *rest))
        return [sum(changes[1:], changes[0]) if changes else disconnected_type()]
