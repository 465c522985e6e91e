"""A rewrite that replaces old operations with PyTensor's when a graph is compiled.

By then, gradients have been taken. PyTensor's own rewrites recognise its operations, and its cache
of C code need not hold what old code attached to them.
"""

from __future__ import annotations

from typing import Any

from pytensor.compile.mode import optdb
from pytensor.graph.basic import Apply
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import copy_stack_trace, graph_rewriter
from pytensor.tensor.elemwise import Elemwise

from pytensor_unpool.compat.gradients import OVERRIDES
from pytensor_unpool.compat.twins import PRIVATE

__all__ = ["lower_old_operations"]

# Before PyTensor merges equal nodes, at 0.
POSITION = -0.02


@graph_rewriter
def lower_old_operations(fgraph: FunctionGraph) -> None:
    """Replace an operation that differs from PyTensor's only in its gradient."""
    for node in fgraph.toposort():
        new = lowered(node.op)
        if new is not node.op:
            outputs = Apply(new, node.inputs, [x.type() for x in node.outputs]).outputs
            copy_stack_trace(node.outputs, outputs)
            fgraph.replace_all_validate(
                list(zip(node.outputs, outputs, strict=True)), reason="lower_old_operations"
            )


def lowered(op: Any) -> Any:
    """Return PyTensor's operation that computes the same, if there is one; else `op` itself."""
    kind = type(op)
    old = "_has_twins" in vars(kind)
    if not old and kind is not Elemwise:
        return op
    state = {k: v for k, v in vars(op).items() if k not in PRIVATE and k not in OVERRIDES}
    if kind is Elemwise or "scalar_op" in state:
        state["scalar_op"] = lowered(op.scalar_op)
        if not old and state["scalar_op"] is op.scalar_op:
            return op
    new = object.__new__(kind._stands_for if old else kind)
    vars(new).update(state)
    return new


optdb.register(
    "lower_old_operations",
    lower_old_operations,
    "fast_run",
    "fast_compile",
    "pytensor_unpool",
    position=POSITION,
)
