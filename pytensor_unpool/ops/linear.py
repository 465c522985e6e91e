"""What Ops have in common that are linear in their first input, and do not depend on it otherwise.

Such an Op is y = A v, where A is made of its other inputs and its properties. It is its own
pushforward, and its pullback is A', the Op that it names as its transpose: two such Ops make
derivatives of any order.
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
