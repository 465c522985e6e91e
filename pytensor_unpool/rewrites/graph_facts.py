"""Facts that can be proved about the variables of a graph: equal lengths, zeros, full ranges."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply, Constant, Variable, equal_computations
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.graph.traversal import ancestors, truncated_graph_inputs
from pytensor.scalar.basic import EQ, Cast, IntDiv, Mul, Switch
from pytensor.tensor.basic import (
    ARange,
    MakeVector,
    ScalarFromTensor,
    TensorFromScalar,
    constant,
    get_underlying_scalar_constant_value,
)
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.shape import Reshape, Shape, Shape_i, SpecifyShape
from pytensor.tensor.subtensor import Subtensor, indices_from_subtensor

# An int where it is known, otherwise a symbolic integer.
Length = Any


def is_zero(v: Variable) -> bool:
    """Return whether all elements are known to be zero, from a constant, a fill or an alloc."""
    while v.owner is not None and isinstance(v.owner.op, Reshape | DimShuffle | SpecifyShape):
        v = v.owner.inputs[0]
    value = get_underlying_scalar_constant_value(v, raise_not_constant=False)
    return isinstance(value, np.ndarray | np.generic) and bool(
        value == 0 and not np.signbit(np.real(value).astype(float))
    )


def length(fgraph: FunctionGraph, x: Variable, axis: int) -> Length:
    """Return the length of an axis: an int where it is static, otherwise PyTensor's inference."""
    known = x.type.shape[axis]
    if known is not None:
        return known
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None or x not in fgraph.variables:
        return x.shape[axis]
    return plain(feature.get_shape(x, axis))


def plain(v: Any) -> Length:
    """Return an integer without changes of type, as an int where it is known."""
    if isinstance(v, int | np.integer):
        return int(v)
    while not isinstance(v, Constant) and v.owner is not None:
        if _keeps_value(v):
            v = v.owner.inputs[0]
        elif (entry := _entry(v, MakeVector)) is not None:
            v = entry[0].owner.inputs[entry[1]]
        else:
            break
    if isinstance(v, Constant):
        return int(v.data)
    where = _shape_entry(v)
    if where is not None and where[0].type.shape[where[1]] is not None:
        return where[0].type.shape[where[1]]
    return v


def _keeps_value(v: Variable) -> bool:
    op = v.owner.op
    if isinstance(op, ScalarFromTensor | TensorFromScalar):
        return True
    return is_widening(v) and v.type.ndim == 0


def is_widening(v: Variable) -> bool:
    """Return whether a variable is a cast of integers to a dtype that can hold all of them."""
    if v.owner is None or not isinstance(v.owner.op, Elemwise):
        return False
    if not isinstance(v.owner.op.scalar_op, Cast):
        return False
    before = v.owner.inputs[0].type.dtype
    return np.dtype(before).kind in "iu" and np.can_cast(before, v.type.dtype, "safe")


def _shape_entry(v: Variable) -> tuple[Variable, int] | None:
    """Return the array and the axis that an integer is the length of."""
    if v.owner is not None and isinstance(v.owner.op, Shape_i):
        return v.owner.inputs[0], v.owner.op.i
    entry = _entry(v, Shape)
    return entry and (entry[0].owner.inputs[0], entry[1])


def _entry(v: Variable, kind: type) -> tuple[Variable, int] | None:
    """Return a vector made by this kind of Op, and the index at which `v` is its entry."""
    if v.owner is None or not isinstance(v.owner.op, Subtensor) or v.type.ndim > 0:
        return None
    vector, *rest = v.owner.inputs
    if vector.owner is None or not isinstance(vector.owner.op, kind):
        return None
    (entry,) = indices_from_subtensor(rest, v.owner.op.idx_list)
    if not isinstance(entry, int | Constant):
        return None
    return vector, plain(entry) % vector.type.shape[0]


def same_integer(fgraph: FunctionGraph, a: Any, b: Any) -> bool:
    """Return whether two integers are known to be equal."""
    a, b = plain(a), plain(b)
    if isinstance(a, int) or isinstance(b, int):
        return isinstance(a, int) and isinstance(b, int) and a == b
    if a is b:
        return True
    a_axis, b_axis = _shape_entry(a), _shape_entry(b)
    if a_axis is not None and b_axis is not None and _same_axis(fgraph, a_axis, b_axis):
        return True
    a, b = _inferred_from_inputs(fgraph, a, a_axis), _inferred_from_inputs(fgraph, b, b_axis)
    return a is b or _same_when_canonicalized(a, b)


def _inferred_from_inputs(fgraph: FunctionGraph, v: Variable, entry: Any) -> Variable:
    """Return the length `v` in terms of the lengths that its array is computed from."""
    return v if entry is None else length(fgraph, *entry)


def _same_axis(fgraph: FunctionGraph, a: tuple[Any, int], b: tuple[Any, int]) -> bool:
    if a == b:
        return True
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None or not {a[0], b[0]} <= fgraph.variables:
        return False
    return bool(feature.same_shape(a[0], b[0], a[1], b[1]))


