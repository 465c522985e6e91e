"""Rewrites of max-pooling."""

from __future__ import annotations

import numpy as np
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import copy_stack_trace, node_rewriter
from pytensor.tensor.rewriting.basic import register_specialize

from pytensor_unpool.geometry import plane_size
from pytensor_unpool.ops import MaxGather, MaxPool, MaxUnpool


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


@register_specialize("fast_compile", "pytensor_unpool")
@node_rewriter([MaxPool])
def local_max_pool_narrow_positions(
    fgraph: FunctionGraph, node: Apply
) -> dict[Variable, Variable] | None:
    """Hand positions to gradients in the narrowest dtype that holds them.

    They are as many as the values, so in int64 they are most of what is written and read again.
    Only where the lengths are static, and where nobody but un-pooling and gathering reads them:
    those take any dtype.
    """
    op: MaxPool = node.op
    lengths = node.inputs[0].type.shape[-op.windows.ndim :]
    if op.positions_dtype is None or None in lengths:
        return None
    narrow = _narrowest(plane_size(lengths) - 1)
    if np.dtype(narrow).itemsize >= np.dtype(op.positions_dtype).itemsize:
        return None
    old_values, old_positions = node.outputs
    readers = [client for client, _ in fgraph.clients[old_positions]]
    if not readers or not all(_reads_positions_only(r, old_positions) for r in readers):
        return None
    values, positions = MaxPool(op.windows, op.ties, narrow)(*node.inputs)
    copy_stack_trace(node.outputs, [values, positions])
    replaced = {old_values: values}
    for reader in readers:
        first, _, *rest = reader.inputs
        output = reader.op(first, positions, *rest)
        copy_stack_trace(reader.outputs[0], output)
        replaced[reader.outputs[0]] = output
    return replaced


def _narrowest(last_position: int) -> str:
    for dtype in ("int8", "int16", "int32"):
        if last_position <= np.iinfo(dtype).max:
            return dtype
    return "int64"


def _reads_positions_only(reader: Apply, positions: Variable) -> bool:
    """Return whether the node un-pools or gathers at the positions, and reads them as no more."""
    if not isinstance(reader.op, MaxUnpool | MaxGather):
        return False
    return [v for v in reader.inputs if v is positions] == [reader.inputs[1]]
