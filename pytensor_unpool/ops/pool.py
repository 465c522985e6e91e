"""Sum and average pooling, and its transpose.

Pooling is y = P x, with P[w, e] = 1/n_w where element e lies in window w, and 0 elsewhere. For sums
n_w is 1, for averages it is the number of the window's taps that count. P does not depend on x, so
pooling is its own pushforward and its pullback is P'. Derivatives of any order are built from
these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import COTANGENT_DISAGREES, DTypeError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.pool import PoolMode
from pytensor_unpool.geometry.windows import check_windows, lengths_of_pooled, pooled_lengths
from pytensor_unpool.kernels import reference
from pytensor_unpool.kernels.checks import unpooled_lengths
from pytensor_unpool.ops.batching import batch_pooling, batch_unpooling
from pytensor_unpool.ops.c_code import (
    allocated_like,
    c_type,
    found_channels,
    last_lengths,
    placed_windows,
    planes_type,
)
from pytensor_unpool.ops.common import (
    axes_of,
    check_ndim,
    check_same_lengths,
    lengths_input,
    lengths_vector,
    real_tensor,
    runtime_inputs,
    static_entries,
)
from pytensor_unpool.ops.linear import LinearOp


class _PoolOp(LinearOp):
    """A sum or average pooling or its transpose, linear in the first input."""

    __props__ = ("windows", "mode")

    c_files = (
        "max_pool_simd.h",
        "unrolled.h",
        "channels.h",
        "max_pool.h",
        "pool.h",
        "pool_unrolled.h",
        "pool_channels.h",
    )

    def __init__(self, windows: Windows, mode: str) -> None:
        self.windows = windows
        self.mode = PoolMode(mode)

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.mode}, {self.windows}}}"

    def _numbers_tensor(self, name: str, x: Any) -> TensorVariable:
        """Return `x` as a tensor of numbers with enough axes."""
        x = real_tensor(name, x)
        if x.type.dtype == "bool":
            raise DTypeError(
                f"{name} must hold numbers that can be added up: got dtype bool. Cast it "
                f"(`.astype('int64')`), or pool with mode='max'.",
                got="bool",
                wanted="integer or float",
            )
        check_ndim(name, x, self.windows.ndim)
        return x


class Pool(_PoolOp):
    """Take the sum or the average of every window.

    Inputs are the tensor, and the matrix of the windows' parameters if some of them are only known
    at run time. The modes are "sum", "average_inc_pad" and "average_exc_pad".
    """

    def make_node(self, x: Any, *runtime_parameters: Any) -> Apply:
        x = self._numbers_tensor("x", x)
        ndim = self.windows.ndim
        counts: Sequence[int | None] = [None] * ndim
        if self.windows.is_static:
            axes, partial_windows = self.windows.axes(), self.windows.partial_windows
            check_windows(x.type.shape[-ndim:], axes, partial_windows)
            counts = pooled_lengths(x.type.shape[-ndim:], axes, partial_windows)
        output = TensorType(x.type.dtype, (*x.type.shape[:-ndim], *counts))()
        return Apply(self, [x, *runtime_inputs(self.windows, runtime_parameters)], [output])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, *runtime_parameters = inputs
        axes = axes_of(self.windows, runtime_parameters)
        output_storage[0][0] = reference.pool(x, axes, self.windows.partial_windows, self.mode)

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x, *runtime_parameters = inputs
        (y,) = outputs
        ndim, element = self.windows.ndim, c_type(node.outputs[0])
        mode = f"Mode::{self.mode.upper()}"
        return f"""{placed_windows(self.windows, last_lengths(x, ndim), runtime_parameters)}
    npy_intp shape[MOST_AXES];
    replace_last({x}, {ndim}, windows.counts, shape);
    {found_channels(ndim, {x: node.inputs[0]})}
    {allocated_like(y, x, node.outputs[0])}
    if (channel >= 0)
        pool_channels<{mode}>(
            windows, with_channels_inside(view_of({x}), {ndim}, channel),
            ({element}*)PyArray_DATA({y}));
    else if (!pool<{planes_type(self.windows)}, {mode}>(
            windows, view_of({x}), ({element}*)PyArray_DATA({y}))) {{ PyErr_NoMemory(); FAIL }}
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        ndim = self.windows.ndim
        axes = axes_of(self.windows, node.inputs[1:])
        counts = pooled_lengths(shapes[0][-ndim:], axes, self.windows.partial_windows)
        return [(*shapes[0][:-ndim], *counts)]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        x, *runtime_parameters = inputs
        lengths = lengths_vector(x, self.windows.ndim)
        return PoolInputGrad(self.windows, self.mode)(cotangent, lengths, *runtime_parameters)


