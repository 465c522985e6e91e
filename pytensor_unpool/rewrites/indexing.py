"""Un-pooling, and its gradient, as indexing with ``arange`` and positions.

With k leading axes, ``set_subtensor(zeros[arange(N)[:, None, None], arange(C)[None, :, None], p],
y)`` writes the values y to the positions p of each leading item. The first k indices each count
through a whole axis, along an axis of their own. The other indices are positions in the remaining
axes. Of several values for a place the last is written, as by `MaxUnpool`; ``inc_subtensor`` adds
them up. Reading with such indices is `MaxGather`.

Indexing broadcasts its indices and the values at run time, which the Ops do not. So whatever is not
known to have the common length is broadcast first, at no cost if the lengths turn out equal. An
index that counts through an axis of length 1 could itself be broadcast against longer positions. An
axis whose length may be 1 is therefore not a leading axis, but one of the axes of positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.scalar.basic import IntDiv, Mod
from pytensor.tensor.rewriting.basic import register_canonicalize, register_specialize
from pytensor.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedSubtensor,
    indices_from_subtensor,
)

from pytensor_unpool.ops import MaxGather, MaxUnpool, RuntimeBroadcast
from pytensor_unpool.rewrites.graph_facts import (
    Length,
    is_division,
    is_zero,
    length,
    range_length,
    same_integer,
)
from pytensor_unpool.rewrites.record import Unproven, rewritten


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([AdvancedIncSubtensor])
def local_set_subtensor_to_max_unpool(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Un-pool where values are written, or added, to positions in zeros."""
    return rewritten("local_set_subtensor_to_max_unpool", unpooling, fgraph, node)


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([AdvancedSubtensor])
def local_advanced_subtensor_to_max_gather(
    fgraph: FunctionGraph, node: Apply
) -> list[Variable] | None:
    """Gather where each leading item is read at positions: the gradient of un-pooling."""
    return rewritten("local_advanced_subtensor_to_max_gather", gathering, fgraph, node)


def unpooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the un-pooling that replaces an indexed assignment.

    Return None if it is not an un-pooling, and raise `Unproven` for a near miss.
    """
    zeros, values, *indices = node.inputs
    op = node.op
    arrays = _index_arrays(zeros, indices, op.idx_list)
    if arrays is None or not _has_range(arrays):
        return None
    if op.ignore_duplicates and not op.set_instead_of_inc:
        raise Unproven("ignore_duplicates=True adds at repeated positions once only")
    if not is_zero(zeros):
        raise Unproven("what is written to is not known to be zeros")
    lengths = [length(fgraph, zeros, axis) for axis in range(zeros.type.ndim)]
    places = _places(fgraph, arrays, lengths)
    if values.type.ndim > len(places.shape):
        raise Unproven("the values have more axes than the indices")
    values = _stretched(fgraph, values.astype(zeros.type.dtype), places)
    positions = _positions(fgraph, places, lengths)
    k, inner, pooled = places.leading, len(lengths), len(places.shape)
    missing = (inner - k) - (pooled - k)
    values, positions = (_with_axes(v, k, missing) for v in (values, positions))
    shape = [1] * -missing + lengths[k:]
    duplicates = "last" if op.set_instead_of_inc else "sum"
    unpool = MaxUnpool(len(shape), duplicates, wraps=positions.type.numpy_dtype.kind == "i")
    return _without_axes(unpool(values, positions, lengths_vector(shape)), k, -missing)


def gathering(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the gathering that replaces indexing.

    Return None if it is not a gathering, and raise `Unproven` for a near miss.
    """
    x, *indices = node.inputs
    arrays = _index_arrays(x, indices, node.op.idx_list)
    if arrays is None or not _has_range(arrays):
        return None
    lengths = [length(fgraph, x, axis) for axis in range(x.type.ndim)]
    places = _places(fgraph, arrays, lengths)
    k = places.leading
    missing = len(lengths) - len(places.shape)
    positions = _with_axes(_positions(fgraph, places, lengths), k, missing)
    gather = MaxGather(positions.type.ndim - k, "sum", wraps=positions.type.numpy_dtype.kind == "i")
    return _without_axes(gather(_with_axes(x, k, -missing), positions), k, missing)


class _Places(NamedTuple):
    """Index arrays, the shape that they broadcast to, and how many of them count through an axis.

    Of these `ranges`, the first `leading` ones cannot be broadcast. The shape has None where the
    length is only known at run time.
    """

    arrays: list[Variable]
    ranges: int
    leading: int
    shape: list[Length | None]


def _index_arrays(
    x: Variable, indices: Sequence[Variable], idx_list: Sequence[Any]
) -> list[Variable] | None:
    """Return one integer array for each axis of x, all of the same rank; None if impossible."""
    entries = indices_from_subtensor(indices, idx_list)
    if len(entries) != x.type.ndim or x.type.numpy_dtype.kind not in "biuf":
        return None
    if any(isinstance(e, slice) or e.type.numpy_dtype.kind not in "iu" for e in entries):
        return None
    ndim = max(entry.type.ndim for entry in entries)
    return [pt.shape_padleft(e, ndim - e.type.ndim) if e.type.ndim < ndim else e for e in entries]


