"""Pooling by reshaping, and its gradients.

A reshape to (L / r, r) splits an axis of length L into L / r windows of r elements. The maximum
over the second axis is max pooling, and the sum over it is sum pooling. Repeating along it and
reshaping back is the transpose of sum pooling: nearest upsampling. The gradient of the maximum goes
to every element that equals it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.scalar.basic import EQ, Mul
from pytensor.tensor.basic import Alloc
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.linalg.products import KroneckerProduct
from pytensor.tensor.math import Argmax, Max, Sum
from pytensor.tensor.rewriting.basic import register_canonicalize, register_specialize
from pytensor.tensor.shape import Reshape

from pytensor_unpool.ops import MaxPool, Pool, PoolInputGrad, TiedUnpool
from pytensor_unpool.rewrites.graph_facts import (
    Length,
    entries_of,
    is_multiple,
    length,
    plain,
    same_integer,
)
from pytensor_unpool.rewrites.indexing import lengths_vector
from pytensor_unpool.rewrites.record import Unproven, rewritten
from pytensor_unpool.rewrites.reshape_windows import are_side_by_side, cut_by_reshape, side_by_side


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([Max])
def local_reshape_max_to_max_pool(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Pool where maxima are taken over windows formed by a reshape."""
    return rewritten("local_reshape_max_to_max_pool", max_pooling, fgraph, node)


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([Argmax])
def local_reshape_argmax_to_max_pool(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Pool where argmaxima are taken in windows formed by a reshape."""
    return rewritten("local_reshape_argmax_to_max_pool", argmax_pooling, fgraph, node)


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([Sum])
def local_reshape_sum_to_pool(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Pool where sums are taken over windows formed by a reshape."""
    return rewritten("local_reshape_sum_to_pool", sum_pooling, fgraph, node)


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([Reshape])
def local_repeat_to_pool_input_grad(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Upsample where copies are placed side by side: the transpose of sum pooling."""
    return rewritten("local_repeat_to_pool_input_grad", upsampling, fgraph, node)


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([KroneckerProduct])
def local_kron_to_pool_input_grad(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Upsample where an array has a Kronecker product with ones."""
    return rewritten("local_kron_to_pool_input_grad", kronecker_upsampling, fgraph, node)


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([Pool, PoolInputGrad])
def local_pool_of_pool(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Merge a sum pooling of a sum pooling into one, and the same for their transposes."""
    return rewritten("local_pool_of_pool", pooling_at_once, fgraph, node)


# Not in canonicalize: the upsamplings must have been recognised first.
@register_specialize("fast_compile", "pytensor_unpool")
@node_rewriter([Elemwise])
def local_mask_to_tied_unpool(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Un-pool to all ties where upsampled maxima are compared with the array they come from."""
    return rewritten("local_mask_to_tied_unpool", tied_unpooling, fgraph, node)


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([Reshape])
def local_reshape_mask_to_tied_unpool(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Un-pool to all ties where the comparison is made before the windows are merged again."""
    return rewritten("local_reshape_mask_to_tied_unpool", reshaped_tied_unpooling, fgraph, node)


def max_pooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the pooling that replaces a maximum, None if it is not one."""
    cut = cut_by_reshape(fgraph, node.inputs[0], node.op.axis)
    return None if cut is None else MaxPool(cut.windows, "all", "values")(cut.x)


def argmax_pooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the pooling that replaces an argmax: the index in a window is a tap."""
    cut = cut_by_reshape(fgraph, node.inputs[0], node.op.axis)
    if cut is None:
        return None
    taps = MaxPool(cut.windows, "all", "taps")(cut.x)[1]
    return pt.cast(taps, node.outputs[0].type.dtype)


def sum_pooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the pooling that replaces a sum, None if it is not one."""
    if node.outputs[0].type.dtype != node.inputs[0].type.dtype:
        return None
    cut = cut_by_reshape(fgraph, node.inputs[0], node.op.axis)
    return None if cut is None else Pool(cut.windows, "sum")(cut.x)


def upsampling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the upsampling that replaces a reshape of copies, None if it is not one."""
    copies = node.inputs[0].owner
    if copies is None or not isinstance(copies.op, Alloc):
        return None
    cells, *lengths = copies.inputs
    if cells.owner is None or not isinstance(cells.owner.op, DimShuffle):
        return None
    x, order = cells.owner.inputs[0], cells.owner.op.new_order
    kept = [axis for axis in order if axis != "x"]
    if kept != list(range(x.type.ndim)) or node.outputs[0].type.ndim != len(kept):
        return None
    if order[0] == "x" or x.type.numpy_dtype.kind not in "iuf":
        return None
    window: list[Any] = []
    long: list[Length] = []
    for entry, n in zip(order, map(plain, lengths), strict=True):
        if entry != "x":
            # Copies of a whole axis are not upsampling. An unknown length is not changed.
            if x.type.shape[entry] == 1 and n != 1:
                return None
            window.append(1)
            long.append(n)
        elif not isinstance(n, int) or n < 1 or window[-1] != 1:
            return None
        else:
            window[-1] = n
    wanted = entries_of(node.inputs[1], len(kept))
    known = node.outputs[0].type.shape
    proven = [
        (e if n is None else n) is not None and is_multiple(fgraph, e if n is None else n, r, m)
        for e, n, r, m in zip(wanted, known, window, long, strict=True)
    ]
    if proven.count(False) > 1:
        raise Unproven("the reshape is not known to place copies side by side")
    return _upsampled(fgraph, x, window)


def kronecker_upsampling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the upsampling that replaces a Kronecker product, None if it is not one."""
    x, ones = node.inputs
    if (
        not isinstance(ones, Constant)
        or ones.type.ndim != x.type.ndim
        or not (ones.data == 1).all()
    ):
        return None
    if x.type.dtype != node.outputs[0].type.dtype or x.type.numpy_dtype.kind not in "iuf":
        return None
    return _upsampled(fgraph, x, ones.data.shape)


def _upsampled(fgraph: FunctionGraph, x: Variable, window: Sequence[int]) -> Variable | None:
    windows = side_by_side(window)
    if windows is None:
        return None
    short = [length(fgraph, x, axis) for axis in range(x.type.ndim - windows.ndim, x.type.ndim)]
    lengths = [n * r for n, r in zip(short, windows.window, strict=True)]
    return PoolInputGrad(windows, "sum")(x, lengths_vector(lengths))


def pooling_at_once(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return one Op that replaces two sum poolings of adjacent windows, None for others."""
    inner = node.inputs[0].owner
    if inner is None or type(inner.op) is not type(node.op):
        return None
    if not all(n.op.mode == "sum" and are_side_by_side(n.op.windows) for n in (node, inner)):
        return None
    ndim = max(n.op.windows.ndim for n in (node, inner))
    padded = [(1,) * (ndim - n.op.windows.ndim) + n.op.windows.window for n in (node, inner)]
    windows = side_by_side([a * b for a, b in zip(*padded, strict=True)])
    if windows is None or windows.ndim != ndim:
        return None
    x = inner.inputs[0]
    if isinstance(node.op, Pool):
        return Pool(windows, "sum")(x)
    # The rest at the end of an axis belongs to no window, in one step as in two.
    lengths = [_unpooled_length(n, axis - ndim) for n in (node, inner) for axis in range(ndim)]
    return PoolInputGrad(windows, "sum")(
        x,
        lengths_vector(
            [n if m is None else m for m, n in zip(lengths[:ndim], lengths[ndim:], strict=True)]
        ),
    )


def _unpooled_length(node: Apply, axis: int) -> Length | None:
    """Return the length that a node upsamples an axis to, None if it keeps the axis."""
    ndim = node.op.windows.ndim
    if axis < -ndim:
        return None
    (entry,) = entries_of(node.inputs[1], ndim)[axis : axis + 1 or None]
    return node.inputs[1][axis + ndim] if entry is None else entry


def tied_unpooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the un-pooling that replaces a mask times a cotangent, None if it is not one."""
    parts = _mask_and_cotangent(node)
    if parts is None:
        return None
    mask, cotangent = parts
    spread = cotangent.owner
    if spread is None or not isinstance(spread.op, PoolInputGrad) or spread.op.mode != "sum":
        return None
    windows = spread.op.windows
    if not are_side_by_side(windows):
        return None
    for values, x in (mask.inputs, mask.inputs[::-1]):
        if values.owner is not None and values.owner.op == spread.op:
            return TiedUnpool(windows)(x, values.owner.inputs[0], spread.inputs[0])
    return None


def _mask_and_cotangent(node: Apply) -> tuple[Apply, Variable] | None:
    """Return the comparison and the other factor of a product, None if there is none."""
    if not isinstance(node.op, Elemwise) or not isinstance(node.op.scalar_op, Mul):
        return None
    if len(node.inputs) != 2:
        return None
    for mask, cotangent in (node.inputs, node.inputs[::-1]):
        compared = mask.owner
        if compared is None or not isinstance(compared.op, Elemwise):
            continue
        is_same_type = cotangent.type.dtype == node.outputs[0].type.dtype
        if isinstance(compared.op.scalar_op, EQ) and is_same_type:
            return compared, cotangent
    return None


def reshaped_tied_unpooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the un-pooling that replaces a reshaped mask, None if it is not one."""
    product = node.inputs[0].owner
    parts = None if product is None else _mask_and_cotangent(product)
    if parts is None:
        return None
    mask, cotangent = parts
    moved = _without_windows(cotangent)
    for values, cells in (mask.inputs, mask.inputs[::-1]):
        pooled = _without_windows(values)
        if pooled is None or moved is None or pooled[1] != moved[1]:
            continue
        cut = cut_by_reshape(fgraph, cells, pooled[1])
        if cut is not None and _is_shape_of(fgraph, node, cut.x):
            return TiedUnpool(cut.windows)(cut.x, pooled[0], moved[0])
    return None


def _without_windows(v: Variable) -> tuple[Variable, list[int]] | None:
    """Return an array before axes of length 1 were inserted, and these axes."""
    if v.owner is None or not isinstance(v.owner.op, DimShuffle):
        return None
    order = v.owner.op.new_order
    kept = [axis for axis in order if axis != "x"]
    if kept != list(range(v.owner.inputs[0].type.ndim)):
        return None
    return v.owner.inputs[0], [axis for axis, entry in enumerate(order) if entry == "x"]


def _is_shape_of(fgraph: FunctionGraph, node: Apply, x: Variable) -> bool:
    """Return whether a reshape gives the shape of x."""
    entries = entries_of(node.inputs[1], node.outputs[0].type.ndim)
    return len(entries) == x.type.ndim and all(
        entry is not None and same_integer(fgraph, entry, length(fgraph, x, axis))
        for axis, entry in enumerate(entries)
    )
