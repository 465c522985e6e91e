"""Rewrites of max-pooling."""

from __future__ import annotations

import numpy as np
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import copy_stack_trace, node_rewriter
from pytensor.scalar.basic import Cast
from pytensor.tensor.basic import cast
from pytensor.tensor.elemwise import Elemwise
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
def local_max_pool_narrow_positions(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Hand positions to gradients in the narrowest dtype that holds them.

    They are as many as the values, so in int64 they are most of what is written and read again.
    Only where the lengths are static, and where nobody but un-pooling and gathering reads them:
    `local_positions_uncast` takes away the cast that is put here.
    """
    op: MaxPool = node.op
    lengths = node.inputs[0].type.shape[-op.windows.ndim :]
    if op.positions_dtype is None or None in lengths:
        return None
    narrow = _narrowest(plane_size(lengths) - 1)
    if np.dtype(narrow).itemsize >= np.dtype(op.positions_dtype).itemsize:
        return None
    old_positions = node.outputs[1]
    readers = [client for client, _ in fgraph.clients[old_positions]]
    if not readers or not all(_reads_as_positions(r, old_positions) for r in readers):
        return None
    values, positions = MaxPool(op.windows, op.ties, narrow)(*node.inputs)
    copy_stack_trace(node.outputs, [values, positions])
    return [values, cast(positions, op.positions_dtype)]


@register_specialize("fast_compile", "pytensor_unpool")
@node_rewriter([MaxUnpool, MaxGather])
def local_positions_uncast(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Read positions as they were before they were cast to a wider integer."""
    owner = node.inputs[1].owner
    if owner is None or not isinstance(owner.op, Elemwise):
        return None
    if not isinstance(owner.op.scalar_op, Cast):
        return None
    (narrow,) = owner.inputs
    before, after = narrow.type.numpy_dtype, node.inputs[1].type.numpy_dtype
    if before.kind not in "iu" or not np.can_cast(before, after):
        return None
    output = node.op(node.inputs[0], narrow, *node.inputs[2:])
    copy_stack_trace(node.outputs[0], output)
    return [output]


def _narrowest(last_position: int) -> str:
    for dtype in ("int8", "int16", "int32"):
        if last_position <= np.iinfo(dtype).max:
            return dtype
    return "int64"


def _reads_as_positions(reader: Apply, positions: Variable) -> bool:
    """Return whether the node un-pools or gathers at the positions, and reads them as no more."""
    if not isinstance(reader.op, MaxUnpool | MaxGather):
        return False
    return [v for v in reader.inputs if v is positions] == [reader.inputs[1]]
