"""Helper Ops of adaptive pooling: checked lengths, and repeats that are not folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.basic import Alloc

from pytensor_unpool.ops.check import Check
from pytensor_unpool.ops.common import same_for_all_items


class CheckLength(Check):
    """Check a length, which has no derivative and is the same for every item of a batch."""

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] for _ in node.inputs]

    def pushforward(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        tangents: Sequence[Variable],
    ) -> list[Variable]:
        return [disconnected_type()]


@_vectorize_node.register(CheckLength)
def _vectorize_check(
    op: CheckLength, node: Apply, length: Variable, *conditions: Variable
) -> Apply:
    """Take the length of the first item: PyTensor batches even the lengths of ``x.shape``."""
    if length.type.ndim:
        length = same_for_all_items(length[..., None])[0]
    return op.make_node(length, *[pt.all(condition) for condition in conditions])


class Repeat(Alloc):
    """Repeat for all leading items at run time.

    PyTensor would fold an `Alloc` of constants into a constant as large as the whole batch.
    """

    def do_constant_folding(self, fgraph: Any, node: Apply) -> bool:
        return False
