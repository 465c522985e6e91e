"""Un-pooling, and its transpose: gathering.

With the positions p of an item's values v, un-pooling is y[p[i]] = v[i]: a matrix of zeros and ones
applied to v. Its transpose takes g to g[p[i]]. Where positions repeat, "sum" adds up the values for
a place, and the transpose reads that place for each of them. "last" writes the last value only, so
the column of every other value is zero, and so is its gradient. In both cases the two Ops are
linear, each is the pullback of the other, and each is its own pushforward.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.type import TensorType

from pytensor_unpool.errors import PositionError
from pytensor_unpool.geometry import Windows, check_unpooled, plane_size
from pytensor_unpool.kernels import reference
from pytensor_unpool.kernels.checks import unpooled_lengths
from pytensor_unpool.ops.batching import batch_moves
from pytensor_unpool.ops.c_code import (
    allocated_like,
    c_type,
    found_channels,
    type_number,
)
from pytensor_unpool.ops.common import (
    check_ndim,
    check_same_lengths,
    lengths_input,
    lengths_vector,
    position_tensor,
    real_tensor,
    static_entries,
)
from pytensor_unpool.ops.linear import LinearOp


class _PositionOp(LinearOp):
    """An Op that moves elements between windows and positions in their `ndim` un-pooled axes.

    With `wraps`, negative positions count from the end of the un-pooled axes, as in indexing.
    Without it, they are errors.
    """

    __props__: tuple[str, ...] = ("ndim", "duplicates", "wraps")

    c_files = ("max_pool_simd.h", "channels.h", "max_unpool.h")

    def __init__(self, ndim: int, duplicates: str, wraps: bool = False) -> None:
        self.ndim = ndim
        self.duplicates = duplicates
        self.wraps = wraps

    def __str__(self) -> str:
        wraps = ", negative from the end" if self.wraps else ""
        return f"{type(self).__name__}{{ndim={self.ndim}, duplicates={self.duplicates!r}{wraps}}}"

    def _check_constant_positions(self, positions: Variable, lengths: Sequence[int | None]) -> None:
        """Raise `PositionError` when the graph is built, if positions and lengths are constant.

        With `wraps` the Op comes from a rewrite, which must leave errors to run time.
        """
        if self.wraps or not isinstance(positions, Constant) or not positions.data.size:
            return
        known = [length for length in lengths if length is not None]
        size = plane_size(known) if len(known) == len(lengths) else None
        for position in (int(positions.data.min()), int(positions.data.max())):
            if position < 0 or (size is not None and position >= size):
                raise PositionError(position, size)


class MaxUnpool(_PositionOp):
    """Write values at their positions, and zeros elsewhere.

    Inputs are the values, their positions, and the vector of the lengths of the `ndim` un-pooled
    axes. Where positions repeat, the last value in C order is written (``duplicates="last"``),
    or all of them are added up (``"sum"``).
    """

    _output_type_depends_on_input_value = True

    def make_node(self, values: Any, positions: Any, shape: Any) -> Apply:
        values, positions = real_tensor("values", values), position_tensor(positions)
        check_ndim("values", values, self.ndim)
        check_same_lengths("positions", positions.type.shape, values.type.shape)
        shape = lengths_input(shape, self.ndim)
        lengths = static_entries(shape, self.ndim)
        check_unpooled(lengths)
        self._check_constant_positions(positions, lengths)
        output = TensorType(values.type.dtype, (*values.type.shape[: -self.ndim], *lengths))()
        return Apply(self, [values, positions, shape], [output])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        values, positions, shape = inputs
        lengths = unpooled_lengths(shape, self.ndim)
        output_storage[0][0] = reference.max_unpool(
            values, positions, lengths, self.duplicates, self.wraps
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        values, positions, lengths = inputs
        (y,) = outputs
        element = c_type(node.outputs[0])
        wraps = "true" if self.wraps else "false"
        types = f"{wraps}, {element}, {c_type(node.inputs[1])}"
        is_bool = node.outputs[0].type.dtype == "bool"
        duplicates = "LAST" if self.duplicates == "last" else "ANY" if is_bool else "SUM"
        return f"""
    if (!is_fine(check_lengths(POSITIONS_DISAGREE, PyArray_DIMS({positions}),
                               PyArray_DIMS({values}), PyArray_NDIM({values}), 0))) {{FAIL}}
    npy_intp lengths[{self.ndim}], shape[MOST_AXES], size;
    if (!read_lengths({lengths}, {self.ndim}, lengths, &size)) {{FAIL}}
    replace_last({values}, {self.ndim}, lengths, shape);
    {found_channels(self.ndim, {values: node.inputs[0], positions: node.inputs[1]})}
    {allocated_like(y, values, node.outputs[0])}
    {element}* data = ({element}*)PyArray_DATA({y});
    if (channel >= 0) {{
        if (!is_fine(max_unpool_channels<{duplicates}, {types}>(
                with_channels_inside(view_of({values}), {self.ndim}, channel),
                with_channels_inside(view_of({positions}), {self.ndim}, channel),
                {self.ndim}, size, data))) {{FAIL}}
    }} else if (!is_fine(max_unpool<{duplicates}, {types}>(
            view_of({values}), view_of({positions}), {self.ndim}, size, data))) {{FAIL}}
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        lengths = [node.inputs[2][i] for i in range(self.ndim)]
        return [(*shapes[0][: -self.ndim], *lengths)]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        return MaxGather(self.ndim, self.duplicates, self.wraps)(cotangent, inputs[1])


