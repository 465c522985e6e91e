"""Max pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.type import TensorType

from pytensor_unpool.geometry import TAPS_DTYPE, Windows
from pytensor_unpool.geometry.windows import check_windows, pooled_lengths
from pytensor_unpool.kernels import reference
from pytensor_unpool.kernels.checks import check_positions_dtype
from pytensor_unpool.ops.batching import batch_pooling
from pytensor_unpool.ops.c_code import (
    CKernelOp,
    c_type,
    found_channels,
    last_lengths,
    placed_windows,
    planes_type,
    type_number,
)
from pytensor_unpool.ops.common import (
    axes_of,
    check_ndim,
    is_connected,
    lengths_vector,
    no_gradient,
    real_tensor,
    runtime_inputs,
)
from pytensor_unpool.ops.max_pool_taps import TapGather, TapUnpool, check_taps
from pytensor_unpool.ops.max_pool_tied import TiedGather, TiedUnpool
from pytensor_unpool.ops.max_unpool import MaxGather, MaxUnpool

# What the Op returns: values alone, or also positions or taps.
Output = Literal["values", "positions", "taps"]


class MaxPool(CKernelOp):
    """Take the maximum of every window, and remember where it was.

    Inputs are the tensor, and the matrix of the windows' parameters if some of them are only known
    at run time. Outputs are the values and, depending on `output`, nothing else ("values"), the
    positions of the maxima with dtype `dtype` ("positions"), or the index of each maximum among
    the taps of its window in C order ("taps").

    The gradient of the values goes to the first maximum of a window (``ties="first"``), or in full
    to each of them (``ties="all"``, as in old Theano).
    """

    __props__ = ("windows", "ties", "output", "dtype")

    c_files = ("max_pool_simd.h", "unrolled.h", "channels.h", "max_pool.h")

    def __init__(
        self,
        windows: Windows,
        ties: str = "first",
        output: Output = "positions",
        dtype: str = "int64",
    ) -> None:
        self.windows = windows
        self.ties = ties
        self.output = output
        # Only positions have a choice of dtype: Ops with the same outputs must compare equal.
        self.dtype = {"values": "int64", "taps": TAPS_DTYPE}.get(output, dtype)

    def __str__(self) -> str:
        notes = [str(self.windows)]
        if self.ties != "first":
            notes.append(f"ties={self.ties}")
        if self.output == "values":
            notes.append("values only")
        elif self.output == "taps":
            notes.append("taps")
        elif self.dtype != "int64":
            notes.append(f"positions {self.dtype}")
        return f"MaxPool{{{', '.join(notes)}}}"

    def make_node(self, x: Any, *runtime_parameters: Any) -> Apply:
        x = real_tensor("x", x)
        ndim = self.windows.ndim
        check_ndim("x", x, ndim)
        lengths = x.type.shape[-ndim:]
        counts: Sequence[int | None] = [None] * ndim
        if self.windows.is_static:
            axes, partial_windows = self.windows.axes(), self.windows.partial_windows
            check_windows(lengths, axes, partial_windows)
            counts = pooled_lengths(lengths, axes, partial_windows)
        if self.output == "taps":
            check_taps(self.windows)
        elif self.output == "positions" and None not in lengths:
            check_positions_dtype(lengths, self.dtype)
        shape = (*x.type.shape[:-ndim], *counts)
        outputs = [TensorType(x.type.dtype, shape)()]
        if self.output != "values":
            outputs.append(TensorType(self.dtype, shape)())
        return Apply(self, [x, *runtime_inputs(self.windows, runtime_parameters)], outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, *runtime_parameters = inputs
        axes, partial_windows = (
            axes_of(self.windows, runtime_parameters),
            self.windows.partial_windows,
        )
        results = reference.max_pool(x, axes, partial_windows, self.output, self.dtype)
        for storage, result in zip(output_storage, results, strict=False):
            storage[0] = result

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x, *runtime_parameters = inputs
        ndim, planes = self.windows.ndim, planes_type(self.windows)
        values = f"({c_type(node.outputs[0])}*)PyArray_DATA({outputs[0]})"
        positions, check = "Nowhere()", ""
        if self.output == "taps":
            positions = f"Taps{{(npy_uint8*)PyArray_DATA({outputs[1]})}}"
        elif self.output == "positions":
            positions = f"({c_type(node.outputs[1])}*)PyArray_DATA({outputs[1]})"
            most = np.iinfo(self.dtype).max
            check = f"""
    npy_intp last_position = view_of({x}).trailing({ndim}, 0).size() - 1;
    if (last_position > {most}LL)
        if (!is_fine(length_problem(POSITIONS_TOO_NARROW, 0, last_position, {most}LL))) {{FAIL}}
            """

        def allocated(function: str, *more: str) -> str:
            return " && ".join(
                f"{function}({', '.join((f'&{o}', f'PyArray_NDIM({x})', 'shape', t, *more))})"
                for o, t in zip(outputs, map(type_number, node.outputs), strict=True)
            )

        by_planes = f"""
    if (!({allocated("allocate")})) {{FAIL}}
    max_pool<{planes}>(windows, view_of({x}), {values}, {positions});
        """
        by_channels = f"""
    {found_channels(ndim, {x: node.inputs[0]})}
    if (channel >= 0 && view_of({x}).trailing({ndim}, 0).size() <= INT32_MAX) {{
    if (!({allocated("allocate_channels_last", "channel")})) {{FAIL}}
    max_pool_channels<{planes}>(
        windows, with_channels_inside(view_of({x}), {ndim}, channel), {values}, {positions});
    }} else
        """
        return f"""{placed_windows(self.windows, last_lengths(x, ndim), runtime_parameters)}{check}
    npy_intp shape[MOST_AXES];
    replace_last({x}, {ndim}, windows.counts, shape);
    {by_channels if self.windows.can_unroll else ""} {{ {by_planes} }}
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        ndim = self.windows.ndim
        axes = axes_of(self.windows, node.inputs[1:])
        counts = pooled_lengths(shapes[0][-ndim:], axes, self.windows.partial_windows)
        return [(*shapes[0][:-ndim], *counts)] * len(node.outputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        pattern = [[True, False], [False, False]]
        return [row[: len(node.outputs)] for row in pattern[: len(node.inputs)]]

    def pullback(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        cotangents: Sequence[Variable],
    ) -> list[Variable]:
        x, *runtime_parameters = inputs
        rest = [disconnected_type() for _ in runtime_parameters]
        cotangent = cotangents[0]
        if not is_connected(cotangent):
            return [disconnected_type(), *rest]
        if x.type.numpy_dtype.kind != "f":
            return [no_gradient(x), *rest]
        if self.ties == "all":
            return [TiedUnpool(self.windows)(x, outputs[0], cotangent, *runtime_parameters), *rest]
        ndim = self.windows.ndim
        lengths = lengths_vector(x, ndim)
        if self.output == "taps":
            return [TapUnpool(self.windows)(cotangent, outputs[1], lengths), *rest]
        positions = self._positions(inputs, outputs)
        return [MaxUnpool(ndim, "sum")(cotangent, positions, lengths), *rest]

    def pushforward(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        tangents: Sequence[Variable],
    ) -> list[Variable]:
        x, *runtime_parameters = inputs
        rest = [disconnected_type() for _ in outputs[1:]]
        tangent = tangents[0]
        if not is_connected(tangent):
            return [disconnected_type(), *rest]
        if self.ties == "all":
            return [TiedGather(self.windows)(x, outputs[0], tangent, *runtime_parameters), *rest]
        if self.output == "taps":
            return [TapGather(self.windows)(tangent, outputs[1]), *rest]
        positions = self._positions(inputs, outputs)
        return [MaxGather(self.windows.ndim, "sum")(tangent, positions), *rest]

    def _positions(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> Variable:
        if self.output == "positions":
            return outputs[1]
        return MaxPool(self.windows, self.ties)(*inputs)[1]


_vectorize_node.register(MaxPool)(batch_pooling)
