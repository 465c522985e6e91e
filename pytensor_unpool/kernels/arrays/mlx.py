"""What `kernels.arrays` needs of MLX, and convolution. Importing this imports mlx."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx
import numpy as np

Array = Any
Rows = Sequence[Sequence[int]]

where, moveaxis, broadcast_to, all_of = mx.where, mx.moveaxis, mx.broadcast_to, mx.all

# Whether `scatter_add` takes no longer than a look at where its positions lie.
ADDS_QUICKLY = False


def name_of(x: Array) -> str:
    """Return the name of an array's dtype."""
    return str(x.dtype).removeprefix("mlx.core.").replace("bool_", "bool")


def constant(array: np.ndarray[Any, Any], dtype: str) -> Array:
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
    """MLX computes in double precision on no GPU."""
    return {"float64": "float32", "complex128": "complex64"}.get(dtype, dtype)


def integers(x: Array) -> list[int]:
    """Return the integers of an array, which are known."""
    try:
        return [int(n) for n in np.asarray(x).reshape(-1)]
    except ValueError as error:
        raise NotImplementedError(
            "MLX has to know lengths and windows when it compiles, and these are computed from "
            "data or given to the function: got a traced array. Make them constants, or lengths "
            "of other arrays (`x.shape`)."
        ) from error


def max_of(x: Array) -> Array:
    """Return the maximum over the last axis, NaN if there is one."""
    return x.max(-1)


def min_of(x: Array) -> Array:
    """Return the minimum over the last axis."""
    return x.min(-1)


def sum_of(x: Array) -> Array:
    """Return the sum over the last axis, in the dtype of the array."""
    return x.sum(-1).astype(x.dtype)


def divide(x: Array, divisors: np.ndarray[Any, Any]) -> Array:
    """Divide by whole numbers; quotients of integers are cut towards zero."""
    by = constant(divisors, name_of(x))
    if mx.issubdtype(x.dtype, mx.floating):
        return x / by
    if mx.issubdtype(x.dtype, mx.unsignedinteger):
        return x // by
    # The lowest integer has no negative of its own width.
    wide, by = x.astype(mx.int64), by.astype(mx.int64)
    return mx.where(wide < 0, -(-wide // by), wide // by).astype(x.dtype)


def quotient(x: Array, divisor: int) -> Array:
    """Divide integers that are not negative."""
    return x // divisor


def pad(x: Array, axis: int, before: int, after: int, fill: Any) -> Array:
    """Write elements in front of an axis and behind it."""
    pads = [(0, 0)] * x.ndim
    pads[axis] = (before, after)
    return mx.pad(x, pads, constant_values=mx.array(fill, x.dtype))


def take(x: Array, axis: int, index: np.ndarray[Any, Any]) -> Array:
    """Return elements at static places of an axis, with the axes of `index` in its place."""
    return mx.take(x, constant(index, "int32"), axis % x.ndim)


def take_along(x: Array, index: Array) -> Array:
    """Return elements at places of the last axis, one for each of `index`."""
    return mx.take_along_axis(x, index, -1)


def scatter_add(values: Array, index: Array, size: int) -> Array:
    """Return matrices' rows of `size` with every value added at its place."""
    rows = mx.arange(values.shape[0])[:, None]
    return mx.zeros((values.shape[0], size), values.dtype).at[rows, index].add(values)


def scatter_last(index: Array, size: int) -> Array:
    """Return for each place the number of the last entry with it, or -1."""
    rows = mx.arange(index.shape[0])[:, None]
    order = mx.broadcast_to(mx.arange(index.shape[1], dtype=index.dtype), index.shape)
    return mx.full((index.shape[0], size), -1, dtype=index.dtype).at[rows, index].maximum(order)


def cond(
    condition: Array, one: Callable[..., Array], other: Callable[..., Array], *arguments: Array
) -> Array:
    """Take the other way, which is always right: MLX has no branches."""
    return other(*arguments)


def max_pool(x: Array, rows: Sequence[Sequence[int]], with_positions: bool) -> list[Array] | None:
    """Return None: there is no function for the maximum of every window that would be faster."""
    return None


def block_unpool(
    values: Array, positions: Array, shape: Sequence[int], steps: Sequence[int]
) -> Array | None:
    """Return None: there is no function for un-pooling."""
    return None


def apart(function: Callable[..., Array], *arrays: Array) -> Array:
    """Call a function on arrays that are computed once, however often it reads them."""
    return function(*arrays)


def conv(x: Array, kernel: Array, rows: Rows, groups: int, flip: bool) -> Array:
    """Return the convolution of images with a kernel; without `flip`, the correlation."""
    if groups > 1 and len(rows) > 2:
        # MLX has groups for one and two axes.
        pairs = zip(mx.split(x, groups, 1), mx.split(kernel, groups, 0), strict=True)
        return mx.concatenate([conv(a, b, rows, 1, flip) for a, b in pairs], 1)
    stride, before, after, dilation = map(list, zip(*rows, strict=True))
    y = mx.conv_general(
        mx.moveaxis(x, 1, -1),
        mx.moveaxis(_turned(kernel, flip), 1, -1),
        stride=stride,
        padding=(before, after),
        kernel_dilation=dilation,
        groups=groups,
    )
    return mx.moveaxis(y, -1, 1)


def conv_input_grad(
    kernel: Array, dy: Array, shape: Sequence[int], rows: Rows, groups: int, flip: bool
) -> Array:
    """Return the transpose of `conv` as a map of images of `shape`, applied to `dy`."""
    images = mx.zeros(tuple(shape), dy.dtype)
    _, (dx,) = mx.vjp(lambda x: conv(x, kernel, rows, groups, flip), [images], [dy])
    return dx


def conv_kernel_grad(
    x: Array, dy: Array, shape: Sequence[int], rows: Rows, groups: int, flip: bool
) -> Array:
    """Return the transpose of `conv` as a map of kernels of `shape`, applied to `dy`."""
    kernels = mx.zeros(tuple(shape), x.dtype)
    _, (dk,) = mx.vjp(lambda kernel: conv(x, kernel, rows, groups, flip), [kernels], [dy])
    return dk


def _turned(kernel: Array, flip: bool) -> Array:
    turned = tuple(slice(None, None, -1) for _ in kernel.shape[2:])
    return kernel[(slice(None), slice(None), *turned)] if flip else kernel


rfft, irfft, fft, ifft = mx.fft.rfft, mx.fft.irfft, mx.fft.fft, mx.fft.ifft


def turned(x: Array, ndim: int) -> Array:
    """Return the last axes of an array in the opposite order."""
    return x[(..., *[slice(None, None, -1)] * ndim)]


def slice_at(x: Array, begins: np.ndarray[Any, Any], i: int, lengths: Sequence[int]) -> Array:
    """Return so many elements of the last axes, from row number `i` of `begins` on."""
    ends = zip(begins[i].tolist(), lengths, strict=True)
    return x[(..., *(slice(begin, begin + length) for begin, length in ends))]


def sum_over(number: int, term: Callable[[int], Array]) -> Array:
    """Return the sum of ``term(i)`` for ``0 <= i < number``."""
    return sum((term(i) for i in range(1, number)), term(0))


def stack_over(number: int, term: Callable[[int], Array]) -> Array:
    """Return the array of ``term(i)`` for ``0 <= i < number``, along a new last axis."""
    return mx.stack([term(i) for i in range(number)], -1)
