"""The primitives of `kernels.arrays` in NumPy: a backend in its shortest form, for tests.

It has no shortcuts and traces nothing. Convolution is the slow reference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pytensor_unpool.kernels.arrays.protocol import Array, Axes, ConvAxes, Known
from pytensor_unpool.kernels.reference import conv as reference

SCATTER_ADD_IS_FAST = False


def dtype_name(x: Array) -> str:
    return str(x.dtype)


def constant(array: Known, dtype: str) -> Array:
    return np.asarray(array, dtype)


def zero(like: Array) -> Array:
    return np.zeros((), like.dtype)


def zeros(shape: Sequence[int], like: Array) -> Array:
    return np.zeros(shape, like.dtype)


def astype(x: Array, dtype: str) -> Array:
    return x.astype(dtype)


def concrete_integers(x: Array) -> list[int]:
    return [int(n) for n in np.asarray(x).reshape(-1)]


def where(condition: Array, x: Array, y: Array) -> Array:
    return np.where(condition, x, y)


def broadcast_to(x: Array, shape: Sequence[int]) -> Array:
    return np.broadcast_to(x, shape)


def moveaxis(x: Array, source: int, destination: int) -> Array:
    return np.moveaxis(x, source, destination)


def flip_last(x: Array, ndim: int) -> Array:
    return np.flip(x, tuple(range(-ndim, 0)))


def reduce_max(x: Array) -> Array:
    return x.max(-1)


def reduce_min(x: Array) -> Array:
    return x.min(-1)


def reduce_sum(x: Array) -> Array:
    return x.sum(-1, dtype=x.dtype)


def reduce_all(x: Array) -> Array:
    return x.all()


def divide(x: Array, divisors: Known) -> Array:
    if x.dtype.kind == "f":
        return x / divisors.astype(x.dtype)
    divisors = divisors.astype(x.dtype)
    return (x - np.fmod(x, divisors)) // divisors


def floor_divide(x: Array, divisor: int) -> Array:
    return x // divisor


def pad(x: Array, axis: int, before: int, after: int, fill: Any) -> Array:
    pads = [(0, 0)] * x.ndim
    pads[axis] = (before, after)
    return np.pad(x, pads, constant_values=fill)


def dynamic_slice(x: Array, starts: Known, i: Any, sizes: Sequence[int]) -> Array:
    pairs = zip(starts[i], sizes, strict=True)
    return x[(..., *(slice(start, start + size) for start, size in pairs))]


def take(x: Array, axis: int, index: Known) -> Array:
    return np.take(x, index, axis)


def take_along_last(x: Array, index: Array) -> Array:
    return np.take_along_axis(x, index, -1)


def scatter_add(values: Array, index: Array, size: int) -> Array:
    out = np.zeros((len(values), size), values.dtype)
    np.add.at(out, (np.arange(len(values))[:, None], index), values)
    return out


def scatter_last(index: Array, size: int) -> Array:
    out = np.full((len(index), size), -1, index.dtype)
    np.maximum.at(out, (np.arange(len(index))[:, None], index), np.arange(index.shape[1]))
    return out


def cond(
    condition: Array, if_true: Callable[..., Any], if_false: Callable[..., Any], *arguments: Array
) -> Any:
    return if_true(*arguments) if condition else if_false(*arguments)


def loop_sum(count: int, term: Callable[[Any], Array]) -> Array:
    return sum((term(i) for i in range(1, count)), term(0))


def loop_stack(count: int, term: Callable[[Any], Array]) -> Array:
    return np.stack([term(i) for i in range(count)], -1)


def call_behind_barrier(function: Callable[..., Array], *arrays: Array) -> Array:
    return function(*arrays)


def max_pool(x: Array, axes: Axes, with_positions: bool) -> list[Array] | None:
    return None


def max_unpool_tiles(
    values: Array, positions: Array, shape: Sequence[int], tile: Sequence[int]
) -> Array | None:
    return None


def conv(x: Array, kernel: Array, axes: ConvAxes, groups: int, flip: bool) -> Array:
    return reference.conv(x, kernel, axes, groups, flip)


def conv_input_grad(
    kernel: Array, dy: Array, shape: Sequence[int], axes: ConvAxes, groups: int, flip: bool
) -> Array:
    return reference.conv_input_grad(kernel, dy, shape, axes, groups, flip)


def conv_kernel_grad(
    x: Array, dy: Array, shape: Sequence[int], axes: ConvAxes, groups: int, flip: bool
) -> Array:
    return reference.conv_kernel_grad(x, dy, shape, axes, groups, flip)


def rfft(x: Array, n: int, axis: int) -> Array:
    return np.fft.rfft(x, n, axis)


def irfft(x: Array, n: int, axis: int) -> Array:
    return np.fft.irfft(x, n, axis)


def fft(x: Array, n: int, axis: int) -> Array:
    return np.fft.fft(x, n, axis)


def ifft(x: Array, n: int, axis: int) -> Array:
    return np.fft.ifft(x, n, axis)