class WindowUnpool(MaxUnpool):
    """Add up values at positions that are known to lie in their own window.

    A rewrite inserts this Op where positions come from a pooling with these windows, for backends
    that would otherwise scatter. All other backends treat it as `MaxUnpool`.
    """

    __props__ = ("windows",)

    def __init__(self, windows: Windows) -> None:
        super().__init__(windows.ndim, "sum")
        self.windows = windows

    def __str__(self) -> str:
        return f"WindowUnpool{{{self.windows}}}"


class MaxGather(_PositionOp):
    """Gather the elements at positions: the transpose of `MaxUnpool`.

    With ``duplicates="last"`` the result is zero wherever a later entry has the same position.
    """

    def make_node(self, x: Any, positions: Any) -> Apply:
        x, positions = real_tensor("x", x), position_tensor(positions)
        check_ndim("x", x, self.ndim)
        check_same_lengths("positions", positions.type.shape, x.type.shape, trailing=self.ndim)
        self._check_constant_positions(positions, x.type.shape[-self.ndim :])
        output = TensorType(x.type.dtype, positions.type.shape)()
        return Apply(self, [x, positions], [output])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = reference.max_gather(
            inputs[0], inputs[1], self.ndim, self.duplicates, self.wraps
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x, positions = inputs
        (y,) = outputs
        wraps = "true" if self.wraps else "false"
        types = f"{wraps}, {c_type(node.outputs[0])}, {c_type(node.inputs[1])}"
        only_last = "true" if self.duplicates == "last" else "false"
        return f"""
    if (!is_fine(check_lengths(POSITIONS_DISAGREE, PyArray_DIMS({positions}), PyArray_DIMS({x}),
                               PyArray_NDIM({x}), {self.ndim}))) {{FAIL}}
    if (!allocate(&{y}, PyArray_NDIM({positions}), PyArray_DIMS({positions}),
                  {type_number(node.outputs[0])})) {{FAIL}}
    if (!is_fine(max_gather<{only_last}, {types}>(
            view_of({x}), view_of({positions}), {self.ndim}, view_of({y})))) {{FAIL}}
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        return [arguments[-1][1]]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        x, positions = inputs
        unpool = MaxUnpool(self.ndim, self.duplicates, self.wraps)
        return unpool(cotangent, positions, lengths_vector(x, self.ndim))


_vectorize_node.register(MaxUnpool)(batch_moves)
_vectorize_node.register(WindowUnpool)(batch_moves)
_vectorize_node.register(MaxGather)(batch_moves)
