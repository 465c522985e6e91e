"""Windows as rows, and rows added back into windows.

With T[(w, k), e] = 1 where tap k of window w is element e, `WindowsToRows` takes x to T x and
`RowsToWindows` takes r to T' r. Both are linear. Each is the pullback of the other and its own
pushforward.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import ROWS_DISAGREE, DTypeError, ShapeError
from pytensor_unpool.geometry import Windows, check_unpooled
from pytensor_unpool.geometry.neighbours import check_taps, count_taps
from pytensor_unpool.geometry.windows import check_windows, pooled_lengths
from pytensor_unpool.kernels.checks import unpooled_lengths
from pytensor_unpool.kernels.reference import neighbours as reference_neighbours
from pytensor_unpool.ops.batching import batch_pooling, batch_unpooling
from pytensor_unpool.ops.c_code import (
    c_type,
    last_lengths,
    placed_windows,
    type_number,
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

# Specializing C code for the length of longer windows is not worth the compile time.
LONGEST_UNROLLED = 16


class _RowsOp(LinearOp):
    """An Op between an array and the rows of its windows' taps.

    `border` is what taps read beyond the ends of an axis: "zeros", or with "wrap" the elements at
    its other end.
    """

    __props__ = ("windows", "border")

    c_files = ("neighbours.h",)

    def __init__(self, windows: Windows, border: str) -> None:
        self.windows = windows
        self.border = border

    def __str__(self) -> str:
        border = "" if self.border == "zeros" else f", {self.border}"
        return f"{type(self).__name__}{{{self.windows}{border}}}"

    def row_lengths(self, lengths: Sequence[int | None]) -> list[int | None]:
        """Return the lengths of the window axes and the number of taps, None where unknown."""
        if not self.windows.is_static:
            return [None] * (self.windows.ndim + 1)
        axes, partial_windows = self.windows.axes(), self.windows.partial_windows
        check_windows(lengths, axes, partial_windows)
        check_taps(axes)
        taps = count_taps(self.windows.window)
        return [*pooled_lengths(lengths, axes, partial_windows), taps]

    def c_arguments(self, variable: TensorVariable) -> str:
        """Return the arguments of the C templates."""
        last = self.windows.window[-1] if self.windows.is_static else None
        window = last if last is not None and last <= LONGEST_UNROLLED else 0
        return f"{window}, {'true' if self.border == 'wrap' else 'false'}, {c_type(variable)}"


class WindowsToRows(_RowsOp):
    """Lay out all taps of every window along a new last axis.

    Inputs are the tensor, and the matrix of the windows' parameters if some of them are only known
    at run time.
    """

    def make_node(self, x: Any, *runtime_parameters: Any) -> Apply:
        x = real_tensor("x", x)
        ndim = self.windows.ndim
        check_ndim("x", x, ndim)
        shape = (*x.type.shape[:-ndim], *self.row_lengths(x.type.shape[-ndim:]))
        output = TensorType(x.type.dtype, shape)()
        return Apply(self, [x, *runtime_inputs(self.windows, runtime_parameters)], [output])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, *runtime_parameters = inputs
        output_storage[0][0] = reference_neighbours.windows_to_rows(
            x, axes_of(self.windows, runtime_parameters), self.windows.partial_windows, self.border
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x, *runtime_parameters = inputs
        (y,) = outputs
        lengths = last_lengths(x, self.windows.ndim)
        return f"""{placed_windows(self.windows, lengths, runtime_parameters)}
    npy_intp shape[MOST_AXES + 1], taps;
    if (!is_fine(count_taps(windows, &taps))) {{FAIL}}
    replace_last({x}, {self.windows.ndim}, windows.counts, shape);
    shape[PyArray_NDIM({x})] = taps;
    if (!allocate(&{y}, PyArray_NDIM({x}) + 1, shape, {type_number(node.outputs[0])})) {{FAIL}}
    windows_to_rows<{self.c_arguments(node.outputs[0])}>(windows, view_of({x}), view_of({y}));
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        ndim = self.windows.ndim
        axes = axes_of(self.windows, node.inputs[1:])
        counts = pooled_lengths(shapes[0][-ndim:], axes, self.windows.partial_windows)
        return [(*shapes[0][:-ndim], *counts, count_taps([axis.window for axis in axes]))]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        x, *runtime_parameters = inputs
        shape = lengths_vector(x, self.windows.ndim)
        return RowsToWindows(self.windows, self.border)(cotangent, shape, *runtime_parameters)


