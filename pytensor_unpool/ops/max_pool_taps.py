"""Un-pooling to, and gathering from, the taps of windows.

A tap is an element of a window, identified by its index in C order. Where e[w] is the element at
the tap of window w, un-pooling is y[e[w]] = v[w], and gathering takes g to g[e[w]]. `MaxUnpool`
and `MaxGather` do the same with positions. But a tap takes one byte, and a window that overlaps no
other determines all elements that it spans, so each of them is written exactly once. Rewrites
replace positions by these Ops.

A tap that lies outside the axes, or is not a tap of its window, stands for no element: nothing is
written for it, and zero is read. The two Ops are therefore each other's transpose for any input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.type import TensorType

from pytensor_unpool.errors import POOLED_DISAGREE, ArgumentError, DTypeError
from pytensor_unpool.geometry import TAPS_DTYPE, Windows
from pytensor_unpool.geometry.windows import check_windows, pooled_lengths
from pytensor_unpool.kernels import reference
from pytensor_unpool.kernels.checks import unpooled_lengths
from pytensor_unpool.ops.batching import batch_moves
from pytensor_unpool.ops.c_code import (
    allocated_like,
    axis_types,
    c_type,
    found_channels,
    last_lengths,
    placed_windows,
    type_number,
)
from pytensor_unpool.ops.common import (
    check_ndim,
    check_same_lengths,
    lengths_input,
    lengths_vector,
    real_tensor,
    static_entries,
)
from pytensor_unpool.ops.linear import LinearOp


class _TapOp(LinearOp):
    """An Op that moves the elements of its first input between windows and their taps."""

    __props__ = ("windows",)

    c_files = ("max_pool_simd.h", "unrolled.h", "channels.h", "max_pool_taps.h")

    def __init__(self, windows: Windows) -> None:
        self.windows = windows

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.windows}}}"

    def _checked(self, name: str, moved: Any, taps: Any, pooled: int) -> tuple[Any, Any]:
        """Return `moved` and the taps as tensors; the last `pooled` lengths may differ."""
        check_taps(self.windows)
        moved, taps = real_tensor(name, moved), pt.as_tensor_variable(taps)
        if taps.type.dtype != TAPS_DTYPE:
            raise DTypeError(
                f"taps must be {TAPS_DTYPE}: got dtype {taps.type.dtype}. Pass what MaxPool "
                f"returns with output='taps'.",
                got=taps.type.dtype,
                wanted=TAPS_DTYPE,
            )
        check_ndim(name, moved, self.windows.ndim)
        check_same_lengths("taps", taps.type.shape, moved.type.shape, trailing=pooled)
        return moved, taps

    def _check_counts(self, taps: Any, lengths: Sequence[int | None]) -> None:
        """Check that there is one tap for each window on axes of these lengths."""
        axes, partial_windows = self.windows.axes(), self.windows.partial_windows
        check_windows(lengths, axes, partial_windows)
        counts = (None,) * (taps.type.ndim - len(axes))
        counts += tuple(pooled_lengths(lengths, axes, partial_windows))
        check_same_lengths("taps", taps.type.shape, counts, POOLED_DISAGREE)


class TapUnpool(_TapOp):
    """Write each window's value at its tap, and zeros elsewhere.

    Inputs are the values, the taps, and the vector of the lengths of the un-pooled axes.
    """

    _output_type_depends_on_input_value = True

    def make_node(self, values: Any, taps: Any, shape: Any) -> Apply:
        values, taps = self._checked("values", values, taps, 0)
        ndim = self.windows.ndim
        shape = lengths_input(shape, ndim)
        lengths = static_entries(shape, ndim)
        self._check_counts(taps, lengths)
        output = TensorType(values.type.dtype, (*values.type.shape[:-ndim], *lengths))()
        return Apply(self, [values, taps, shape], [output])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        values, taps, shape = inputs
        lengths = unpooled_lengths(shape, self.windows.ndim)
        output_storage[0][0] = reference.tap_unpool(
            values, taps, lengths, self.windows.axes(), self.windows.partial_windows
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        values, taps, lengths = inputs
        (y,) = outputs
        ndim, types = self.windows.ndim, f"{axis_types(self.windows)}, {c_type(node.outputs[0])}"
        return f"""
    if (!is_fine(check_lengths(POSITIONS_DISAGREE, PyArray_DIMS({taps}), PyArray_DIMS({values}),
                               PyArray_NDIM({values}), 0))) {{FAIL}}
    npy_intp lengths[{ndim}], shape[MOST_AXES], pooled[MOST_AXES], size;
    if (!read_lengths({lengths}, {ndim}, lengths, &size)) {{FAIL}}
    {placed_windows(self.windows, "lengths")}
    replace_last({taps}, {ndim}, windows.counts, pooled);
    if (!is_fine(check_lengths(POOLED_DISAGREE, PyArray_DIMS({taps}), pooled,
                               PyArray_NDIM({taps}), 0))) {{FAIL}}
    replace_last({values}, {ndim}, lengths, shape);
    {found_channels(ndim, {values: node.inputs[0], taps: node.inputs[1]})}
    {allocated_like(y, values, node.outputs[0])}
    if (channel >= 0)
        tap_unpool_channels<{types}>(
            windows, with_channels_inside(view_of({values}), {ndim}, channel),
            with_channels_inside(view_of({taps}), {ndim}, channel),
            with_channels_inside(view_of({y}), {ndim}, channel));
    else tap_unpool<{types}>(windows, view_of({values}), view_of({taps}), view_of({y}));
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        ndim = self.windows.ndim
        return [(*shapes[0][:-ndim], *(node.inputs[2][i] for i in range(ndim)))]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        return TapGather(self.windows)(cotangent, inputs[1])


