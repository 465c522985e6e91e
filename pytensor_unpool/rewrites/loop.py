"""Fuses un-pooling in a loop over items into one assignment, and its gradient into one read.

A Python loop over leading items leaves a chain in the graph: zeros, an assignment to item (0, 0),
another to item (0, 1), and so on. If every item is written once, from the same items of the same
arrays, a single assignment with ``arange`` indices does the same, because items do not overlap. The
chain is replaced before PyTensor's own rewrites see it, since some of them take time quadratic in
its length.

The items need not be all of an array, whose lengths need not be known: they are those from (0, 0)
to some last one, what is beyond stays zero, and an array that is shorter is an IndexError, as it is
in the loop.

The gradient is a sum. Each term is zero except for one item, which is read from the cotangent at
the positions of that item. The cotangent has zeros assigned to the items that were written later.
If those are other items, the assignments do not matter and the original cotangent is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.mode import optdb
from pytensor.graph.basic import Apply, Variable, equal_computations
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import copy_stack_trace, graph_rewriter
from pytensor.scalar.basic import Add
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedSubtensor,
    IncSubtensor,
    Subtensor,
    indices_from_subtensor,
)

from pytensor_unpool.ops import MaxGather
from pytensor_unpool.ops.check import Check
from pytensor_unpool.rewrites.graph_facts import Length, is_zero, plain
from pytensor_unpool.rewrites.record import Finding, Unproven, note

Item = tuple[int, ...]

NAME = "fuse_set_subtensor_loop"


@graph_rewriter
def fuse_set_subtensor_loop(fgraph: FunctionGraph) -> None:
    """Replace chains of assignments to all leading items by a single assignment."""
    links = {n: link for n in fgraph.apply_nodes if (link := _link(n)) is not None}
    gathers = {n: link for n, link in links.items() if isinstance(n.op, AdvancedSubtensor)}
    for node in [n for n in fgraph.apply_nodes if gathers and _is_whole_sum(fgraph, n)]:
        _fuse_gathers(fgraph, node, links)
    links = {n: link for n, link in links.items() if n in fgraph.apply_nodes and n not in gathers}
    inner = {n.inputs[0].owner for n in links if _is_only_read_by(fgraph, n.inputs[0], n)}
    for last in [n for n in links if n not in inner]:
        chain = list(_chain(fgraph, last, links))
        if len(chain) == 1:
            continue
        try:
            assigned = _assigned_at_once([(n, links[n]) for n in chain])
        except Unproven as reason:
            note(fgraph, Finding(NAME, f"{len(chain)} assignments", None, str(reason)))
            continue
        note(fgraph, Finding(NAME, f"{len(chain)} assignments", "one assignment"))
        _replace(fgraph, last.outputs[0], assigned)


# Before all other rewrites except the one that inlines nested graphs.
optdb.register(
    NAME, fuse_set_subtensor_loop, "fast_run", "fast_compile", "pytensor_unpool", position=-0.005
)


class _Link(NamedTuple):
    """One assignment or read: the indices of its item, and the arrays of positions in it."""

    item: Item
    positions: list[Variable]


def _link(node: Apply) -> _Link | None:
    """Return the item that a node assigns to or reads, with the positions; None for others."""
    if isinstance(node.op, AdvancedIncSubtensor) and not node.op.ignore_duplicates:
        indices = node.inputs[2:]
    elif isinstance(node.op, AdvancedSubtensor):
        indices = node.inputs[1:]
    else:
        return None
    entries = indices_from_subtensor(indices, node.op.idx_list)
    if len(entries) != node.inputs[0].type.ndim:
        return None
    item: list[int] = []
    for entry in entries:
        number = _known(entry)
        if number is None:
            break
        item.append(number)
    rest = list(entries[len(item) :])
    if not item or not rest:
        return None
    if any(isinstance(e, slice) or e.type.numpy_dtype.kind not in "iu" for e in rest):
        return None
    if max(e.type.ndim for e in rest) == 0:
        return None
    return _Link(tuple(item), rest)


def _known(entry: Any) -> int | None:
    if isinstance(entry, int | np.integer):
        return int(entry)
    if isinstance(entry, slice) or entry.type.ndim > 0:
        return None
    number = plain(entry)
    return number if isinstance(number, int) else None


def _is_only_read_by(fgraph: FunctionGraph, v: Variable, node: Apply) -> bool:
    return v.owner is not None and [reader for reader, _ in fgraph.clients[v]] == [node]


def _chain(fgraph: FunctionGraph, last: Apply, links: dict[Apply, _Link]) -> Iterator[Apply]:
    """Yield the assignments of a chain from last to first."""
    node = last
    while True:
        yield node
        before = node.inputs[0].owner
        if before not in links or not _is_only_read_by(fgraph, node.inputs[0], node):
            return
        if before.op != last.op or len(links[before].item) != len(links[last].item):
            return
        node = before


def _assigned_at_once(chain: Sequence[tuple[Apply, _Link]]) -> Variable:
    """Return one assignment that replaces a chain, or raise `Unproven`."""
    first = chain[-1][0]
    zeros = first.inputs[0]
    if not is_zero(zeros):
        raise Unproven("what is written to first is not known to be zeros")
    items, leading = _box("written", [link.item for _, link in chain], zeros.type.shape)
    values = _stacked("values", [n.inputs[1] for n, _ in chain], items, leading)
    columns = zip(*(link.positions for _, link in chain), strict=True)
    positions = [_stacked("positions", list(column), items, leading) for column in columns]
    ndim = max(p.type.ndim for p in positions)
    if values.type.ndim > ndim:
        raise Unproven("the values have more axes than the positions")
    where = [*_ranges(leading, ndim), *(_padded(p, len(leading), ndim) for p in positions)]
    assign = AdvancedIncSubtensor(
        tuple(range(len(where))), set_instead_of_inc=first.op.set_instead_of_inc
    )
    return assign(zeros, _padded(values, len(leading), ndim), *where)


def _replace(fgraph: FunctionGraph, old: Variable, new: Variable) -> None:
    copy_stack_trace(old, new)
    fgraph.replace_validate(old, old.type.filter_variable(new), reason=NAME)


def _is_whole_sum(fgraph: FunctionGraph, node: Apply) -> bool:
    """Return whether a node is a sum that is not itself a term of a sum."""
    readers = [reader for reader, _ in fgraph.clients.get(node.outputs[0], ())]
    return _is_sum(node) and not (len(readers) == 1 and _is_sum(readers[0]))


def _is_sum(node: Any) -> bool:
    return isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, Add)


def _terms(v: Variable) -> Iterator[Variable]:
    pending = [v]
    while pending:
        term = pending.pop()
        if term.owner is not None and _is_sum(term.owner):
            pending += term.owner.inputs
        else:
            yield term


def _fuse_gathers(fgraph: FunctionGraph, node: Apply, links: dict[Apply, _Link]) -> None:
    """Replace the reads of single items in the terms of a sum by one read."""
    placed: list[tuple[Apply, _Link, Variable]] = []
    rest = []
    for term in _terms(node.outputs[0]):
        read = _read_item(term, links)
        if read is None:
            rest.append(term)
        else:
            placed.append((*read, term.owner.inputs[0]))
    if len(placed) < 2:
        return
    try:
        gathered = _gathered_at_once(placed, links)
    except Unproven as reason:
        note(fgraph, Finding(NAME, f"{len(placed)} readings", None, str(reason)))
        return
    note(fgraph, Finding(NAME, f"{len(placed)} readings", "one reading"))
    _replace(fgraph, node.outputs[0], pt.add(gathered, *rest) if rest else gathered)


def _read_item(term: Variable, links: dict[Apply, _Link]) -> tuple[Apply, _Link] | None:
    """Return the node that reads the single nonzero item of a term, None if there is none."""
    node = term.owner
    if node is None or not isinstance(node.op, IncSubtensor) or not is_zero(node.inputs[0]):
        return None
    link = links.get(node.inputs[1].owner)
    entries = _numbers(indices_from_subtensor(node.inputs[2:], node.op.idx_list))
    if link is None or not isinstance(node.inputs[1].owner.op, AdvancedSubtensor):
        return None
    return (node.inputs[1].owner, link) if tuple(entries) == link.item else None


def _gathered_at_once(
    placed: Sequence[tuple[Apply, _Link, Variable]], links: dict[Apply, _Link]
) -> Variable:
    """Return one read that replaces the reads of all items, or raise `Unproven`."""
    zeros = placed[0][2]
    items, leading = _box("read", [link.item for _, link, _ in placed], zeros.type.shape)
    if any(z.type.ndim != zeros.type.ndim for _, _, z in placed):
        raise Unproven("the items are not those of one array")
    sources = [_untouched(node, link.item, links) for node, link, _ in placed]
    if any(source is not sources[0] for source in sources):
        raise Unproven("the items are not read from one array")
    columns = list(zip(*(link.positions for _, link, _ in placed), strict=True))
    positions = [_stacked("positions", list(column), items, leading) for column in columns]
    ndim = max(p.type.ndim for p in positions)
    if ndim != zeros.type.ndim:
        raise Unproven("the positions do not have the shape of the result")
    if len(positions) != 1 or sources[0].type.ndim != ndim:
        raise Unproven("the positions are not those in one axis")
    if positions[0].type.shape[: len(leading)] != tuple(leading):
        raise Unproven("the positions are not those of each item")
    # The Op, not indexing: PyTensor takes what was written last to an index for what is read from
    # it, which is wrong where positions repeat.
    items_read = tuple(slice(n) for n in leading)
    source = _long_enough(sources[0], leading)[items_read]
    source = pt.specify_shape(source, [*leading, *[None] * (ndim - len(leading))])
    wraps = positions[0].type.numpy_dtype.kind == "i"
    gathered = MaxGather(ndim - len(leading), "sum", wraps=wraps)(source, positions[0])
    if zeros.type.shape[: len(leading)] == tuple(leading):
        return gathered
    box = tuple(slice(n) for n in leading)
    return pt.set_subtensor(_long_enough(zeros, leading)[box], gathered)


def _untouched(node: Apply, item: Item, links: dict[Apply, _Link]) -> Variable:
    """Return the array that a node reads, skipping assignments to other items."""
    source = node.inputs[0]
    while source.owner in links and isinstance(source.owner.op, AdvancedIncSubtensor):
        other = links[source.owner].item
        if len(other) != len(item) or other == item or min(other + item) < 0:
            break
        source = source.owner.inputs[0]
    return source


def _ranges(leading: Sequence[int], ndim: int) -> list[Any]:
    return [np.arange(n).reshape(-1, *[1] * (ndim - 1 - k)) for k, n in enumerate(leading)]


def _box(
    done: str, items: Sequence[Item], lengths: Sequence[Length | None]
) -> tuple[list[Item], list[int]]:
    """Return items, counted from the front, and the lengths of the box that they fill.

    Raise `Unproven` unless each item of the box occurs once.
    """
    items = [
        tuple(_from_the_front(i, n) for i, n in zip(item, lengths, strict=False)) for item in items
    ]
    if len(set(items)) < len(items):
        raise Unproven(f"an item is {done} twice")
    box = [max(column) + 1 for column in zip(*items, strict=True)]
    inside = all(n is None or i <= n for i, n in zip(box, lengths, strict=False))
    if len(items) != prod(box) or min(map(min, items)) < 0 or not inside:
        raise Unproven(f"not every item is {done}, from the first to the last")
    return items, box


def _from_the_front(i: int, length: Length | None) -> int:
    if i >= 0:
        return i
    if length is None:
        raise Unproven("an item is counted from the end of an axis whose length is not known")
    return i + int(length)


def _long_enough(x: Variable, lengths: Sequence[int]) -> Variable:
    """Return an array, checked to have at least these leading lengths where that is not known."""
    unknown = [(k, n) for k, n in enumerate(lengths) if x.type.shape[k] is None]
    if not unknown:
        return x
    message = f"index out of bounds: an array has fewer items than {tuple(lengths)}"
    return Check(IndexError, message)(x, *(pt.ge(x.shape[k], n) for k, n in unknown))


def _stacked(
    name: str, parts: Sequence[Variable], items: Sequence[Item], leading: Sequence[int]
) -> Variable:
    """Return the array whose items are the parts, or a single part that serves all items.

    Elementwise operations on the items become operations on the arrays.
    """
    if all(equal_computations([part], [parts[0]]) for part in parts[1:]):
        return pt.shape_padleft(parts[0], len(leading))
    op = parts[0].owner and parts[0].owner.op
    if isinstance(op, Elemwise):
        if not all(part.owner is not None and part.owner.op == op for part in parts):
            raise Unproven(f"the {name} are not computed in the same way for all items")
        operands = zip(*(part.owner.inputs for part in parts), strict=True)
        return op(*(_stacked(name, list(operand), items, leading) for operand in operands))
    whole, _ = _item_of(parts[0], len(leading))
    for part, item in zip(parts, items, strict=True):
        array, numbers = _item_of(part, len(leading))
        lengths = whole.type.shape
        if array is not whole or array.type.ndim != part.type.ndim + len(leading):
            raise Unproven(f"the {name} are not the items of one array")
        if any(
            i != j and (n is None or j + n != i)
            for i, j, n in zip(item, numbers, lengths, strict=False)
        ):
            raise Unproven(f"the {name} are not the items of one array in order")
    if whole.type.shape[: len(leading)] == tuple(leading):
        return whole
    known = [*leading, *[None] * (whole.type.ndim - len(leading))]
    whole = _long_enough(whole, leading)[tuple(slice(n) for n in leading)]
    return pt.specify_shape(whole, known)


def _item_of(part: Variable, axes: int) -> tuple[Variable, list[int]]:
    """Return the array that a variable is an item of, and the indices of the item."""
    numbers: list[int] = []
    while len(numbers) < axes and part.owner and isinstance(part.owner.op, Subtensor):
        array, *rest = part.owner.inputs
        entries = _numbers(indices_from_subtensor(rest, part.owner.op.idx_list))
        if None in entries or len(numbers) + len(entries) > axes:
            break
        numbers = [*(e for e in entries if e is not None), *numbers]
        part = array
    return part, numbers if len(numbers) == axes else []


def _numbers(entries: Sequence[Any]) -> list[int | None]:
    """Return the numbers among indices, up to trailing colons; None for all that is neither."""
    entries = list(entries)
    while entries and entries[-1] == slice(None):
        entries.pop()
    return [_known(entry) for entry in entries]


def _padded(v: Variable, leading: int, ndim: int) -> Variable:
    """Return a variable with axes of length 1 inserted after the leading ones, up to `ndim`."""
    order = [*range(leading), *["x"] * (ndim - v.type.ndim), *range(leading, v.type.ndim)]
    return v.dimshuffle(order) if len(order) > v.type.ndim else v
