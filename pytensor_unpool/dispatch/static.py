"""Numbers that a backend must know when it traces a function, for given shapes of its inputs.

JAX and MLX compile for known lengths. Integers computed from the lengths of arrays are not known,
because arithmetic is traced too. So the computation of lengths, windows and conditions from shapes
is taken out of the graph, and Python runs it while the function is traced.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from itertools import compress
from typing import Any, cast

import numpy as np
import pytensor
from pytensor.compile.mode import Mode, optdb
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.replace import graph_replace
from pytensor.graph.rewriting.basic import graph_rewriter
from pytensor.tensor.shape import Shape, Shape_i

from pytensor_unpool.dispatch.backends import BACKENDS, Backend
from pytensor_unpool.ops import (
    Conv,
    ConvInputGrad,
    ConvKernelGrad,
    HelixConvolve,
    HelixWindow,
    InterpolateInputGrad,
    MaxPool,
    MaxUnpool,
    Pool,
    PoolInputGrad,
    RowsToWindows,
    TapGather,
    TapUnpool,
    TiedGather,
    TiedUnpool,
    WindowsToRows,
    WindowUnpool,
)
from pytensor_unpool.ops.check import Check

# How many arrays come first; what follows is integers, or conditions.
ARRAYS = {
    Check: 1, Conv: 2, ConvInputGrad: 2, ConvKernelGrad: 2, HelixConvolve: 2, HelixWindow: 2,
    InterpolateInputGrad: 1, MaxPool: 1, MaxUnpool: 2, Pool: 1, PoolInputGrad: 1, RowsToWindows: 1,
    TapGather: 2, TapUnpool: 2, TiedGather: 3, TiedUnpool: 3, WindowUnpool: 2, WindowsToRows: 1,
}  # fmt: skip


class StaticNumbers(Op):
    """Integers, or a condition, that Python computes while a function is traced.

    Inputs are the arrays whose shapes they are computed from, and integer inputs of the function.
    """

    def __init__(self, numbers: Variable, roots: Sequence[Variable]) -> None:
        self.roots = roots
        # A copy: rewriters change graphs in place.
        self.inputs = [root.type() for root in roots]
        (self.numbers,) = graph_replace([numbers], dict(zip(roots, self.inputs, strict=True)))

    @classmethod
    def of(cls, numbers: Variable, static_inputs: bool) -> Variable | None:
        """Return these numbers as computed by this Op; None if the backend needs or allows none.

        `static_inputs` says whether they may come from integer inputs of the function.
        """
        roots = None if is_static(numbers) else roots_of(numbers)
        if roots is None or not (static_inputs or all(root.owner for root in roots)):
            return None
        return cast(Variable, cls(numbers, roots)(*[_leaf(root) for root in roots]))

    def make_node(self, *leaves: Any) -> Apply:
        """Return the node; its inputs are arrays for the roots that are shapes of arrays."""
        return Apply(self, list(leaves), [self.numbers.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Compute the numbers."""
        output_storage[0][0] = self.evaluate(*inputs)

    def evaluate(self, *leaves: Any) -> Any:
        """Return the numbers, as NumPy has them."""
        return self._function(*map(_value, self.roots, leaves))

    @cached_property
    def _function(self) -> Any:
        mode = Mode("py", None)
        return pytensor.function(self.inputs, self.numbers, mode=mode, on_unused_input="ignore")


def _leaf(root: Variable) -> Variable:
    """Return the array that a root is the shape of, or itself."""
    return root.owner.inputs[0] if root.owner else root


def _value(root: Variable, leaf: Any) -> Any:
    if root.owner is None:
        return np.asarray(leaf, root.type.dtype)
    shape = tuple(leaf.shape)
    return np.asarray(shape[root.owner.op.i] if isinstance(root.owner.op, Shape_i) else shape)


def roots_of(numbers: Variable) -> list[Variable] | None:
    """Return the shapes and integer inputs that numbers come from; None if from data."""
    pending, seen, roots = [numbers], set(), []
    while pending:
        variable = pending.pop()
        if variable in seen or isinstance(variable, Constant):
            continue
        seen.add(variable)
        if variable.owner is None:
            if variable.type.ndim > 0 or variable.type.numpy_dtype.kind not in "iu":
                return None
            roots.append(variable)
        elif isinstance(variable.owner.op, (Shape, Shape_i)):
            roots.append(variable)
        else:
            pending += variable.owner.inputs
    return roots


def is_static(number: Variable) -> bool:
    """Return whether a backend knows a number when it traces a function."""
    if isinstance(number, Constant):
        return True
    return number.owner is not None and isinstance(number.owner.op, StaticNumbers)


def check_static(op: Check, node: Apply, **_: Any) -> Callable[..., Any]:
    """Return a function that checks conditions on lengths; warn of those on data."""
    is_known = [is_static(condition) for condition in node.inputs[1:]]
    if not all(is_known):
        warnings.warn(
            f"Compiled code cannot raise errors about data, so this is not checked: {op.msg}",
            stacklevel=2,
        )

    def check(x: Any, *conditions: Any) -> Any:
        if not all(compress(conditions, is_known)):
            raise op.exc_type(op.msg)
        return x

    return check


def _rewriter(backend: Backend) -> Any:
    @graph_rewriter
    def static_numbers(fgraph: FunctionGraph) -> None:
        """Take the computation of lengths and conditions out of a graph that is to be traced.

        Everything is found before anything is replaced: numbers may depend on checks of others.
        """
        # Each backend has a class of its own, for which it registers how to trace it.
        of = import_module(f"pytensor_unpool.dispatch.{backend.name}").StaticNumbers.of
        found = [
            (node, i, number)
            for node in fgraph.toposort()
            for i in _numbers(node)
            if (number := of(node.inputs[i], backend.static_inputs)) is not None
        ]
        for node, i, number in found:
            if node in fgraph.apply_nodes:
                fgraph.change_node_input(node, i, number, reason=static_numbers)

    return static_numbers


def _numbers(node: Apply) -> range:
    """Return which inputs are numbers."""
    arrays = next((n for op_type, n in ARRAYS.items() if isinstance(node.op, op_type)), None)
    return range(len(node.inputs))[arrays:] if arrays else range(0)


# Names of the rewrites, by the backend that they are for.
REWRITES = {
    backend: f"pytensor_unpool_static_numbers_for_{backend}"
    for backend in BACKENDS
    if backend.static_lengths
}

# Behind all that changes shapes, which would not see through these nodes.
for _backend, _name in REWRITES.items():
    _tags = (_backend.rewrite_tag, "pytensor_unpool")
    optdb.register(_name, _rewriter(_backend), *_tags, position=101)
