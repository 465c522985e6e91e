"""Un-pooling to, and gathering from, every maximum of a window.

This is how old Theano treated ties. With T[w, e] = 1 where element e lies in window w and equals
its maximum, un-pooling takes g to T' g, and its transpose takes v to T v. T is piecewise constant
in x, so its own derivative is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.blockwise import vectorize_node_fallback
from pytensor.tensor.type import TensorType

from pytensor_unpool.errors import MOVED_DISAGREES, POOLED_DISAGREE, DTypeError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels import reference
from pytensor_unpool.ops.c_code import (
    CKernelOp,
    allocated_like,
    c_type,
    found_channels,
    last_lengths,
    placed_windows,
    type_number,
)
from pytensor_unpool.ops.common import (
    axes_of,
    broadcast_leading,
    check_ndim,
    check_same_lengths,
    is_connected,
    no_gradient,
    real_tensor,
    runtime_inputs,
)


class _TiedOp(CKernelOp):
    """An Op of a tensor, its pooled maxima, and an array that is moved to or from the maxima."""

    __props__ = ("windows",)

    c_files = ("max_pool_simd.h", "channels.h", "max_pool_tied.h")

    # The index of the input that has the shape of the third.
    third_like: ClassVar[int]

    def __init__(self, windows: Windows) -> None:
        self.windows = windows

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.windows}}}"

    def transpose(self) -> _TiedOp:
        """Return the Op that is the pullback of this one with respect to its third input."""
        raise NotImplementedError

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True], [True], [False]][: len(node.inputs)]

    def pullback(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        cotangents: Sequence[Variable],
    ) -> list[Variable]:
        x, values, moved, *runtime_parameters = inputs
        gradient: Variable = disconnected_type()
        if is_connected(cotangents[0]):
            if moved.type.numpy_dtype.kind == "f":
                gradient = self.transpose()(x, values, cotangents[0], *runtime_parameters)
            else:
                gradient = no_gradient(moved)
        rest = [disconnected_type() for _ in runtime_parameters]
        return [no_gradient(x), no_gradient(values), gradient, *rest]

    def pushforward(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        tangents: Sequence[Variable],
    ) -> list[Variable]:
        if not is_connected(tangents[2]):
            return [disconnected_type()]
        return [self(*inputs[:2], tangents[2], *inputs[3:])]

    def c_checks(self, node: Apply, inputs: Sequence[str]) -> str:
        """Return statements that define `windows` and check all lengths."""
        x, values, third, *runtime_parameters = inputs
        like, ndim = inputs[self.third_like], self.windows.ndim
        return f"""{placed_windows(self.windows, last_lengths(x, ndim), runtime_parameters)}
    npy_intp pooled[MOST_AXES];
    replace_last({x}, {ndim}, windows.counts, pooled);
    if (!is_fine(check_lengths(POOLED_DISAGREE, PyArray_DIMS({values}), pooled,
                               PyArray_NDIM({x}), 0))) {{FAIL}}
    if (!is_fine(check_lengths(MOVED_DISAGREES, PyArray_DIMS({third}), PyArray_DIMS({like}),
                               PyArray_NDIM({x}), 0))) {{FAIL}}
        """

    def _inputs(
        self, x: Any, values: Any, moved: Any, runtime_parameters: Sequence[Any]
    ) -> list[Any]:
        x, values = real_tensor("x", x), real_tensor("values", values)
        moved = real_tensor("cotangent or tangent", moved)
        if moved.type.dtype == "bool":
            raise DTypeError(
                "cotangent or tangent must be a number: got dtype bool. Cast it.",
                got="bool",
                wanted="integer or float",
            )
        ndim = self.windows.ndim
        check_ndim("x", x, ndim)
        check_same_lengths("values", values.type.shape, x.type.shape, POOLED_DISAGREE, ndim)
        return [x, values, moved, *runtime_inputs(self.windows, runtime_parameters)]


class TiedUnpool(_TiedOp):
    """Add the cotangent of every window, in full, to each of its maxima.

    Inputs are x, its pooled values, the cotangent of those, and the matrix of the windows'
    parameters if some are only known at run time.
    """

    third_like = 1

    def make_node(self, x: Any, values: Any, cotangent: Any, *runtime_parameters: Any) -> Apply:
        inputs = self._inputs(x, values, cotangent, runtime_parameters)
        x, values, cotangent = inputs[:3]
        check_same_lengths("cotangent", cotangent.type.shape, values.type.shape, MOVED_DISAGREES)
        return Apply(self, inputs, [TensorType(cotangent.type.dtype, x.type.shape)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, values, cotangent, *runtime_parameters = inputs
        axes = axes_of(self.windows, runtime_parameters)
        output_storage[0][0] = reference.tied_unpool(
            x, values, cotangent, axes, self.windows.partial_windows
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x = inputs[0]
        (y,) = outputs
        ndim = self.windows.ndim
        types = f"{c_type(node.inputs[0])}, {c_type(node.outputs[0])}"
        data = f"({c_type(node.outputs[0])}*)PyArray_DATA({y})"
        views = [f"view_of({array})" for array in inputs[:3]]
        moved = [f"with_channels_inside({view}, {ndim}, channel)" for view in views]
        arrays = dict(zip(inputs[:3], node.inputs[:3], strict=True))
        return f"""{self.c_checks(node, inputs)}
    const npy_intp* shape = PyArray_DIMS({x});
    {found_channels(ndim, arrays)}
    {allocated_like(y, x, node.outputs[0])}
    if (channel >= 0)
        tied_unpool_channels<{types}>(windows, {", ".join(moved)}, {data});
    else if (!tied_unpool<{types}>(windows, {", ".join(views)}, {data})) {{
        PyErr_NoMemory();
        FAIL
    }}
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        return [arguments[-1][0]]

    def transpose(self) -> _TiedOp:
        return TiedGather(self.windows)


