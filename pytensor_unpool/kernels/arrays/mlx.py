"""The primitives of `kernels.arrays` in MLX. Importing this imports mlx."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx
import numpy as np

from pytensor_unpool.kernels.arrays.protocol import Array, Axes, ConvAxes, Known

SCATTER_ADD_IS_FAST = False


def dtype_name(x: Array) -> str:
    """Return the name of an array's dtype."""
    return str(x.dtype).removeprefix("mlx.core.").replace("bool_", "bool")


def constant(array: Known, dtype: str) -> Array:
    """Return an array of NumPy as one of the backend, in that dtype."""
    return mx.array(np.ascontiguousarray(array, _allowed(dtype)))


def zero(like: Array) -> Array:
    """Return a zero of the dtype of an array."""
    return mx.zeros((), like.dtype)


def zeros(shape: Sequence[int], like: Array) -> Array:
    """Return zeros of the dtype of an array."""
    return mx.zeros(tuple(shape), like.dtype)


def astype(x: Array, dtype: str) -> Array:
    """Convert to the dtype of that name."""
    return x.astype(getattr(mx, "bool_" if dtype == "bool" else _allowed(dtype)))


def _allowed(dtype: str) -> str:
    """MLX has no double precision on GPUs."""
    return {"float64": "float32", "complex128": "complex64"}.get(dtype, dtype)


def concrete_integers(x: Array) -> list[int]:
    """Return the integers of an array, which are known."""
    try:
        return [int(n) for n in np.asarray(x).reshape(-1)]
    except ValueError as error:
        raise NotImplementedError(
            "MLX has to know lengths and windows when it compiles, and these are computed from "
            "data or given to the function: got a traced array. Make them constants, or lengths "
            "of other arrays (`x.shape`)."
        ) from error


def where(condition: Array, x: Array, y: Array) -> Array:
    """Return `x` where a condition holds, `y` elsewhere."""
    return mx.where(condition, x, y)


def broadcast_to(x: Array, shape: Sequence[int]) -> Array:
    """Return an array repeated along axes of length 1, and along new ones."""
    return mx.broadcast_to(x, shape)


def moveaxis(x: Array, source: int, destination: int) -> Array:
    """Return an array with one axis in another place."""
    return mx.moveaxis(x, source, destination)


def flip_last(x: Array, ndim: int) -> Array:
    """Return the last axes of an array in the opposite order."""
    return x[(..., *[slice(None, None, -1)] * ndim)]


def reduce_max(x: Array) -> Array:
    """Return the maximum over the last axis, NaN if there is one."""
    return x.max(-1)


def reduce_min(x: Array) -> Array:
    """Return the minimum over the last axis."""
    return x.min(-1)


def reduce_sum(x: Array) -> Array:
    """Return the sum over the last axis, in the dtype of the array."""
    return x.sum(-1).astype(x.dtype)


def reduce_all(x: Array) -> Array:
    """Return whether all elements hold."""
    return mx.all(x)


