"""Convolution over any number of axes.

Element i of the full convolution of x and a kernel k is the sum over j of x[j] k[i - j]. The Ops
return a window of it that begins at s:

    y[i] = sum over j of x[j] k[i + s - j].

For a cotangent dy, with n elements of x and m of k on an axis,

    dx[j] = sum over i of dy[i] k[i + s - j]  =  sum over i of dy[i] k'[j + (m - 1 - s) - i],
    dk[l] = sum over i of dy[i] x[i + s - l]  =  sum over i of dy[i] x'[l + (n - 1 - s) - i],

where k' and x' are reversed. These are windows of convolutions again. An Op with a reversed kernel,
y[i] = sum over j of x[j] k[j - i + m - 1 - s], has the gradients, with p elements of dy,

    dx[j] = sum over i of dy[i] k[j + (m - 1 - s) - i],
    dk[l] = sum over j of x[j] dy[j - l + m - 1 - s] = sum over j of x[j] dy'[l + (p - m + s) - j].

So derivatives of any order are built from these two forms. (For complex numbers, the second factor
is also conjugated.) The gradient of a kernel that many items share is the sum over the items.
Leading axes then become axes of the convolution, with a window of the single element at which every
item meets its own cotangent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.scalar import upcast
from pytensor.tensor.type import TensorType
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import WRONG_STARTS, LengthError, ShapeError
from pytensor_unpool.geometry.helix import (
    check_shapes,
    nearest_start,
    prefers_direct,
    row_length,
    window_length,
    window_start,
)
from pytensor_unpool.geometry.max_unpool import check_unpooled
from pytensor_unpool.kernels.checks import unpooled_lengths
from pytensor_unpool.kernels.reference.helix import convolve_by_products, turned_round
from pytensor_unpool.kernels.scipy.helix import convolve_by_transforms
from pytensor_unpool.ops.c_code import c_type, type_number
from pytensor_unpool.ops.common import (
    broadcast_leading,
    lengths_input,
    no_gradient,
    same_for_all_items,
    static_entries,
)
from pytensor_unpool.ops.linear import BilinearOp


class _HelixOp(BilinearOp):
    """A window of the full convolution of the last `ndim` axes of its first two inputs.

    The second input has the leading axes of the first, or none. If `turned`, its last `ndim` axes
    are reversed. The method is "direct", "fft" or "auto".
    """

    c_files = ("simd_wide.h", "helix.h", "helix_calls.h")

    ndim: int
    method: str
    turned: bool = False

    def window(self, inputs: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """Return where the window begins on each axis, and how long it is."""
        raise NotImplementedError

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, kernel = inputs[:2]
        if self.turned:
            kernel = turned_round(kernel, self.ndim)
        starts, outputs = self.window(inputs)
        y = np.empty((*x.shape[: -self.ndim], *outputs), x.dtype)
        axes = [x.shape[-self.ndim :], kernel.shape[-self.ndim :], outputs]
        elements, taps, places = (int(np.prod(lengths)) for lengths in axes)
        is_direct = self.method == "direct"
        if self.method == "auto":
            rings = [row_length(n, m, s, w) for n, m, w, s in zip(*axes, starts, strict=True)]
            items = x.size // elements
            is_direct = prefers_direct(items, elements, taps, places, int(np.prod(rings)))
        convolve = convolve_by_products if is_direct else convolve_by_transforms
        convolve(x, kernel, starts, y)
        output_storage[0][0] = y

    def transposes(
        self, cotangent: Variable, inputs: Sequence[Variable]
    ) -> tuple[Variable, Variable]:
        dy, (x, kernel) = cotangent, inputs[:2]
        starts, outputs = self.window([_Lengths(x), _Lengths(kernel), *inputs[2:]])
        lengths, taps = (_lengths(factor)[-self.ndim :] for factor in (x, kernel))
        of_x = [m - 1 - s for m, s in zip(taps, starts, strict=True)]
        dx = self._gradient(dy, kernel, of_x, x, not self.turned)
        if self.turned:
            of_kernel = [p - m + s for p, m, s in zip(outputs, taps, starts, strict=True)]
            return dx, self._gradient(x, dy, of_kernel, kernel, True)
        of_kernel = [n - 1 - s for n, s in zip(lengths, starts, strict=True)]
        return dx, self._gradient(dy, x, of_kernel, kernel, True)

    def _gradient(
        self, first: Any, second: Any, starts: Sequence[Any], of: Any, turned: bool
    ) -> TensorVariable:
        """Return the gradient with respect to `of`, a window of the convolution of two tensors."""
        if of.type.numpy_dtype.kind not in "fc":
            return no_gradient(of)
        batch, lengths = first.type.ndim - self.ndim, _lengths(of)[-self.ndim :]
        second = second.conj() if second.type.numpy_dtype.kind == "c" else second
        # Leading axes that `of` does not have are summed over, by reversing them with the others.
        summed = batch if of.type.ndim == self.ndim else 0
        if summed:
            starts = [*(n - 1 for n in _lengths(first)[:batch]), *starts]
            lengths = [*([1] * batch), *lengths]
        op = HelixWindow(self.ndim + summed, self.method, turned)
        gradient = op(first, second, _vector(starts), _vector(lengths))
        return gradient[(0,) * summed] if summed else gradient

    def _factors(self, x: Any, kernel: Any) -> tuple[TensorVariable, TensorVariable]:
        """Return x and kernel as tensors of one dtype; the kernel has the axes of x, or `ndim`."""
        pair = [pt.as_tensor_variable(x), pt.as_tensor_variable(kernel)]
        dtype = _common_dtype([tensor.type.dtype for tensor in pair], self.method)
        for name, tensor in zip(("x", "kernel"), pair, strict=True):
            if tensor.type.ndim < self.ndim:
                raise ShapeError(
                    f"{name} needs at least the {self.ndim} axes that are convolved: got "
                    f"{tensor.type.ndim}. The axes of the kernel are convolved with the last axes "
                    f"of x: pass x with at least as many axes as the kernel.",
                    got=tensor.type.ndim,
                    wanted=self.ndim,
                )
        x, kernel = (_as_dtype(tensor, dtype) for tensor in pair)
        if kernel.type.ndim > self.ndim:
            x, kernel = broadcast_leading([x, kernel], [self.ndim] * 2)
        return x, kernel

    def c_code(
        self,
        node: Apply,
        name: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        sub: Mapping[str, str],
    ) -> str:
        if node.outputs[0].type.numpy_dtype.kind == "c":
            # PyTensor runs `perform` instead.
            raise NotImplementedError("The C kernels do not take complex numbers.")
        return super().c_code(node, name, inputs, outputs, sub)

    def _c_call(
        self, node: Apply, inputs: Sequence[str], outputs: Sequence[str], mode: str, window: str
    ) -> str:
        x, kernel = inputs[:2]
        (y,) = outputs
        output = node.outputs[0]
        turned = f"view_of({kernel})"
        if self.turned:
            turned = f"{turned}.turned({self.ndim})"
        return f"""
    Helix helix;
    npy_intp shape[MOST_AXES];
    helix.ndim = {self.ndim};
    if (!is_fine(helix.measure(view_of({x}), view_of({kernel}), {mode}))) {{FAIL}}
    {window}
    replace_last({x}, {self.ndim}, helix.outputs, shape);
    if (!allocate(&{y}, PyArray_NDIM({x}), shape, {type_number(output)})) {{FAIL}}
    if (helix.is_direct(METHOD_{self.method.upper()})) {{
        if (!helix_by_products(helix, view_of({x}), {turned},
                               ({c_type(output)}*)PyArray_DATA({y}))) {{
            PyErr_NoMemory();
            FAIL
        }}
    }} else if (!helix_by_transforms(helix, {x}, {kernel}, {y}, {int(self.turned)})) {{FAIL}}
        """


class HelixConvolve(_HelixOp):
    """Convolve the last axes of a tensor with a kernel: "full", "same" or "valid"."""

    __props__ = ("ndim", "mode", "method")

    def __init__(self, ndim: int, mode: str, method: str = "auto") -> None:
        self.ndim = ndim
        self.mode = mode
        self.method = method

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.ndim}-D, {self.mode}, {self.method}}}"

    def make_node(self, x: Any, kernel: Any) -> Apply:
        x, kernel = self._factors(x, kernel)
        check_shapes(x.type.shape, kernel.type.shape, self.ndim, self.mode)
        shape = (*x.type.shape[: -self.ndim], *self._static_window(x, kernel))
        return Apply(self, [x, kernel], [TensorType(x.type.dtype, shape)()])

    def _static_window(self, x: TensorVariable, kernel: TensorVariable) -> list[int | None]:
        pairs = zip(x.type.shape[-self.ndim :], kernel.type.shape[-self.ndim :], strict=True)
        return [
            window_length(self.mode, length, 1 if taps is None else taps)
            if length is not None and (taps is not None or self.mode == "same")
            else None
            for length, taps in pairs
        ]

    def window(self, inputs: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        return self._window(*(array.shape for array in inputs))

    def _window(
        self, x: Sequence[Any], kernel: Sequence[Any]
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        if all(isinstance(n, int) for n in (*x, *kernel)):
            check_shapes(x, kernel, self.ndim, self.mode)
        pairs = list(zip(x[-self.ndim :], kernel[-self.ndim :], strict=True))
        starts = [window_start(self.mode, *pair) for pair in pairs]
        return starts, [window_length(self.mode, *pair) for pair in pairs]

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        x, kernel = arguments[-1]
        return [(*x[: -self.ndim], *self._window(x, kernel)[1])]

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        return self._c_call(node, inputs, outputs, f"MODE_{self.mode.upper()}", "")


class HelixWindow(_HelixOp):
    """A window of the full convolution of the last axes of a tensor with a kernel.

    Inputs are these two, and the start and the length of the window on each axis. Elements beyond
    the ends of the convolution are zeros.
    """

    __props__ = ("ndim", "method", "turned")
    _output_type_depends_on_input_value = True

    def __init__(self, ndim: int, method: str = "auto", turned: bool = False) -> None:
        self.ndim = ndim
        self.method = method
        self.turned = turned

    def __str__(self) -> str:
        turned = ", turned" if self.turned else ""
        return f"{type(self).__name__}{{{self.ndim}-D, {self.method}{turned}}}"

    def make_node(self, x: Any, kernel: Any, starts: Any, lengths: Any) -> Apply:
        x, kernel = self._factors(x, kernel)
        starts, lengths = (lengths_input(numbers, self.ndim) for numbers in (starts, lengths))
        check_shapes(x.type.shape, kernel.type.shape, self.ndim, "window")
        static = static_entries(lengths, self.ndim)
        check_unpooled(static)
        output = TensorType(x.type.dtype, (*x.type.shape[: -self.ndim], *static))()
        return Apply(self, [x, kernel, starts, lengths], [output])

    def window(self, inputs: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        x, kernel, starts, lengths = inputs
        if all(isinstance(n, int) for n in (*x.shape, *kernel.shape)):
            check_shapes(x.shape, kernel.shape, self.ndim, "window")
        if not isinstance(lengths, Variable):
            lengths = unpooled_lengths(lengths, self.ndim)
            check_unpooled(lengths)
            if len(starts) != self.ndim:
                raise LengthError(WRONG_STARTS, got=len(starts), wanted=self.ndim)
            axes = (x.shape[-self.ndim :], kernel.shape[-self.ndim :], lengths)
            return [nearest_start(int(s), *n) for s, *n in zip(starts, *axes, strict=True)], lengths
        return [starts[i] for i in range(self.ndim)], [lengths[i] for i in range(self.ndim)]

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        lengths = [node.inputs[3][i] for i in range(self.ndim)]
        return [(*shapes[0][: -self.ndim], *lengths)]

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        starts, lengths = inputs[2:]
        window = f"""
    npy_intp size;
    if (!read_lengths({lengths}, {self.ndim}, helix.outputs, &size)) {{FAIL}}
    if (!is_fine(read_starts({starts}, &helix))) {{FAIL}}
        """
        return self._c_call(node, inputs, outputs, "MODE_WINDOW", window)


class _Lengths:
    """Holds the shape of a variable, with ints where it is static."""

    def __init__(self, x: TensorVariable) -> None:
        self.shape = _lengths(x)


def _lengths(x: TensorVariable) -> list[Any]:
    return [x.shape[i] if n is None else n for i, n in enumerate(x.type.shape)]


def _vector(numbers: Sequence[Any]) -> TensorVariable:
    entries = [np.int64(n) if isinstance(n, int) else n for n in numbers]
    return pt.as_tensor_variable(entries).astype("int64")


def _common_dtype(dtypes: Sequence[str], method: str) -> str:
    """Return the dtype of a convolution. Integers stay integers only with method "direct"."""
    dtype = str(upcast(*dtypes))
    kind = np.dtype(dtype).kind
    if dtype == "float16":
        return "float32"
    if kind in "fc" or (kind in "iu" and method == "direct"):
        return dtype
    return "float64"


def _as_dtype(x: TensorVariable, dtype: str) -> TensorVariable:
    if x.type.dtype == dtype:
        return x
    if np.dtype(dtype).kind == "c" and x.type.numpy_dtype.kind != "c":
        # The gradient of PyTensor's cast would pass a complex gradient to a real variable.
        part = x.astype("float32" if dtype == "complex64" else "float64")
        return pt.complex(part, part.zeros_like())
    return x.astype(dtype)


def _vectorize(op: _HelixOp, node: Apply, x: Any, kernel: Any, *window: Any) -> Apply:
    """Give x and the kernel more leading axes; all items must share the window."""
    shared = node.inputs[0].type.ndim - node.inputs[1].type.ndim
    if shared and kernel.type.ndim > op.ndim:
        # Each kernel is applied to all leading items of x that the one kernel was applied to.
        kernel = pt.expand_dims(kernel, [i - op.ndim - shared for i in range(shared)])
    return op.make_node(x, kernel, *map(same_for_all_items, window))


_vectorize_node.register(HelixConvolve)(_vectorize)
_vectorize_node.register(HelixWindow)(_vectorize)
