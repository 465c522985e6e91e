"""Vectorization: batches become leading axes of the Ops instead of loops over items."""

from __future__ import annotations

from typing import Any

from pytensor.graph.basic import Apply, Variable
from pytensor.tensor.blockwise import vectorize_node_fallback

from pytensor_unpool.ops.common import broadcast_leading, same_for_all_items


def batch_pooling(op: Any, node: Apply, x: Variable, *runtime_parameters: Variable) -> Any:
    """Vectorize a pooling by giving `x` more leading axes.

    A loop is needed only if windows differ between items.
    """
    if any(matrix.type.ndim > 2 for matrix in runtime_parameters):
        return vectorize_node_fallback(op, node, x, *runtime_parameters)
    return op.make_node(x, *runtime_parameters)


def batch_unpooling(
    op: Any, node: Apply, moved: Variable, lengths: Variable, *runtime_parameters: Variable
) -> Any:
    """Vectorize an un-pooling to `lengths`, which must be the same for all items."""
    if any(matrix.type.ndim > 2 for matrix in runtime_parameters):
        return vectorize_node_fallback(op, node, moved, lengths, *runtime_parameters)
    trailing = [v.type.ndim for v in node.inputs[:2]]
    moved, lengths = broadcast_leading([moved, lengths], trailing)
    return op.make_node(moved, same_for_all_items(lengths), *runtime_parameters)


def batch_moves(op: Any, node: Apply, moved: Variable, places: Variable, *lengths: Variable) -> Any:
    """Vectorize a scatter to, or a gather from, `places`; all items must share the lengths."""
    trailing = [v.type.ndim for v in node.inputs]
    moved, places, *shared = broadcast_leading([moved, places, *lengths], trailing)
    return op.make_node(moved, places, *map(same_for_all_items, shared))
