"""Linear interpolation along one axis, and its transpose.

Interpolation is y = L x, where each row of L holds the weights of one element of x, or of two
adjacent ones. L does not depend on x, so interpolation is its own pushforward and its pullback is
L'. Derivatives of any order are built from these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import UPSAMPLED_DISAGREES, DTypeError
from pytensor_unpool.geometry.upsampling import upsampled_length
from pytensor_unpool.kernels.checks import unpooled_lengths
from pytensor_unpool.kernels.reference import upsampling as kernels
from pytensor_unpool.ops.batching import batch_pooling, batch_unpooling
from pytensor_unpool.ops.c_code import c_type, type_number
from pytensor_unpool.ops.common import (
    check_same_lengths,
    lengths_input,
    one_tensor,
    static_entries,
)
from pytensor_unpool.ops.linear import LinearOp


class _InterpolateOp(LinearOp):
    """A linear Op along an axis, given as -1, -2, ..., with a ratio p / q."""

    __props__ = ("axis", "p", "q")

    c_files = ("upsampling.h",)

    def __init__(self, axis: int, p: int, q: int = 1) -> None:
        self.axis = axis
        self.p = p
        self.q = q

    def _floats(self, name: str, x: Any) -> TensorVariable:
        x = one_tensor(name, x)
        if x.type.numpy_dtype.kind != "f":
            raise DTypeError(
                f"{name} must hold floats, to be interpolated: got dtype {x.dtype}. Cast it "
                f"(`.astype('float64')`).",
                got=x.dtype,
                wanted="float",
            )
        return x

    def _longer(self, length: Any) -> Any:
        return None if length is None else upsampled_length(length, self.p, self.q)

    def _with_length(self, shape: Sequence[Any], length: Any) -> tuple[Any, ...]:
        changed = list(shape)
        changed[self.axis] = length
        return tuple(changed)

    def _c_call(self, function: str, x: str, y: str, output: TensorVariable, read: str) -> str:
        """Return the call of a kernel; the statements `read` turn the shape of x into that of y."""
        ndim = output.type.ndim
        return f"""
    const Ratio ratio = {{{self.p}, {self.q}}};
    const int axis = {ndim + self.axis};
    npy_intp shape[MOST_AXES];
    replace_last({x}, 0, NULL, shape);
    {read}
    if (!allocate(&{y}, {ndim}, shape, {type_number(output)})) {{FAIL}}
    {function}(view_of({x}), ({c_type(output)}*)PyArray_DATA({y}), shape[axis], axis, ratio);
        """


class Interpolate(_InterpolateOp):
    """Make an axis p / q times as long by linear interpolation between its elements."""

    def make_node(self, x: Any) -> Apply:
        x = self._floats("x", x)
        shape = self._with_length(x.type.shape, self._longer(x.type.shape[self.axis]))
        return Apply(self, [x], [TensorType(x.type.dtype, shape)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        (x,) = inputs
        output_storage[0][0] = kernels.interpolate(x, self.axis, self.p, self.q)

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        read = f"if (!is_fine(lengthen(shape[axis], ratio, {self.axis}, &shape[axis]))) {{FAIL}}"
        return self._c_call("interpolate", inputs[0], outputs[0], node.outputs[0], read)

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        (shape,) = arguments[-1]
        return [self._with_length(shape, self._longer(shape[self.axis]))]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        (x,) = inputs
        known = x.type.shape[self.axis]
        length = x.shape[self.axis] if known is None else np.int64(known)
        return InterpolateInputGrad(self.axis, self.p, self.q)(cotangent, [length])


class InterpolateInputGrad(_InterpolateOp):
    """Distribute a cotangent to the elements it came from: the transpose of `Interpolate`.

    Inputs are the cotangent, and a vector with one entry: the length of the axis before.
    """

    _output_type_depends_on_input_value = True

    def make_node(self, cotangent: Any, lengths: Any) -> Apply:
        cotangent = self._floats("cotangent", cotangent)
        lengths = lengths_input(lengths, 1)
        (length,) = static_entries(lengths, 1)
        shape = self._with_length(cotangent.type.shape, self._longer(length))
        check_same_lengths("cotangent", cotangent.type.shape, shape, UPSAMPLED_DISAGREES)
        output = TensorType(cotangent.type.dtype, self._with_length(shape, length))()
        return Apply(self, [cotangent, lengths], [output])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        cotangent, vector = inputs
        lengths = unpooled_lengths(vector, 1)
        output_storage[0][0] = kernels.interpolate_input_grad(
            cotangent, lengths, self.axis, self.p, self.q
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        cotangent, lengths = inputs
        read = f"""
    npy_intp length, size;
    if (!read_lengths({lengths}, 1, &length, &size)) {{FAIL}}
    if (!is_fine(lengthen(length, ratio, {self.axis}, &shape[axis]))) {{FAIL}}
    if (!is_fine(check_lengths(UPSAMPLED_DISAGREES, PyArray_DIMS({cotangent}), shape,
                               PyArray_NDIM({cotangent}), 0))) {{FAIL}}
    shape[axis] = length;"""
        return self._c_call("interpolate_input_grad", cotangent, outputs[0], node.outputs[0], read)

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        return [self._with_length(shapes[0], node.inputs[1][0])]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        return Interpolate(self.axis, self.p, self.q)(cotangent)


_vectorize_node.register(Interpolate)(batch_pooling)
_vectorize_node.register(InterpolateInputGrad)(batch_unpooling)
