"""Rewrites of max pooling."""

from __future__ import annotations

from collections.abc import Sequence

from pytensor.compile.mode import optdb
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import copy_stack_trace, node_rewriter
from pytensor.tensor.basic import MakeVector
from pytensor.tensor.rewriting.basic import register_specialize

from pytensor_unpool.dispatch.backends import BACKENDS
from pytensor_unpool.ops import MaxGather, MaxPool, MaxUnpool, TapGather, TapUnpool, WindowUnpool
from pytensor_unpool.rewrites.graph_facts import length, same_integer


@register_specialize("fast_compile", "pytensor_unpool")
@node_rewriter([MaxPool])
def local_max_pool_drop_positions(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Do not compute positions that are not used.

    This runs after equal nodes have been merged, so a node whose positions are used by a gradient
    has both outputs in use.
    """
    op: MaxPool = node.op
    if op.output == "values" or fgraph.clients[node.outputs[1]]:
        return None
    values = MaxPool(op.windows, op.ties, "values")(*node.inputs)
    copy_stack_trace(node.outputs[0], values)
    return [values, node.outputs[1]]


@register_specialize("fast_compile", "pytensor_unpool")
@node_rewriter([MaxPool])
def local_max_pool_positions_to_taps(
    fgraph: FunctionGraph, node: Apply
) -> dict[Variable, Variable] | None:
    """Pass taps instead of positions to gradients and un-poolings.

    Positions cause most of the memory traffic. The rewrite applies if they are only used by
    un-pooling to the lengths of the input, and by gathering from arrays with these lengths. As
    windows do not overlap, positions do not repeat, so `duplicates` does not matter.
    """
    op: MaxPool = node.op
    if op.output != "positions" or not op.windows.has_taps:
        return None
    positions = node.outputs[1]
    readers = {reader for reader, _ in fgraph.clients[positions]}
    if not readers or not all(_reads_as_taps(fgraph, reader, node) for reader in readers):
        return None
    values, taps = MaxPool(op.windows, op.ties, "taps")(*node.inputs)
    copy_stack_trace(node.outputs[0], [values, taps])
    replacements = {}
    # A reader may use the result of another: replace from the last to the first.
    for reader in reversed(fgraph.toposort()):
        if reader in readers:
            moved, _, *lengths = reader.inputs
            kind = TapUnpool if isinstance(reader.op, MaxUnpool) else TapGather
            output = kind(op.windows)(moved, taps, *lengths)
            copy_stack_trace(reader.outputs[0], output)
            replacements[reader.outputs[0]] = output
    return {**replacements, node.outputs[0]: values}


@register_specialize("fast_compile", "pytensor_unpool")
@node_rewriter([MaxPool])
def local_max_pool_once(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Take the values from an equal pooling that computes positions as well, if they are used."""
    if node.op.output != "values":
        return None
    for other, _ in fgraph.clients[node.inputs[0]]:
        if not isinstance(other.op, MaxPool) or other.inputs != node.inputs:
            continue
        is_same = other.op.windows == node.op.windows and other.op.output != "values"
        if is_same and fgraph.clients[other.outputs[1]]:
            return [other.outputs[0]]
    return None


@register_specialize("fast_compile", "pytensor_unpool")
@node_rewriter([MaxGather, TapGather])
def local_gather_of_what_was_placed(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Skip a gathering whose result is known.

    It is the values that a pooling found at these places, or that an un-pooling wrote to them.
    """
    x, places = node.inputs[:2]
    source = _placed_by(fgraph, node, x, places)
    if source is None:
        source = _found_by(node, x, places)
    return None if source is None else [node.outputs[0].type.filter_variable(source)]


def _placed_by(fgraph: FunctionGraph, node: Apply, x: Variable, taps: Variable) -> Variable | None:
    """Return the values that an un-pooling wrote to the places where a node gathers."""
    unpool = x.owner
    if unpool is None or not isinstance(unpool.op, TapUnpool) or isinstance(node.op, MaxGather):
        return None
    moved = unpool.inputs[0]
    is_there = unpool.op.windows == node.op.windows and unpool.inputs[1] is taps
    # Un-pooling raises where shapes disagree.
    return moved if is_there and fgraph.shape_feature.same_shape(moved, taps) else None


def _found_by(node: Apply, x: Variable, places: Variable) -> Variable | None:
    """Return the values of the pooling that found the places where a node gathers."""
    pool = places.owner
    if pool is None or not isinstance(pool.op, MaxPool) or x is not pool.inputs[0]:
        return None
    windows = pool.op.windows
    if isinstance(node.op, TapGather):
        is_found = pool.op.output == "taps" and node.op.windows == windows
    else:
        # Overlapping windows may share a place, which "last" reads for the last of them only.
        is_once = windows.is_static and not windows.overlap
        is_found = node.op.ndim == windows.ndim and (node.op.duplicates == "sum" or is_once)
        is_found = is_found and pool.op.output != "taps"
    return pool.outputs[0] if is_found and places is pool.outputs[1] else None


@node_rewriter([MaxUnpool])
def local_max_unpool_to_windows(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Mark an un-pooling whose positions come from a pooling, and so lie in their windows.

    The un-pooling must be to the lengths of the pooled array, and must add up where windows
    overlap. This is for backends with `unpools_to_windows`, such as JAX, which would otherwise
    check all positions at run time, and scatter if windows overlap.
    """
    values, positions, lengths = node.inputs
    pool = positions.owner
    if isinstance(node.op, WindowUnpool) or pool is None or not isinstance(pool.op, MaxPool):
        return None
    windows = pool.op.windows
    if not windows.is_static or not _reads_as_taps(fgraph, node, pool):
        return None
    if node.op.duplicates != "sum" and windows.overlap:
        return None
    output = WindowUnpool(windows)(values, positions, lengths)
    copy_stack_trace(node.outputs[0], output)
    return [output]


optdb["specialize"].register(
    "local_max_unpool_to_windows",
    local_max_unpool_to_windows,
    *(backend.rewrite_tag for backend in BACKENDS if backend.unpools_to_windows),
    "pytensor_unpool",
)


def _reads_as_taps(fgraph: FunctionGraph, reader: Apply, pool: Apply) -> bool:
    """Return whether a node would have the same result with the taps of `pool` as positions."""
    x, positions = pool.inputs[0], pool.outputs[1]
    ndim = pool.op.windows.ndim
    if not isinstance(reader.op, MaxUnpool | MaxGather) or reader.op.ndim != ndim:
        return False
    if [v for v in reader.inputs if v is positions] != [reader.inputs[1]]:
        return False
    axes = range(x.type.ndim - ndim, x.type.ndim)
    if isinstance(reader.op, MaxUnpool):
        return _are_lengths(fgraph, reader.inputs[2], x, axes)
    moved = reader.inputs[0]
    lengths = [fgraph.shape_feature.get_shape(moved, axis) for axis in axes]
    return _are_all_lengths(fgraph, lengths, x, axes)


def _are_lengths(fgraph: FunctionGraph, vector: Variable, x: Variable, axes: Sequence[int]) -> bool:
    """Return whether a vector is known to hold the lengths of these axes of `x`."""
    if isinstance(vector, Constant):
        return [x.type.shape[axis] for axis in axes] == vector.data.tolist()
    if vector.owner is None or not isinstance(vector.owner.op, MakeVector):
        return False
    return _are_all_lengths(fgraph, vector.owner.inputs, x, axes)


def _are_all_lengths(
    fgraph: FunctionGraph, entries: Sequence[Variable], x: Variable, axes: Sequence[int]
) -> bool:
    return len(entries) == len(axes) and all(
        _is_length(fgraph, entry, x, axis) for entry, axis in zip(entries, axes, strict=True)
    )


def _is_length(fgraph: FunctionGraph, entry: Variable, x: Variable, axis: int) -> bool:
    """Return whether an integer is known to be the length of an axis of `x`."""
    return same_integer(fgraph, entry, length(fgraph, x, axis))
