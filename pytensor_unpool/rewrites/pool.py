"""Rewrites of max-pooling."""

from __future__ import annotations

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import copy_stack_trace, node_rewriter
from pytensor.tensor.rewriting.basic import register_specialize

from pytensor_unpool.ops import MaxPool


@register_specialize("fast_compile", "pytensor_unpool")
@node_rewriter([MaxPool])
def local_max_pool_drop_positions(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Compute no positions that nobody reads.

    This runs after equal nodes were merged, so a node whose positions serve a gradient has both
    outputs in use.
    """
    op: MaxPool = node.op
    if op.positions_dtype is None or fgraph.clients[node.outputs[1]]:
        return None
    values = MaxPool(op.windows, op.ties, None)(*node.inputs)
    copy_stack_trace(node.outputs[0], values)
    return [values, node.outputs[1]]