def _has_range(arrays: Sequence[Variable]) -> bool:
    """Return whether the first index counts through an axis and there are other indices."""
    return len(arrays) > 1 and arrays[0].type.ndim > 1 and range_length(arrays[0], 0) is not None


def _places(fgraph: FunctionGraph, arrays: list[Variable], lengths: list[Length]) -> _Places:
    """Find the indices that count through leading axes, and the shape of all indices."""
    pooled = arrays[0].type.ndim
    ranges = 0
    while ranges < min(len(arrays), pooled) - 1:
        n = range_length(arrays[ranges], ranges)
        if n is None or not same_integer(fgraph, n, lengths[ranges]):
            break
        ranges += 1
    leading = 0
    while leading < ranges and all(
        _fits(fgraph, a, leading, lengths[leading]) for a in arrays[ranges:]
    ):
        leading += 1
    shape = [
        _common_length(fgraph, [length(fgraph, a, axis) for a in arrays[leading:]])
        for axis in range(leading, pooled)
    ]
    return _Places(arrays, ranges, leading, lengths[:leading] + shape)


def _fits(fgraph: FunctionGraph, array: Variable, axis: int, n: Length) -> bool:
    """Return whether no run-time length of the array's axis broadcasts an axis of length n."""
    known = array.type.shape[axis]
    if known == 1 or (isinstance(n, int) and n != 1):
        return known in (None, 1, n)
    return same_integer(fgraph, length(fgraph, array, axis), n)


def _common_length(fgraph: FunctionGraph, candidates: Sequence[Length]) -> Length | None:
    """Return the length that all candidates are known to broadcast to, or None."""
    long = [n for n in candidates if not (isinstance(n, int) and n == 1)]
    if all(same_integer(fgraph, n, long[0]) for n in long[1:]):
        return long[0] if long else 1
    return None


def _positions(fgraph: FunctionGraph, places: _Places, lengths: Sequence[Length]) -> Variable:
    """Return flat positions in all axes after the leading ones, with the common shape.

    Negative indices count from the end of their axis. An index out of range becomes a position out
    of range.
    """
    k = places.leading
    arrays = places.arrays[k:]
    if len(arrays) == 1:
        return _stretched(fgraph, arrays[0], places)
    split = _split_position(fgraph, arrays, lengths[k:])
    if split is not None:
        return _stretched(fgraph, split, places)
    inside, position, size = None, np.int64(0), np.int64(1)
    for axis, n in enumerate(lengths[k:], start=k):
        index = places.arrays[axis].astype("int64")
        if axis < places.ranges:
            # A range of length 1 broadcasts against longer positions.
            index = RuntimeBroadcast((axis,))(index, *places.arrays)
        else:
            index = _stretched(fgraph, index, places)
            index = pt.switch(index < 0, index + n, index)
            fits = (index >= 0) & (index < n)
            inside = fits if inside is None else inside & fits
        position, size = position * n + index, size * n
    return pt.switch(inside, position, size)


def _split_position(
    fgraph: FunctionGraph, arrays: Sequence[Variable], lengths: Sequence[Length]
) -> Variable | None:
    """Return p if the indices are the coordinates p // n and p % n of a flat position, else None.

    The first index then has the sign of p, so it counts from the end where p does, and it is out of
    range exactly where p is.
    """
    position: Any = None
    quotient: Any = None
    for array, n in zip(arrays[:0:-1], lengths[:0:-1], strict=True):
        whole = _operand(fgraph, array, Mod, n)
        if whole is None or (quotient is not None and whole is not quotient):
            return None
        quotient = next(
            (
                reader.outputs[0]
                for reader, _ in fgraph.clients.get(whole, ())
                if isinstance(reader, Apply)
                and is_division(fgraph, reader, IntDiv, n)
                and reader.inputs[0] is whole
            ),
            None,
        )
        if quotient is None:
            return None
        position = whole if position is None else position
    return position if quotient is arrays[0] else None


def _operand(fgraph: FunctionGraph, v: Variable, kind: type, n: Length) -> Variable | None:
    if v.owner is None or not is_division(fgraph, v.owner, kind, n):
        return None
    return v.owner.inputs[0]


def _stretched(fgraph: FunctionGraph, v: Variable, places: _Places) -> Variable:
    """Return a variable broadcast to the shape of all indices, unchanged if it has that shape."""
    v = _with_axes(v, 0, len(places.shape) - v.type.ndim)
    if all(
        n is not None and same_integer(fgraph, length(fgraph, v, axis), n)
        for axis, n in enumerate(places.shape)
    ):
        return v
    return RuntimeBroadcast(tuple(range(len(places.shape))))(v, *places.arrays)


def lengths_vector(lengths: Sequence[Length]) -> Variable:
    """Return lengths as a vector of integers."""
    numbers = [np.int64(n) if isinstance(n, int) else n for n in lengths]
    return pt.as_tensor_variable(numbers).astype("int64")


def _with_axes(v: Variable, at: int, count: int) -> Variable:
    """Return the variable with `count` axes of length 1 before axis `at`."""
    if count <= 0:
        return v
    return v.dimshuffle(*range(at), *["x"] * count, *range(at, v.type.ndim))


def _without_axes(v: Variable, at: int, count: int) -> Variable:
    """Return the variable without `count` axes of length 1 from axis `at` on."""
    if count <= 0:
        return v
    return v.dimshuffle(*range(at), *range(at + count, v.type.ndim))
