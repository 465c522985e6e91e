"""Replaces loops over a batch by one of this package's Ops, which take the batch at once."""

from __future__ import annotations

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.replace import _vectorize_node
from pytensor.graph.rewriting.basic import copy_stack_trace, node_rewriter
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.rewriting.basic import register_canonicalize

from pytensor_unpool import ops

OURS = tuple(getattr(ops, name) for name in ops.__all__)


@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([Blockwise])
def local_blockwise_to_op(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Call an Op once instead of once for every item of a batch."""
    op = node.op.core_op
    if not isinstance(op, OURS):
        return None
    core = node.op._create_dummy_core_node(node.inputs)
    batched = _vectorize_node(op, core, *node.inputs)
    outputs = batched.outputs if isinstance(batched, Apply) else batched
    # Windows that differ between items need the loop.
    if any(v.owner is None or isinstance(v.owner.op, Blockwise) for v in outputs):
        return None
    copy_stack_trace(node.outputs, outputs)
    return [old.type.filter_variable(new) for old, new in zip(node.outputs, outputs, strict=True)]
