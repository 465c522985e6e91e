"""Un-pooling on flattened data, and its gradient.

With N x C leading items of L elements each, position p of item (n, c) is element
``(n * C + c) * L + p`` of a vector of zeros. If p is known to lie in its item, 0 <= p < L, this is
un-pooling of the items. Otherwise p may be an element of another item, and the vector is un-pooled
as a whole. Reading a vector is replaced only in the first case: without items, it is just indexing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.scalar.basic import Add, Mod, Mul
from pytensor.tensor import subtensor
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.rewriting.basic import register_canonicalize, register_specialize
from pytensor.tensor.shape import Reshape
from pytensor.tensor.subtensor import AdvancedIncSubtensor, AdvancedSubtensor

from pytensor_unpool.ops import MaxGather, MaxPool, MaxUnpool, RuntimeBroadcast
from pytensor_unpool.rewrites.graph_facts import (
    Length,
    entries_of,
    is_division,
    is_product,
    is_widening,
    is_zero,
    length,
    plain,
    range_length,
    same_integer,
)
from pytensor_unpool.rewrites.indexing import lengths_vector
from pytensor_unpool.rewrites.record import Unproven, rewritten


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([AdvancedIncSubtensor])
def local_flat_set_subtensor_to_max_unpool(
    fgraph: FunctionGraph, node: Apply
) -> list[Variable] | None:
    """Un-pool where values are written, or added, to elements of a vector of zeros."""
    return rewritten("local_flat_set_subtensor_to_max_unpool", flat_unpooling, fgraph, node)


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([AdvancedSubtensor])
def local_flat_subtensor_to_max_gather(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Gather where elements of a vector are read: the gradient of un-pooling."""
    return rewritten("local_flat_subtensor_to_max_gather", flat_gathering, fgraph, node)


# Before 3.3, PyTensor has one more Op for assignments to a vector.
ASSIGNMENTS = [
    getattr(subtensor, name)
    for name in ("AdvancedIncSubtensor", "AdvancedIncSubtensor1")
    if hasattr(subtensor, name)
]


# Tagged as inplace, which JAX, PyTorch and MLX exclude: their own scatter is faster. C and Numba
# are as fast with the Op, which also checks positions.
@register_specialize("fast_compile", "pytensor_unpool", "inplace")
@node_rewriter(ASSIGNMENTS)
def local_vector_set_subtensor_to_max_unpool(
    fgraph: FunctionGraph, node: Apply
) -> list[Variable] | None:
    """Un-pool a vector of zeros where values are written, or added, to any of its elements."""
    return rewritten("local_vector_set_subtensor_to_max_unpool", vector_unpooling, fgraph, node)


def vector_unpooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the un-pooling that replaces an assignment to a vector, None if it is not one."""
    zeros, values, *indices = node.inputs
    op = node.op
    if isinstance(op, AdvancedIncSubtensor) and (
        op.idx_list != (0,) or (op.ignore_duplicates and not op.set_instead_of_inc)
    ):
        return None
    (index,) = indices
    if values.type.ndim > 1 or not _is_vector_and_index(zeros, index) or not is_zero(zeros):
        return None
    values = pt.atleast_1d(values.astype(zeros.type.dtype))
    if not same_integer(fgraph, length(fgraph, values, 0), length(fgraph, index, 0)):
        values = RuntimeBroadcast((0,))(values, index)
    duplicates = "last" if op.set_instead_of_inc else "sum"
    unpool = MaxUnpool(1, duplicates, wraps=index.type.numpy_dtype.kind == "i")
    return unpool(values, index, lengths_vector([length(fgraph, zeros, 0)]))


def flat_unpooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the un-pooling that replaces an assignment to a vector, None if it is not one."""
    zeros, values, *indices = node.inputs
    op = node.op
    if op.idx_list != (0,) or (op.ignore_duplicates and not op.set_instead_of_inc):
        return None
    places = _places(fgraph, zeros, indices[0])
    if places is None or values.type.ndim != 1:
        return None
    if not is_zero(zeros):
        raise Unproven("what is written to is not known to be zeros")
    values = _with_shape(fgraph, values.astype(zeros.type.dtype), places.shape)
    pooled = len(places.shape) - places.leading
    lengths = lengths_vector([1] * (pooled - 1) + [places.plane])
    unpool = MaxUnpool(pooled, "last" if op.set_instead_of_inc else "sum")
    return unpool(values, places.positions, lengths).reshape((-1,))