def _same_when_canonicalized(a: Any, b: Any) -> bool:
    """Return whether two integers are the same once their graphs are canonicalized.

    The graphs are cut at shapes: how an array is computed does not matter.
    """
    if isinstance(a, int) or isinstance(b, int):
        return bool(isinstance(a, int) and isinstance(b, int) and a == b)
    shapes = [v for v in ancestors([a, b]) if v.owner and isinstance(v.owner.op, Shape | Shape_i)]
    leaves = truncated_graph_inputs([a, b], shapes)
    inputs = [v for v in leaves if not isinstance(v, Constant)]
    both = FunctionGraph(inputs, [a, b], clone=True)
    rewrite_graph(both, include=("canonicalize",))
    a, b = both.outputs
    return bool(equal_computations([a], [b]))


def range_length(index: Variable, axis: int) -> Length | None:
    """Return n if an index counts 0, 1, ..., n - 1 along an axis and is constant along the others.

    It may be a broadcast ``arange`` or a constant, cast or reshaped. Return None otherwise.
    """
    if any(n != 1 for i, n in enumerate(index.type.shape) if i != axis):
        return None
    # With a single axis longer than 1, changes of the shape keep the order of elements.
    while not isinstance(index, Constant) and index.owner is not None:
        keeps = isinstance(index.owner.op, DimShuffle | Reshape) or is_widening(index)
        before = index.owner.inputs[0]
        if not keeps or sum(n != 1 for n in before.type.shape) > 1:
            break
        index = before
    if isinstance(index, Constant):
        entries = np.ravel(index.data)
        return len(entries) if np.array_equal(entries, np.arange(len(entries))) else None
    if index.owner is None or not isinstance(index.owner.op, ARange):
        return None
    start, stop, step = map(plain, index.owner.inputs)
    return stop if (start, step) == (0, 1) else None


def is_multiple(fgraph: FunctionGraph, a: Any, n: int, b: Any) -> bool:
    """Return whether a is known to be n times b."""
    return is_product(fgraph, a, [n, b])


def is_product(fgraph: FunctionGraph, a: Any, parts: Sequence[Any]) -> bool:
    """Return whether an integer is known to be the product of the given parts."""
    whole, factors = _factors(a), [_factors(part) for part in parts]
    if whole is None or None in factors:
        return False
    known = [part for part in factors if part is not None]
    if whole[0] != prod(constant for constant, _ in known):
        return False
    left = [v for _, symbolic in known for v in symbolic]
    for factor in whole[1]:
        match = next((v for v in left if same_integer(fgraph, v, factor)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _factors(v: Any) -> tuple[int, list[Variable]] | None:
    """Return the constant and symbolic factors of an integer, None if a constant is negative."""
    v = plain(v)
    if isinstance(v, int):
        return (v, []) if v >= 0 else None
    if v.owner is None or not isinstance(v.owner.op, Elemwise):
        return 1, [v]
    if isinstance(v.owner.op.scalar_op, Switch):
        # A reshape tests whether a length is -1, which a product of lengths is not.
        test = v.owner.inputs[0].owner
        is_elemwise = test is not None and isinstance(test.op, Elemwise)
        if is_elemwise and isinstance(test.op.scalar_op, EQ) and v.owner.inputs[2] in test.inputs:
            return _factors(v.owner.inputs[2])
    if not isinstance(v.owner.op.scalar_op, Mul):
        return 1, [v]
    constant, symbolic = 1, []
    for part in map(_factors, v.owner.inputs):
        if part is None:
            return None
        constant *= part[0]
        symbolic += part[1]
    return constant, symbolic


def is_quotient(fgraph: FunctionGraph, a: Any, b: Any, n: int) -> bool:
    """Return whether a is known to be b // n."""
    a, b = plain(a), plain(b)
    if isinstance(a, int) and isinstance(b, int):
        return a == b // n
    if isinstance(a, int) or a.owner is None or not isinstance(a.owner.op, Elemwise):
        return False
    if not isinstance(a.owner.op.scalar_op, IntDiv):
        return False
    whole, divisor = a.owner.inputs
    return plain(divisor) == n and same_integer(fgraph, whole, b)


def entries_of(vector: Variable, ndim: int) -> list[Length]:
    """Return the entries of a shape: ints or symbolic, None where the graph does not show them."""
    if isinstance(vector, Constant):
        return [int(n) for n in vector.data]
    if vector.owner is not None and isinstance(vector.owner.op, MakeVector):
        return [plain(v) for v in vector.owner.inputs]
    if vector.owner is not None and isinstance(vector.owner.op, Shape):
        x = vector.owner.inputs[0]
        return [plain(x.shape[axis]) for axis in range(ndim)]
    return [None] * ndim


def is_division(fgraph: FunctionGraph, node: Apply, kind: type, n: Length) -> bool:
    """Return whether a node divides something by n."""
    if not isinstance(node.op, Elemwise) or not isinstance(node.op.scalar_op, kind):
        return False
    divisor = node.inputs[1]
    if any(flag is False for flag in divisor.type.broadcastable):
        return False
    while divisor.owner is not None and isinstance(divisor.owner.op, DimShuffle):
        divisor = divisor.owner.inputs[0]
    if isinstance(divisor, Constant):
        divisor = constant(divisor.data.ravel()[0])
    elif divisor.type.ndim > 0:
        return False
    return same_integer(fgraph, divisor, n)