def divide(x: Array, divisors: Known) -> Array:
    """Divide by positive integers; quotients of integers are truncated towards zero."""
    by = constant(divisors, dtype_name(x))
    if mx.issubdtype(x.dtype, mx.floating):
        return x / by
    if mx.issubdtype(x.dtype, mx.unsignedinteger):
        return x // by
    # The negative of the lowest integer does not fit its own width.
    wide, by = x.astype(mx.int64), by.astype(mx.int64)
    return mx.where(wide < 0, -(-wide // by), wide // by).astype(x.dtype)


def floor_divide(x: Array, divisor: int) -> Array:
    """Divide integers that are not negative."""
    return x // divisor


def pad(x: Array, axis: int, before: int, after: int, fill: Any) -> Array:
    """Return an array with elements `fill` on either side of an axis."""
    pads = [(0, 0)] * x.ndim
    pads[axis] = (before, after)
    return mx.pad(x, pads, constant_values=mx.array(fill, x.dtype))


def take(x: Array, axis: int, index: Known) -> Array:
    """Return elements at known places of an axis, with the axes of `index` in its place."""
    return mx.take(x, constant(index, "int32"), axis % x.ndim)


def take_along_last(x: Array, index: Array) -> Array:
    """Return elements at places of the last axis, one for each of `index`."""
    return mx.take_along_axis(x, index, -1)


def scatter_add(values: Array, index: Array, size: int) -> Array:
    """Return ``(n, size)`` zeros with every value added in its column."""
    rows = mx.arange(values.shape[0])[:, None]
    return mx.zeros((values.shape[0], size), values.dtype).at[rows, index].add(values)


def scatter_last(index: Array, size: int) -> Array:
    """Return, for each column, which entry is the last one with it, or -1."""
    rows = mx.arange(index.shape[0])[:, None]
    order = mx.broadcast_to(mx.arange(index.shape[1], dtype=index.dtype), index.shape)
    return mx.full((index.shape[0], size), -1, dtype=index.dtype).at[rows, index].maximum(order)


def cond(
    condition: Array, if_true: Callable[..., Any], if_false: Callable[..., Any], *arguments: Array
) -> Array:
    """Return the result of the other function, which is always right: MLX has no branches."""
    return if_false(*arguments)


def max_pool(x: Array, axes: Axes, with_positions: bool) -> list[Array] | None:
    """Return None: no function for the maximum of every window would be faster."""
    return None


def max_unpool_tiles(
    values: Array, positions: Array, shape: Sequence[int], tile: Sequence[int]
) -> Array | None:
    """Return None: there is no function for un-pooling."""
    return None


def call_behind_barrier(function: Callable[..., Array], *arrays: Array) -> Array:
    """Call a function on arrays that are computed once, however often it reads them."""
    return function(*arrays)


def conv(x: Array, kernel: Array, axes: ConvAxes, groups: int, flip: bool) -> Array:
    """Return the convolution of images with a kernel; without `flip`, the correlation."""
    if groups > 1 and len(axes) > 2:
        # MLX has groups for one and two axes.
        pairs = zip(mx.split(x, groups, 1), mx.split(kernel, groups, 0), strict=True)
        return mx.concatenate([conv(a, b, axes, 1, flip) for a, b in pairs], 1)
    stride, before, after, dilation = map(list, zip(*axes, strict=True))
    y = mx.conv_general(
        mx.moveaxis(x, 1, -1),
        mx.moveaxis(_flipped(kernel, flip), 1, -1),
        stride=stride,
        padding=(before, after),
        kernel_dilation=dilation,
        groups=groups,
    )
    return mx.moveaxis(y, -1, 1)


def conv_input_grad(
    kernel: Array, dy: Array, shape: Sequence[int], axes: ConvAxes, groups: int, flip: bool
) -> Array:
    """Return the transpose of `conv` as a map of images of `shape`, applied to `dy`."""
    images = mx.zeros(tuple(shape), dy.dtype)
    _, (dx,) = mx.vjp(lambda x: conv(x, kernel, axes, groups, flip), [images], [dy])
    return dx


def conv_kernel_grad(
    x: Array, dy: Array, shape: Sequence[int], axes: ConvAxes, groups: int, flip: bool
) -> Array:
    """Return the transpose of `conv` as a map of kernels of `shape`, applied to `dy`."""
    kernels = mx.zeros(tuple(shape), x.dtype)
    _, (dk,) = mx.vjp(lambda kernel: conv(x, kernel, axes, groups, flip), [kernels], [dy])
    return dk


def _flipped(kernel: Array, flip: bool) -> Array:
    turned = tuple(slice(None, None, -1) for _ in kernel.shape[2:])
    return kernel[(slice(None), slice(None), *turned)] if flip else kernel


def dynamic_slice(x: Array, starts: Known, i: Any, sizes: Sequence[int]) -> Array:
    """Return `sizes` elements of the last axes, from ``starts[i]`` on."""
    pairs = zip(starts[i].tolist(), sizes, strict=True)
    return x[(..., *(slice(start, start + size) for start, size in pairs))]


def loop_sum(count: int, term: Callable[[Any], Array]) -> Array:
    """Return the sum of ``term(i)`` for ``0 <= i < count``."""
    return sum((term(i) for i in range(1, count)), term(0))


def loop_stack(count: int, term: Callable[[Any], Array]) -> Array:
    """Return the array of ``term(i)`` for ``0 <= i < count``, along a new last axis."""
    return mx.stack([term(i) for i in range(count)], -1)


def rfft(x: Array, n: int, axis: int) -> Array:
    """Return the Fourier transform of a real array."""
    return mx.fft.rfft(x, n, axis)


def irfft(x: Array, n: int, axis: int) -> Array:
    """Return the real array that has this transform."""
    return mx.fft.irfft(x, n, axis)


def fft(x: Array, n: int, axis: int) -> Array:
    """Return the Fourier transform of a complex array."""
    return mx.fft.fft(x, n, axis)


def ifft(x: Array, n: int, axis: int) -> Array:
    """Return the complex array that has this transform."""
    return mx.fft.ifft(x, n, axis)
