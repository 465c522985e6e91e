"""What Ops have in common that are linear in their first input, or in each of the first two.

The first kind of Op is y = A v, where A is made of its other inputs and its properties. It is its
own pushforward, and its pullback is A', the Op that it names as its transpose: two such Ops make
derivatives of any order. The second kind has a transpose for each of the two.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable

from pytensor_unpool.ops.c_code import CKernelOp
from pytensor_unpool.ops.common import is_connected, no_gradient


class LinearOp(CKernelOp):
    """An Op that is linear in its first input; all others have no part in derivatives."""

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
    """An Op that is linear in each of its first two inputs, and has derivatives in these alone."""

    def transposes(
        self, cotangent: Variable, inputs: Sequence[Variable]
    ) -> tuple[Variable, Variable]:
        """Return the gradients of the first two inputs."""
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