class TapGather(_TapOp):
    """Take the element at each window's tap: the transpose of `TapUnpool`.

    Inputs are the tensor and the taps.
    """

    def make_node(self, x: Any, taps: Any) -> Apply:
        x, taps = self._checked("x", x, taps, self.windows.ndim)
        self._check_counts(taps, x.type.shape[-self.windows.ndim :])
        return Apply(self, [x, taps], [TensorType(x.type.dtype, taps.type.shape)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, taps = inputs
        output_storage[0][0] = reference.tap_gather(
            x, taps, self.windows.axes(), self.windows.partial_windows
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x, taps = inputs
        (y,) = outputs
        ndim = self.windows.ndim
        return f"""
    if (!is_fine(check_lengths(POSITIONS_DISAGREE, PyArray_DIMS({taps}), PyArray_DIMS({x}),
                               PyArray_NDIM({x}), {ndim}))) {{FAIL}}
    {placed_windows(self.windows, last_lengths(x, ndim))}
    npy_intp pooled[MOST_AXES];
    replace_last({taps}, {ndim}, windows.counts, pooled);
    if (!is_fine(check_lengths(POOLED_DISAGREE, PyArray_DIMS({taps}), pooled,
                               PyArray_NDIM({taps}), 0))) {{FAIL}}
    if (!allocate(&{y}, PyArray_NDIM({taps}), pooled, {type_number(node.outputs[0])})) {{FAIL}}
    tap_gather<{axis_types(self.windows)}, {c_type(node.outputs[0])}>(
        windows, view_of({x}), view_of({taps}), view_of({y}));
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        return [arguments[-1][1]]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        lengths = lengths_vector(inputs[0], self.windows.ndim)
        return TapUnpool(self.windows)(cotangent, inputs[1], lengths)


def check_taps(windows: Windows) -> None:
    """Raise `ArgumentError` for windows for which there are no kernels by taps."""
    if not windows.has_taps:
        raise ArgumentError(
            f"taps must come from small, static windows that do not overlap: got the windows "
            f"{windows}. Take positions instead.",
            got=str(windows),
            wanted="windows.has_taps",
        )


_vectorize_node.register(TapUnpool)(batch_moves)
_vectorize_node.register(TapGather)(batch_moves)
