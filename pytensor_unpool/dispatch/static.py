"""Integers that a backend must know when it traces a function, for given shapes of its inputs.

JAX and MLX compile for lengths that they know. Integers made of the lengths of arrays are none of
those, as arithmetic is traced too. So what computes lengths and windows from shapes is taken out of
the graph before it is handed over, and Python does it while the function is traced.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.mode import Mode, optdb
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.replace import graph_replace
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.tensor.shape import Shape, Shape_i
from pytensor.tensor.variable import TensorVariable

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

# How many arrays come first; what follows is integers.
ARRAYS = {
    Conv: 2, ConvInputGrad: 2, ConvKernelGrad: 2, HelixConvolve: 2, HelixWindow: 2,
    InterpolateInputGrad: 1, MaxPool: 1, MaxUnpool: 2, Pool: 1, PoolInputGrad: 1, RowsToWindows: 1,
    TapGather: 2, TapUnpool: 2, TiedGather: 3, TiedUnpool: 3, WindowUnpool: 2, WindowsToRows: 1,
}  # fmt: skip


class StaticIntegers(Op):
    """Integers that Python computes while a function is traced.

    Inputs are the arrays whose shapes they are computed from, and integer inputs of the function.
    """

    __props__ = ("integers", "roots")

    # Whether the backend knows integer inputs of a function when it traces.
    takes_inputs = False

    def __init__(self, integers: TensorVariable, roots: tuple[Variable, ...]) -> None:
        self.integers = integers
        self.roots = roots

    def make_node(self, *leaves: Any) -> Apply:
        """Return the node; its inputs are the `leaves` of the roots."""
        return Apply(self, list(leaves), [self.integers.type()])

    def leaves(self) -> list[Variable]:
        """Return, for each root, the array that it is the shape of, or itself."""
        return [root.owner.inputs[0] if root.owner else root for root in self.roots]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Compute the integers."""
        output_storage[0][0] = self.evaluate(*inputs)

    def evaluate(self, *leaves: Any) -> Any:
        """Return the integers, as an array of NumPy."""
        return self._function(*map(_value, self.roots, leaves))

    @cached_property
    def _function(self) -> Any:
        inputs = [root.type() for root in self.roots]
        (output,) = graph_replace([self.integers], dict(zip(self.roots, inputs, strict=True)))
        return pytensor.function(inputs, output, mode=Mode("py", None), on_unused_input="ignore")


def _value(root: Variable, leaf: Any) -> Any:
    if root.owner is None:
        return np.asarray(leaf, root.type.dtype)
    shape = tuple(leaf.shape)
    return np.asarray(shape[root.owner.op.i] if isinstance(root.owner.op, Shape_i) else shape)


def roots_of(integers: TensorVariable) -> list[Variable] | None:
    """Return the shapes and integer inputs that integers come from; None if from data."""
    pending, seen, roots = [integers], set(), []
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


def _rewriter(backend: str) -> Any:
    @node_rewriter(list(ARRAYS))
    def local_static_integers(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
        """Take what computes lengths and windows out of a graph that is going to be traced."""
        op_type = import_module(f"pytensor_unpool.dispatch.{backend}").StaticIntegers
        inputs = list(node.inputs)
        for i in range(ARRAYS[type(node.op)], len(inputs)):
            if isinstance(inputs[i], Constant):
                continue
            if inputs[i].owner and isinstance(inputs[i].owner.op, StaticIntegers):
                continue
            roots = roots_of(inputs[i])
            if roots is not None and (op_type.takes_inputs or all(root.owner for root in roots)):
                op = op_type(inputs[i], tuple(roots))
                inputs[i] = op(*op.leaves())
        return None if inputs == node.inputs else node.clone_with_new_inputs(inputs).outputs

    return local_static_integers


# Names of the rewrites, by the backend that they are for.
REWRITES = {b: f"pytensor_unpool_static_integers_for_{b}" for b in ("jax", "mlx")}

# Behind all that changes shapes, which would not see through these nodes.
for _backend, _name in REWRITES.items():
    optdb.register(
        _name, dfs_rewriter(_rewriter(_backend)), _backend, "pytensor_unpool", position=101
    )
