"""Windows formed by a reshape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.shape import Reshape

from pytensor_unpool.geometry import Windows
from pytensor_unpool.rewrites.graph_facts import (
    entries_of,
    is_multiple,
    is_product,
    is_quotient,
    length,
)
from pytensor_unpool.rewrites.record import Unproven


class Cut(NamedTuple):
    """An array, and the windows into which a reshape splits its last axes."""

    x: Variable
    windows: Windows


def cut_by_reshape(
    fgraph: FunctionGraph, cells: Variable, axes: Sequence[int] | None
) -> Cut | None:
    """Return the array that was split into cells, whose elements lie along `axes` in order.

    These axes may have been moved to the end and flattened there.
    """
    if not axes:
        return None
    cells, axes = _before_moves(*_before_flattening(fgraph, cells, axes))
    if cells.owner is None or not isinstance(cells.owner.op, Reshape):
        return None
    x, shape = cells.owner.inputs
    within = set(axes)
    if len(within) + x.type.ndim != cells.type.ndim or x.type.numpy_dtype.kind not in "iuf":
        return None
    if any(axis == 0 or axis - 1 in within for axis in within):
        return None
    entries = entries_of(shape, cells.type.ndim)
    known = cells.type.shape
    entries = [e if n is None else n for e, n in zip(entries, known, strict=True)]
    window: list[Any] = []
    kept: list[Any] = []
    for axis, entry in enumerate(entries):
        if axis in within:
            window[-1] = entry
        else:
            window.append(1)
            kept.append(entry)
    if not all(isinstance(r, int) and r > 0 for r in window):
        return None
    lengths = [length(fgraph, x, axis) for axis in range(x.type.ndim)]
    proven = [
        k is not None and (is_multiple(fgraph, n, r, k) or is_quotient(fgraph, k, n, r))
        for k, r, n in zip(kept, window, lengths, strict=True)
    ]
    # A reshape keeps the number of elements, which proves one remaining axis.
    if proven.count(False) > 1:
        raise Unproven("the reshape is not known to cut the axes into windows")
    windows = side_by_side(window)
    return None if windows is None else Cut(x, windows)


def _before_flattening(
    fgraph: FunctionGraph, cells: Variable, axes: Sequence[int]
) -> tuple[Variable, Sequence[int]]:
    """Undo a flattening of the last axes into the one that `axes` names."""
    node, last = cells.owner, cells.type.ndim - 1
    if tuple(axes) != (last,) or node is None or not isinstance(node.op, Reshape):
        return cells, axes
    moved = node.inputs[0]
    if moved.owner is None or not isinstance(moved.owner.op, DimShuffle):
        return cells, axes
    if moved.type.ndim <= cells.type.ndim or not _flattens(fgraph, node, moved, last):
        return cells, axes
    return moved, range(last, moved.type.ndim)


def _flattens(fgraph: FunctionGraph, node: Apply, x: Variable, kept: int) -> bool:
    """Return whether a reshape keeps the first `kept` axes and flattens the others into one."""
    entries = entries_of(node.inputs[1], kept + 1)
    known = node.outputs[0].type.shape
    entries = [e if n is None else n for e, n in zip(entries, known, strict=True)]
    within = x.type.shape[kept:]
    proven = [None not in within and entries[kept] == prod(within)]
    for axis, entry in enumerate(entries[:kept]):
        is_same = entry is not None and is_product(fgraph, length(fgraph, x, axis), [entry])
        proven.append(is_same)
    # A reshape keeps the number of elements.
    return proven.count(False) <= 1


def _before_moves(cells: Variable, axes: Sequence[int]) -> tuple[Variable, Sequence[int]]:
    """Undo a transpose that moved `axes`; return the cells before it and these axes in them."""
    node = cells.owner
    if node is None or not isinstance(node.op, DimShuffle) or not node.op.is_transpose:
        return cells, axes
    order = node.op.new_order
    within = [order[axis] for axis in axes]
    others = [order[axis] for axis in range(cells.type.ndim) if axis not in axes]
    # Both the taps of a window and the windows must stay in C order.
    if within != sorted(within) or others != sorted(others):
        return cells, axes
    return node.inputs[0], within


def side_by_side(window: Sequence[int]) -> Windows | None:
    """Return adjacent windows of the last axes, from the first window longer than 1 on.

    Return None if there are none, or if they have more taps than a kernel unrolls.
    """
    first = next((axis for axis, r in enumerate(window) if r > 1), len(window))
    last = tuple(window[first:])
    zeros, ones = (0,) * len(last), (1,) * len(last)
    windows = Windows(last, last, zeros, zeros, ones)
    return windows if last and windows.can_unroll else None


def are_side_by_side(windows: Windows) -> bool:
    """Return whether windows are adjacent and cover each axis, except for a rest at its end."""
    zeros, ones = (0,) * windows.ndim, (1,) * windows.ndim
    return windows.is_static and windows == Windows(
        windows.window, windows.window, zeros, zeros, ones
    )