class PoolInputGrad(_PoolOp):
    """Give every element its share of the cotangents of its windows: the transpose of `Pool`.

    Inputs are the cotangent, the vector of the lengths of the axes that were pooled, and the matrix
    of the windows' parameters if some of them are only known at run time. Unlike `Pool`, it accepts
    empty axes: the cotangent and the output are then empty.
    """

    _output_type_depends_on_input_value = True

    def make_node(self, cotangent: Any, lengths: Any, *runtime_parameters: Any) -> Apply:
        cotangent = self._numbers_tensor("cotangent", cotangent)
        ndim = self.windows.ndim
        lengths = lengths_input(lengths, ndim)
        known = static_entries(lengths, ndim)
        if self.windows.is_static:
            axes, partial_windows = self.windows.axes(), self.windows.partial_windows
            counts = lengths_of_pooled(known, axes, partial_windows)
            shape = (*cotangent.type.shape[:-ndim], *counts)
            check_same_lengths("cotangent", cotangent.type.shape, shape, COTANGENT_DISAGREES)
        output = TensorType(cotangent.type.dtype, (*cotangent.type.shape[:-ndim], *known))()
        return Apply(
            self, [cotangent, lengths, *runtime_inputs(self.windows, runtime_parameters)], [output]
        )

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        cotangent, lengths, *runtime_parameters = inputs
        output_storage[0][0] = reference.pool_input_grad(
            cotangent,
            unpooled_lengths(lengths, self.windows.ndim),
            axes_of(self.windows, runtime_parameters),
            self.windows.partial_windows,
            self.mode,
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        cotangent, lengths, *runtime_parameters = inputs
        (y,) = outputs
        ndim, element = self.windows.ndim, c_type(node.outputs[0])
        mode = f"Mode::{self.mode.upper()}"
        return f"""
    npy_intp lengths[{ndim}], shape[MOST_AXES], size;
    if (!read_lengths({lengths}, {ndim}, lengths, &size)) {{FAIL}}
    {placed_windows(self.windows, "lengths", runtime_parameters, may_be_empty=True)}
    replace_last({cotangent}, {ndim}, windows.counts, shape);
    if (!is_fine(check_lengths(COTANGENT_DISAGREES, PyArray_DIMS({cotangent}), shape,
                               PyArray_NDIM({cotangent}), 0))) {{FAIL}}
    replace_last({cotangent}, {ndim}, lengths, shape);
    {found_channels(ndim, {cotangent: node.inputs[0]})}
    {allocated_like(y, cotangent, node.outputs[0])}
    if (size == 0) {{
    }} else if (channel >= 0)
        pool_input_grad_channels<{mode}>(
            windows, with_channels_inside(view_of({cotangent}), {ndim}, channel), lengths,
            ({element}*)PyArray_DATA({y}));
    else if (!pool_input_grad<{planes_type(self.windows)}, {mode}>(
            windows, view_of({cotangent}), lengths, ({element}*)PyArray_DATA({y})))
        {{ PyErr_NoMemory(); FAIL }}
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        ndim = self.windows.ndim
        return [(*shapes[0][:-ndim], *[node.inputs[1][i] for i in range(ndim)])]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        return Pool(self.windows, self.mode)(cotangent, *inputs[2:])


_vectorize_node.register(Pool)(batch_pooling)
_vectorize_node.register(PoolInputGrad)(batch_unpooling)
