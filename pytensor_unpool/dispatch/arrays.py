"""Which kernel of `kernels.arrays` serves which Op, on every backend that runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pytensor_unpool.kernels import arrays, checks
from pytensor_unpool.kernels.arrays.protocol import Primitives
from pytensor_unpool.ops import (
    Conv,
    ConvInputGrad,
    ConvKernelGrad,
    HelixConvolve,
    HelixWindow,
    Interpolate,
    InterpolateInputGrad,
    MaxGather,
    MaxPool,
    MaxUnpool,
    Pool,
    PoolInputGrad,
    RowsToWindows,
    RuntimeBroadcast,
    TapGather,
    TapUnpool,
    TiedGather,
    TiedUnpool,
    WindowsToRows,
    WindowUnpool,
)

Kernel = Callable[..., Any]


def register(
    funcify: Any, xp: Primitives, wrapped: Callable[[Kernel], Kernel] = lambda kernel: kernel
) -> None:
    """Register a kernel for each Op, which computes with the primitives of a backend."""
    for op_type, make in KERNELS.items():
        funcify.register(op_type)(lambda op, make=make, **_: wrapped(make(xp, op)))


def _axes(xp: Primitives, steps: Any, numbers: Sequence[Any]) -> list[Any]:
    """Return the records of all axes, those of the Op or of a run-time matrix."""
    axes = steps.axes()
    if steps.is_static:
        return list(axes)
    (matrix,) = numbers
    record, columns = type(axes[0]), len(axes[0])
    flat = xp.concrete_integers(matrix)
    return [record(*flat[i : i + columns]) for i in range(0, len(flat), columns)]


def _max_pool(xp: Primitives, op: MaxPool) -> Kernel:
    def max_pool(x: Any, *numbers: Any) -> Any:
        axes, partial = _axes(xp, op.windows, numbers), op.windows.partial_windows
        if op.output == "values":
            return arrays.max_values(xp, x, axes, partial)
        return arrays.max_pool(xp, x, axes, partial, op.output, op.dtype)

    return max_pool


def _of_windows(kernel: Kernel, arrays: int, has_mode: bool = False) -> Callable[..., Kernel]:
    """Serve an Op of windows whose inputs are `arrays` arrays, and perhaps run-time numbers."""

    def make(xp: Primitives, op: Any) -> Kernel:
        mode = (op.mode,) if has_mode else ()

        def run(*inputs: Any) -> Any:
            axes = _axes(xp, op.windows, inputs[arrays:])
            return kernel(xp, *inputs[:arrays], axes, op.windows.partial_windows, *mode)

        return run

    return make


def _to_elements(kernel: Kernel, arrays: int, *names: str) -> Callable[..., Kernel]:
    """Serve an Op whose inputs are `arrays` arrays, the lengths of its output, and numbers."""

    def make(xp: Primitives, op: Any) -> Kernel:
        more = tuple(getattr(op, name) for name in names)

        def run(*inputs: Any) -> Any:
            lengths = xp.concrete_integers(inputs[arrays])
            axes = _axes(xp, op.windows, inputs[arrays + 1 :])
            partial = op.windows.partial_windows
            return kernel(xp, *inputs[:arrays], lengths, axes, partial, *more)

        return run

    return make


def _max_unpool(xp: Primitives, op: MaxUnpool) -> Kernel:
    def max_unpool(values: Any, positions: Any, shape: Any) -> Any:
        lengths = xp.concrete_integers(shape)
        return arrays.max_unpool(xp, values, positions, lengths, op.duplicates, op.wraps)

    return max_unpool


def _max_gather(xp: Primitives, op: MaxGather) -> Kernel:
    def max_gather(x: Any, positions: Any) -> Any:
        return arrays.max_gather(xp, x, positions, op.ndim, op.duplicates, op.wraps)

    return max_gather


def _runtime_broadcast(xp: Primitives, op: RuntimeBroadcast) -> Kernel:
    def runtime_broadcast(x: Any, *likes: Any) -> Any:
        return xp.broadcast_to(x, checks.broadcast_shape(op.axes, x, likes))

    return runtime_broadcast


def _windows_to_rows(xp: Primitives, op: WindowsToRows) -> Kernel:
    def windows_to_rows(x: Any, *numbers: Any) -> Any:
        axes = _axes(xp, op.windows, numbers)
        return arrays.windows_to_rows(xp, x, axes, op.windows.partial_windows, op.border)

    return windows_to_rows


def _conv(xp: Primitives, op: Conv) -> Kernel:
    def conv(x: Any, kernel: Any, *numbers: Any) -> Any:
        steps, of = _axes(xp, op.convolution, numbers), op.convolution
        return arrays.conv(xp, x, kernel, steps, of.groups, of.flip)

    return conv


def _conv_grad(kernel: Kernel) -> Callable[..., Kernel]:
    def make(xp: Primitives, op: Any) -> Kernel:
        def conv_grad(first: Any, second: Any, shape: Any, *numbers: Any) -> Any:
            steps, of = _axes(xp, op.convolution, numbers), op.convolution
            return kernel(xp, first, second, xp.concrete_integers(shape), steps, of.groups, of.flip)

        return conv_grad

    return make


def _helix(xp: Primitives, op: HelixConvolve | HelixWindow) -> Kernel:
    def helix(x: Any, kernel: Any, *numbers: Any) -> Any:
        integers = [xp.concrete_integers(vector) for vector in numbers]
        shapes = [_Shaped(tuple(array.shape)) for array in (x, kernel)]
        starts, lengths = op.window([*shapes, *integers])
        kernel = xp.flip_last(kernel, op.ndim) if op.turned else kernel
        return arrays.helix(xp, x, kernel, starts, lengths, op.method)

    return helix


def _interpolate(xp: Primitives, op: Interpolate) -> Kernel:
    def interpolate(x: Any) -> Any:
        return arrays.interpolate(xp, x, op.axis, op.p, op.q)

    return interpolate


def _interpolate_input_grad(xp: Primitives, op: InterpolateInputGrad) -> Kernel:
    def interpolate_input_grad(cotangent: Any, lengths: Any) -> Any:
        lengths = xp.concrete_integers(lengths)
        return arrays.interpolate_input_grad(xp, cotangent, lengths, op.axis, op.p, op.q)

    return interpolate_input_grad


class _Shaped(NamedTuple):
    shape: tuple[int, ...]


KERNELS: dict[type, Callable[[Primitives, Any], Kernel]] = {
    Conv: _conv,
    ConvInputGrad: _conv_grad(arrays.conv_input_grad),
    ConvKernelGrad: _conv_grad(arrays.conv_kernel_grad),
    HelixConvolve: _helix,
    HelixWindow: _helix,
    Interpolate: _interpolate,
    InterpolateInputGrad: _interpolate_input_grad,
    MaxGather: _max_gather,
    MaxPool: _max_pool,
    MaxUnpool: _max_unpool,
    Pool: _of_windows(arrays.pool, 1, has_mode=True),
    PoolInputGrad: _to_elements(arrays.pool_input_grad, 1, "mode"),
    RowsToWindows: _to_elements(arrays.rows_to_windows, 1, "border"),
    RuntimeBroadcast: _runtime_broadcast,
    TapGather: _of_windows(arrays.tap_gather, 2),
    TapUnpool: _to_elements(arrays.tap_unpool, 2),
    TiedGather: _of_windows(arrays.tied_gather, 3),
    TiedUnpool: _of_windows(arrays.tied_unpool, 3),
    WindowUnpool: _to_elements(arrays.window_unpool, 2),
    WindowsToRows: _windows_to_rows,
}