class RowsToWindows(_RowsOp):
    """Add all taps of every window to the elements they lie on: the transpose of `WindowsToRows`.

    Inputs are the rows, the vector of the lengths of the windowed axes, and the matrix of the
    windows' parameters if some of them are only known at run time.
    """

    _output_type_depends_on_input_value = True

    def make_node(self, rows: Any, shape: Any, *runtime_parameters: Any) -> Apply:
        rows = _number_tensor(rows)
        ndim = self.windows.ndim
        if rows.type.ndim < ndim + 1:
            raise ShapeError(
                f"rows needs an axis for each of the {ndim} windowed axes, and one for the taps: "
                f"got {rows.type.ndim} axes. Pass an array like one that windows_to_rows returns.",
                got=rows.type.ndim,
                wanted=ndim + 1,
            )
        shape = lengths_input(shape, ndim)
        lengths = static_entries(shape, ndim)
        check_unpooled(lengths)
        items = rows.type.shape[: -ndim - 1]
        wanted = (*items, *self.row_lengths(lengths))
        check_same_lengths("rows", rows.type.shape, wanted, ROWS_DISAGREE)
        output = TensorType(rows.type.dtype, (*items, *lengths))()
        inputs = [rows, shape, *runtime_inputs(self.windows, runtime_parameters)]
        return Apply(self, inputs, [output])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        rows, shape, *runtime_parameters = inputs
        output_storage[0][0] = reference_neighbours.rows_to_windows(
            rows,
            unpooled_lengths(shape, self.windows.ndim),
            axes_of(self.windows, runtime_parameters),
            self.windows.partial_windows,
            self.border,
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        rows, shape, *runtime_parameters = inputs
        (y,) = outputs
        ndim = self.windows.ndim
        return f"""
    npy_intp lengths[{ndim}], wanted[MOST_AXES], size, taps;
    if (!read_lengths({shape}, {ndim}, lengths, &size)) {{FAIL}}
    {placed_windows(self.windows, "lengths", runtime_parameters)}
    if (!is_fine(count_taps(windows, &taps))) {{FAIL}}
    const int items = PyArray_NDIM({rows}) - {ndim} - 1;
    for (int i = 0; i < items; ++i) wanted[i] = PyArray_DIMS({rows})[i];
    for (int i = 0; i < {ndim}; ++i) wanted[items + i] = windows.counts[i];
    wanted[items + {ndim}] = taps;
    if (!is_fine(check_lengths(ROWS_DISAGREE, PyArray_DIMS({rows}), wanted,
                               PyArray_NDIM({rows}), 0))) {{FAIL}}
    for (int i = 0; i < {ndim}; ++i) wanted[items + i] = lengths[i];
    if (!allocate(&{y}, items + {ndim}, wanted, {type_number(node.outputs[0])})) {{FAIL}}
    rows_to_windows<{self.c_arguments(node.outputs[0])}>(windows, view_of({rows}), view_of({y}));
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        ndim = self.windows.ndim
        return [(*shapes[0][: -ndim - 1], *(node.inputs[1][i] for i in range(ndim)))]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        return WindowsToRows(self.windows, self.border)(cotangent, *inputs[2:])


def _number_tensor(rows: Any) -> TensorVariable:
    rows = real_tensor("rows", rows)
    if rows.type.dtype == "bool":
        raise DTypeError(
            "rows must hold numbers that can be added up: got dtype bool. Cast it.",
            got="bool",
            wanted="integer or float",
        )
    return rows


_vectorize_node.register(WindowsToRows)(batch_pooling)
_vectorize_node.register(RowsToWindows)(batch_unpooling)
