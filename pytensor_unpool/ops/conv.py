"""Convolution and its two gradients.

With images x of channels c and a kernel k, the output is y[o] = sum over c and the taps t of
k[o, c, t] x[c, at tap t]. It is linear in x and in k. For a cotangent dy, its transposes satisfy

    Conv(x, k) . dy = x . ConvInputGrad(k, dy) = k . ConvKernelGrad(x, dy).

So all three are bilinear, and the transposes of each are the other two. Derivatives of any order
are built from these three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.link.c.op import OpenMPOp
from pytensor.scalar import upcast
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import (
    BATCH_DISAGREES,
    DTypeError,
    LengthError,
    ShapeError,
)
from pytensor_unpool.geometry.conv import (
    BATCH_AND_CHANNELS,
    Convolution,
    Steps,
    check_shapes,
    output_lengths,
)
from pytensor_unpool.kernels.checks import unpooled_lengths
from pytensor_unpool.kernels.reference import conv as reference_conv
from pytensor_unpool.ops.c_code import c_type, type_number
from pytensor_unpool.ops.common import (
    axes_of,
    lengths_input,
    lengths_vector,
    runtime_inputs,
    static_entries,
)
from pytensor_unpool.ops.linear import BilinearOp


class _ConvOp(BilinearOp, OpenMPOp):
    """A convolution, or a gradient of one.

    If ``pytensor.config.openmp`` is set when the Op is created, its C code uses OpenMP threads.
    """

    __props__ = ("convolution",)

    c_files = (
        "max_pool_simd.h",
        "simd_wide.h",
        "threads.h",
        "conv/tuning.h",
        "conv/microkernel.h",
        "conv/records.h",
        "conv/views.h",
        "conv/packing.h",
        "conv/gemm.h",
        "conv/gemm_nt.h",
        "conv/winograd.h",
        "conv/winograd_kernel_grad.h",
        "conv/plan.h",
        "conv/col2im.h",
        "conv/forward.h",
        "conv/input_grad.h",
        "conv/kernel_grad.h",
        "conv/checks.h",
    )

    # The names of the first two inputs, and the number of inputs without run-time parameters.
    names: tuple[str, str]
    arrays: int

    def __init__(self, convolution: Convolution) -> None:
        OpenMPOp.__init__(self)
        self.convolution = convolution

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.convolution}}}"

    def _c_call(
        self, node: Apply, inputs: Sequence[str], y: str, shapes: Sequence[str], call: str
    ) -> str:
        """Return statements that check the inputs, allocate `y` and run a kernel.

        `shapes` are C expressions for the shapes of images, kernel and output, and `call` is the
        call of the kernel. `y` has the shape that is an input of the Op, if there is one, and
        otherwise the shape of the convolution's output.
        """
        convolution, ndim = self.convolution, self.convolution.ndim
        has_shape_input, shape_input = self.arrays > 2, inputs[self.arrays - 1]
        steps = ", ".join(
            f"{{{', '.join(str(n or 0) for n in axis)}}}" for axis in convolution.axes()
        )
        read_shape = f"if (!read_lengths({shape_input}, {ndim + 2}, shape, &size)) {{FAIL}}"
        read = f"if (!read_matrix({inputs[-1]}, {ndim}, 4, WRONG_STEPS, steps[0])) {{FAIL}}"
        counted = f"""
    shape[0] = conv.images; shape[1] = conv.groups * conv.out_channels;
    for (int i = 0; i < {ndim}; ++i) shape[2 + i] = conv.axes[SPATIAL - {ndim} + i].outputs;
        """
        return f"""
    npy_intp shape[{ndim + 2}], size, steps[{ndim}][4] = {{{steps}}};
    (void)size;
    ConvShape conv;
    conv.groups = {convolution.groups};
    conv.flip = {"true" if convolution.flip else "false"};
    {"" if convolution.is_static else read}
    {read_shape if has_shape_input else ""}
    if (!is_fine(describe(&conv, {ndim}, steps, {", ".join(shapes)}))) {{FAIL}}
    {"" if has_shape_input else counted}
    if (!allocate(&{y}, {ndim + 2}, shape, {type_number(node.outputs[0])})) {{FAIL}}
    if (!{call.format(y=f"({c_type(node.outputs[0])}*)PyArray_DATA({y})")}) {{
        PyErr_NoMemory();
        FAIL
    }}
        """

    def _factors(self, first: Any, second: Any) -> tuple[TensorVariable, TensorVariable]:
        """Return the first two inputs as tensors of one float dtype, with all their axes."""
        wanted = self.convolution.ndim + BATCH_AND_CHANNELS
        pair = [pt.as_tensor_variable(first), pt.as_tensor_variable(second)]
        for name, tensor in zip(self.names, pair, strict=True):
            if tensor.type.numpy_dtype.kind != "f":
                raise DTypeError(
                    f"{name} must be float: got dtype {tensor.type.dtype}. Cast it "
                    f"(`.astype('float32')`).",
                    got=tensor.type.dtype,
                    wanted="float16, float32 or float64",
                )
            if tensor.type.ndim != wanted:
                raise ShapeError(
                    f"{name} must have {wanted} axes, the last {wanted - 2} of them spatial: got "
                    f"{tensor.type.ndim}. Images are (batch, channels, *spatial), kernels "
                    f"(out_channels, channels // groups, *spatial).",
                    got=tensor.type.ndim,
                    wanted=wanted,
                )
        dtype = upcast(*(tensor.type.dtype for tensor in pair))
        a, b = (t if t.type.dtype == dtype else t.astype(dtype) for t in pair)
        return a, b

    def _shape_input(self, shape: Any) -> tuple[TensorVariable, list[int | None]]:
        """Return the vector of a full shape, and its static entries."""
        ndim = self.convolution.ndim + BATCH_AND_CHANNELS
        vector = lengths_input(shape, ndim)
        return vector, static_entries(vector, ndim)

    def _static_axes(self) -> list[Steps]:
        """Return the steps of each axis, all None if any is only known at run time."""
        axes = self.convolution.axes()
        return axes if self.convolution.is_static else [Steps(*[None] * 4) for _ in axes]


class Conv(_ConvOp):
    """Convolve images with a kernel.

    Inputs are the images (batch, channels, *spatial), the kernel (out_channels, channels / groups,
    *spatial), and the matrix of the convolution's parameters if some are only known at run time.
    """

    names, arrays = ("x", "kernel"), 2

    def make_node(self, x: Any, kernel: Any, *runtime_parameters: Any) -> Apply:
        x, kernel = self._factors(x, kernel)
        axes, shapes = self._static_axes(), (x.type.shape, kernel.type.shape)
        check_shapes(*shapes, axes, self.convolution.groups)
        counts = output_lengths(shapes[0][2:], shapes[1][2:], axes)
        output = TensorType(x.type.dtype, (shapes[0][0], shapes[1][0], *counts))()
        return Apply(
            self, [x, kernel, *runtime_inputs(self.convolution, runtime_parameters)], [output]
        )

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, kernel, *runtime_parameters = inputs
        groups, flip = self.convolution.groups, self.convolution.flip
        output_storage[0][0] = reference_conv.conv(
            x, kernel, axes_of(self.convolution, runtime_parameters), groups, flip
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x, kernel = inputs[:2]
        shapes = f"PyArray_DIMS({x})", f"PyArray_DIMS({kernel})", "NULL"
        call = f"conv(conv, view_of({x}), view_of({kernel}), {{y}})"
        return self._c_call(node, inputs, outputs[0], shapes, f"pytensor_unpool::{call}")

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, (x, kernel, *_) = arguments[-2:]
        counts = output_lengths(x[2:], kernel[2:], axes_of(self.convolution, node.inputs[2:]))
        return [(x[0], kernel[0], *counts)]

    def transposes(
        self, cotangent: Variable, inputs: Sequence[Variable]
    ) -> tuple[TensorVariable, TensorVariable]:
        x, kernel, *runtime_parameters = inputs
        shapes = [lengths_vector(v, v.type.ndim) for v in (x, kernel)]
        return (
            ConvInputGrad(self.convolution)(kernel, cotangent, shapes[0], *runtime_parameters),
            ConvKernelGrad(self.convolution)(x, cotangent, shapes[1], *runtime_parameters),
        )


class _ConvGrad(_ConvOp):
    """A gradient of `Conv`. Its third input is the shape of its output."""

    arrays = 3
    _output_type_depends_on_input_value = True

    # The reference implementation, named like the C kernel.
    reference: ClassVar[Callable[..., Any]]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        first, second, shape, *runtime_parameters = inputs
        lengths = unpooled_lengths(shape, first.ndim)
        axes, groups = axes_of(self.convolution, runtime_parameters), self.convolution.groups
        output_storage[0][0] = type(self).reference(
            first, second, lengths, axes, groups, self.convolution.flip
        )

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        shape = arguments[-2].inputs[2]
        return [tuple(shape[i] for i in range(self.convolution.ndim + BATCH_AND_CHANNELS))]


class ConvInputGrad(_ConvGrad):
    """The transpose of `Conv` with respect to the images: transposed convolution.

    Inputs are the kernel, the cotangent of the output, and the shape of the images.
    """

    names = ("kernel", "dy")
    reference = reference_conv.conv_input_grad

    def make_node(self, kernel: Any, dy: Any, shape: Any, *runtime_parameters: Any) -> Apply:
        kernel, dy = self._factors(kernel, dy)
        shape, lengths = self._shape_input(shape)
        full = (_agreed(lengths[0], dy.type.shape[0], 0), *lengths[1:])
        check_shapes(
            full, kernel.type.shape, self._static_axes(), self.convolution.groups, dy.type.shape
        )
        output = TensorType(dy.type.dtype, tuple(full))()
        return Apply(
            self,
            [kernel, dy, shape, *runtime_inputs(self.convolution, runtime_parameters)],
            [output],
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        kernel, dy = inputs[:2]
        shapes = "shape", f"PyArray_DIMS({kernel})", f"PyArray_DIMS({dy})"
        call = f"conv_input_grad(conv, view_of({kernel}), view_of({dy}), {{y}})"
        return self._c_call(node, inputs, outputs[0], shapes, call)

    def transposes(
        self, cotangent: Variable, inputs: Sequence[Variable]
    ) -> tuple[TensorVariable, TensorVariable]:
        kernel, dy, _, *runtime_parameters = inputs
        shape = lengths_vector(kernel, kernel.type.ndim)
        return (
            ConvKernelGrad(self.convolution)(cotangent, dy, shape, *runtime_parameters),
            Conv(self.convolution)(cotangent, kernel, *runtime_parameters),
        )


class ConvKernelGrad(_ConvGrad):
    """The transpose of `Conv` with respect to the kernel.

    Inputs are the images, the cotangent of the output, and the shape of the kernel.
    """

    names = ("x", "dy")
    reference = reference_conv.conv_kernel_grad

    def make_node(self, x: Any, dy: Any, shape: Any, *runtime_parameters: Any) -> Apply:
        x, dy = self._factors(x, dy)
        shape, lengths = self._shape_input(shape)
        full = (_agreed(lengths[0], dy.type.shape[1], 0), *lengths[1:])
        check_shapes(
            x.type.shape, full, self._static_axes(), self.convolution.groups, dy.type.shape
        )
        output = TensorType(x.type.dtype, tuple(full))()
        return Apply(
            self, [x, dy, shape, *runtime_inputs(self.convolution, runtime_parameters)], [output]
        )

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x, dy = inputs[:2]
        shapes = f"PyArray_DIMS({x})", "shape", f"PyArray_DIMS({dy})"
        call = f"conv_kernel_grad(conv, view_of({x}), view_of({dy}), {{y}})"
        return self._c_call(node, inputs, outputs[0], shapes, call)

    def transposes(
        self, cotangent: Variable, inputs: Sequence[Variable]
    ) -> tuple[TensorVariable, TensorVariable]:
        x, dy, _, *runtime_parameters = inputs
        shape = lengths_vector(x, x.type.ndim)
        return (
            ConvInputGrad(self.convolution)(cotangent, dy, shape, *runtime_parameters),
            Conv(self.convolution)(x, cotangent, *runtime_parameters),
        )


def _agreed(got: int | None, wanted: int | None, axis: int) -> int | None:
    """Return the length of an axis that two shapes must agree on, None if neither knows it."""
    if None not in (got, wanted) and got != wanted:
        raise LengthError(BATCH_DISAGREES, axis, got or 0, wanted or 0)
    return got if got is not None else wanted