def flat_gathering(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the gathering that replaces indexing of a vector, None if it is not one."""
    x, *indices = node.inputs
    if node.op.idx_list != (0,):
        return None
    places = _places(fgraph, x, indices[0])
    if places is None:
        return None
    pooled = len(places.shape) - places.leading
    shape = [*places.shape[: places.leading], *[1] * (pooled - 1), places.plane]
    x = _with_shape(fgraph, x, shape)
    return MaxGather(pooled, "sum")(x, places.positions).reshape((-1,))


class _Places(NamedTuple):
    """Positions in the planes of leading items, and their shape."""

    positions: Variable
    leading: int
    plane: Length
    shape: list[Length]


def _is_vector_and_index(vector: Variable, index: Variable) -> bool:
    return (
        (vector.type.ndim, index.type.ndim) == (1, 1)
        and vector.type.numpy_dtype.kind in "biuf"
        and index.type.numpy_dtype.kind in "iu"
    )


def _places(fgraph: FunctionGraph, vector: Variable, index: Variable) -> _Places | None:
    """Split a flat index into starts of items and positions; None if it is not such a sum."""
    if not _is_vector_and_index(vector, index):
        return None
    if index.owner is None or not isinstance(index.owner.op, Reshape):
        return None
    total = index.owner.inputs[0]
    if total.type.ndim < 2 or total.owner is None or not _is(total, Add):
        return None
    terms = list(_terms(total))
    varying = [t for t in terms if t.type.shape[-1] != 1]
    if len(varying) != 1 or varying[0].type.numpy_dtype.kind not in "iu":
        return None
    (positions,) = varying
    if any(n == 1 for n in positions.type.shape[:-1]):
        raise Unproven("the positions are broadcast")
    shape = [length(fgraph, positions, axis) for axis in range(positions.type.ndim)]
    if 0 in shape:
        return None
    starts = [term for term in terms if term is not positions]
    split = _split_starts(fgraph, starts)
    if split is not None and split[1] == 0:
        return None
    if split is None:
        raise Unproven("the items' starts are not known to be multiples of one length")
    items, plane = split
    if not is_product(fgraph, length(fgraph, vector, 0), [*items, plane]):
        raise Unproven("the vector is not known to be as long as all items")
    if not _is_inside(fgraph, positions, plane):
        raise Unproven("a position may lie in another item than its own")
    return _Places(positions, len(items), plane, shape)


def _is(v: Variable, kind: type) -> bool:
    return (
        v.owner is not None
        and isinstance(v.owner.op, Elemwise)
        and isinstance(v.owner.op.scalar_op, kind)
    )


def _terms(v: Variable) -> list[Variable]:
    if not _is(v, Add):
        return [v]
    return [term for part in v.owner.inputs for term in _terms(part)]


def _split_starts(
    fgraph: FunctionGraph, starts: Sequence[Variable]
) -> tuple[list[Length], Length] | None:
    """Return the lengths of the axes that the starts count through, and the length of an item.

    An axis of the starts that is not known to have length 1 is as long as that of the positions,
    because PyTensor's addition only broadcasts axes known to have length 1.
    """
    # The axes that each of the starts counts through.
    counted = [[axis for axis, n in enumerate(start.type.shape) if n != 1] for start in starts]
    leading = sum(map(len, counted))
    if leading == 0 or sorted(axis for axes in counted for axis in axes) != list(range(leading)):
        return None
    found = [_range_and_step(start) for start in starts]
    steps = {axes[0]: pair[1] for axes, pair in zip(counted, found, strict=True) if pair}
    if None in found:
        return None
    lengths: dict[int, Length] = {}
    for axes, start, pair in zip(counted, starts, found, strict=True):
        lengths |= dict(zip(axes, _lengths(fgraph, start, axes, pair), strict=True))
    shape = [lengths[axis] for axis in range(leading)]
    last = next(axes for axes in counted if axes[-1] == leading - 1)
    plane = steps[last[0]]
    if None in shape or any(axes != list(range(axes[0], axes[-1] + 1)) for axes in counted):
        return None
    for axes in counted:
        if not is_product(fgraph, steps[axes[0]], [plane, *shape[axes[-1] + 1 :]]):
            return None
    return shape, plane


def _lengths(
    fgraph: FunctionGraph, start: Variable, axes: Sequence[int], pair: tuple[Length, Length] | None
) -> list[Length]:
    """Return the lengths of the axes that a start counts through."""
    if len(axes) == 1 and pair is not None:
        return [pair[0]]
    if start.owner is not None and isinstance(start.owner.op, Reshape):
        entries = entries_of(start.owner.inputs[1], start.type.ndim)
    else:
        entries = [length(fgraph, start, axis) for axis in range(start.type.ndim)]
    return [entries[axis] for axis in axes]


def _vector(start: Variable) -> Variable:
    """Return the vector whose entries are the starts, in C order."""
    while start.owner is not None and isinstance(start.owner.op, DimShuffle | Reshape):
        before = start.owner.inputs[0]
        if isinstance(start.owner.op, DimShuffle):
            order = [axis for axis in start.owner.op.new_order if axis != "x"]
            if order != sorted(order) or len(order) != before.type.ndim:
                break
        start = before
    return start


def _range_and_step(start: Variable) -> tuple[Length, Length] | None:
    """Return n and m if the starts are 0, m, ..., (n - 1) * m."""
    vector = _vector(start)
    if isinstance(vector, Constant):
        entries = np.ravel(vector.data)
        step = int(entries[1]) if len(entries) > 1 else 0
        is_range = step > 0 and np.array_equal(entries, np.arange(len(entries)) * step)
        return (len(entries), step) if is_range else None
    if not _is(vector, Mul) or len(vector.owner.inputs) != 2:
        return None
    for counts, step in (vector.owner.inputs, vector.owner.inputs[::-1]):
        axes = [axis for axis, n in enumerate(counts.type.shape) if n != 1]
        n = range_length(counts, axes[0]) if len(axes) == 1 else None
        if n is not None and all(step.type.broadcastable):
            return n, _scalar(step)
    return None


def _scalar(v: Variable) -> Length:
    while v.type.ndim > 0 and v.owner is not None and isinstance(v.owner.op, DimShuffle):
        v = v.owner.inputs[0]
    if isinstance(v, Constant):
        return int(np.ravel(v.data)[0])
    return plain(v)


def _is_inside(fgraph: FunctionGraph, positions: Variable, plane: Length) -> bool:
    """Return whether all positions are known to be at least 0 and less than the plane."""
    while is_widening(positions):
        positions = positions.owner.inputs[0]
    if isinstance(positions, Constant):
        data = positions.data
        return isinstance(plane, int) and bool(((data >= 0) & (data < plane)).all())
    if positions.owner is None:
        return False
    if is_division(fgraph, positions.owner, Mod, plane):
        return True
    pool = positions.owner.op
    if not isinstance(pool, MaxPool) or pool.output == "taps":
        return False
    x = positions.owner.inputs[0]
    axes = range(x.type.ndim - pool.windows.ndim, x.type.ndim)
    return is_product(fgraph, plane, [length(fgraph, x, axis) for axis in axes])


def _with_shape(fgraph: FunctionGraph, v: Variable, shape: Sequence[Length]) -> Variable:
    """Return a vector reshaped, or the array it was flattened from if that has the shape."""
    if v.owner is not None and isinstance(v.owner.op, Reshape):
        whole = v.owner.inputs[0]
        if whole.type.ndim == len(shape) and all(
            same_integer(fgraph, length(fgraph, whole, axis), n) for axis, n in enumerate(shape)
        ):
            return whole
    return v.reshape(shape)