class TiedGather(_TiedOp):
    """Sum a tangent over all maxima of a window: the transpose of `TiedUnpool`.

    Inputs are x, its pooled values, the tangent of x, and the matrix of the windows' parameters if
    some are only known at run time.
    """

    third_like = 0

    def make_node(self, x: Any, values: Any, tangent: Any, *runtime_parameters: Any) -> Apply:
        inputs = self._inputs(x, values, tangent, runtime_parameters)
        x, values, tangent = inputs[:3]
        check_same_lengths("tangent", tangent.type.shape, x.type.shape, MOVED_DISAGREES)
        return Apply(self, inputs, [TensorType(tangent.type.dtype, values.type.shape)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, values, tangent, *runtime_parameters = inputs
        axes = axes_of(self.windows, runtime_parameters)
        output_storage[0][0] = reference.tied_gather(
            x, values, tangent, axes, self.windows.partial_windows
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        (y,) = outputs
        arrays = ", ".join(f"view_of({array})" for array in (*inputs[:3], y))
        return f"""{self.c_checks(node, inputs)}
    if (!allocate(&{y}, PyArray_NDIM({inputs[1]}), PyArray_DIMS({inputs[1]}),
                  {type_number(node.outputs[0])})) {{FAIL}}
    memset(PyArray_DATA({y}), 0, PyArray_NBYTES({y}));
    tied_gather<{c_type(node.inputs[0])}, {c_type(node.outputs[0])}>(windows, {arrays});
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        return [arguments[-1][1]]

    def transpose(self) -> _TiedOp:
        return TiedUnpool(self.windows)


@_vectorize_node.register(TiedUnpool)
@_vectorize_node.register(TiedGather)
def _vectorize_tied(op: _TiedOp, node: Apply, *inputs: Variable) -> Any:
    """Add leading axes; a loop is needed only if windows differ between items."""
    arrays, runtime_parameters = inputs[:3], inputs[3:]
    if any(matrix.type.ndim > 2 for matrix in runtime_parameters):
        return vectorize_node_fallback(op, node, *inputs)
    trailing = [v.type.ndim for v in node.inputs[:3]]
    return op.make_node(*broadcast_leading(arrays, trailing), *runtime_parameters)
