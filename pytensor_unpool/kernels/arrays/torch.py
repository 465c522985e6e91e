"""The primitives of `kernels.arrays` in PyTorch. Importing this imports torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from pytensor_unpool.kernels.arrays.protocol import Array, Axes, ConvAxes, Known

_MAX_POOL: dict[int, Callable[..., Any]] = {
    1: functional.max_pool1d,
    2: functional.max_pool2d,
    3: functional.max_pool3d,
}
_MAX_UNPOOL = {1: functional.max_unpool1d, 2: functional.max_unpool2d, 3: functional.max_unpool3d}
_CONV = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_CONV_TRANSPOSE = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}

SCATTER_ADD_IS_FAST = True


def dtype_name(x: Array) -> str:
    """Return the name of an array's dtype."""
    return str(x.dtype).removeprefix("torch.")


def constant(array: Known, dtype: str) -> Array:
    """Return an array of NumPy as one of the backend, in that dtype."""
    return torch.as_tensor(np.ascontiguousarray(array, dtype))


def zero(like: Array) -> Array:
    """Return a zero of the dtype of an array."""
    return torch.zeros((), dtype=like.dtype)


def zeros(shape: Sequence[int], like: Array) -> Array:
    """Return zeros of the dtype of an array."""
    return torch.zeros(tuple(shape), dtype=like.dtype)


def astype(x: Array, dtype: str) -> Array:
    """Convert to the dtype of that name."""
    return x.to(getattr(torch, dtype))


def concrete_integers(x: Array) -> list[int]:
    """Return the integers of an array, which are known."""
    return [int(n) for n in x.reshape(-1).tolist()]


def where(condition: Array, x: Array, y: Array) -> Array:
    """Return `x` where a condition holds, `y` elsewhere."""
    return torch.where(condition, x, y)


def broadcast_to(x: Array, shape: Sequence[int]) -> Array:
    """Return an array repeated along axes of length 1, and along new ones."""
    return torch.broadcast_to(x, shape)


def moveaxis(x: Array, source: int, destination: int) -> Array:
    """Return an array with one axis in another place."""
    return torch.moveaxis(x, source, destination)


def flip_last(x: Array, ndim: int) -> Array:
    """Return the last axes of an array in the opposite order."""
    return x.flip(tuple(range(-ndim, 0)))


def reduce_max(x: Array) -> Array:
    """Return the maximum over the last axis, NaN if there is one."""
    return x.amax(-1)


def reduce_min(x: Array) -> Array:
    """Return the minimum over the last axis."""
    return x.amin(-1)


def reduce_sum(x: Array) -> Array:
    """Return the sum over the last axis, in the dtype of the array."""
    return x.sum(-1, dtype=x.dtype)


def reduce_all(x: Array) -> Array:
    """Return whether all elements hold."""
    return torch.all(x)


def divide(x: Array, divisors: Known) -> Array:
    """Divide by positive integers; quotients of integers are truncated towards zero."""
    rounding = None if x.dtype.is_floating_point else "trunc"
    return torch.div(x, constant(divisors, dtype_name(x)), rounding_mode=rounding)


def floor_divide(x: Array, divisor: int) -> Array:
    """Divide integers that are not negative."""
    return x // divisor


def pad(x: Array, axis: int, before: int, after: int, fill: Any) -> Array:
    """Return an array with elements `fill` on either side of an axis."""
    return functional.pad(x, [0, 0] * (-axis - 1) + [before, after], value=fill)


def take(x: Array, axis: int, index: Known) -> Array:
    """Return elements at known places of an axis, with the axes of `index` in its place."""
    return x[(..., constant(index, "int64"), *[slice(None)] * (-axis - 1))]


def take_along_last(x: Array, index: Array) -> Array:
    """Return elements at places of the last axis, one for each of `index`."""
    return torch.gather(x, -1, index)


def scatter_add(values: Array, index: Array, size: int) -> Array:
    """Return ``(n, size)`` zeros with every value added in its column."""
    if values.dtype == torch.bool:
        return scatter_add(values.to(torch.int64), index, size) > 0
    out = torch.zeros((values.shape[0], size), dtype=values.dtype)
    return out.scatter_add(1, index, values)


def scatter_last(index: Array, size: int) -> Array:
    """Return, for each column, which entry is the last one with it, or -1."""
    order = torch.arange(index.shape[1]).expand(index.shape)
    out = torch.full((index.shape[0], size), -1, dtype=torch.int64)
    return out.scatter_reduce(1, index, order, "amax")


def cond(
    condition: Array, if_true: Callable[..., Any], if_false: Callable[..., Any], *arguments: Array
) -> Array:
    """Return the result of one function if a condition holds, else that of the other.

    The other one is always right. It is taken while `torch.compile` traces, where a branch would
    break the graph, and under `torch.vmap`, which cannot branch for a whole batch.
    """
    if torch.compiler.is_compiling():
        return if_false(*arguments)
    try:
        holds = bool(condition)
    except RuntimeError:
        holds = False
    return if_true(*arguments) if holds else if_false(*arguments)


def max_pool(x: Array, axes: Axes, with_positions: bool) -> list[Array] | None:
    """Return maxima, and positions if asked for, where torch has a function for it; else None.

    Where a window holds several NaN, torch gives the position of the last one.
    """
    ndim = len(axes)
    if not x.dtype.is_floating_point or 0 in x.shape or ndim > len(_MAX_POOL):
        return None
    window, stride, before, after, dilation = zip(*axes, strict=True)
    if before != after or any(2 * b > w for b, w in zip(before, window, strict=True)):
        return None
    planes = x.reshape(1, -1, *x.shape[-ndim:])
    options = {"dilation": dilation, "return_indices": with_positions}
    pooled = _MAX_POOL[ndim](planes, window, stride, before, **options)
    arrays = pooled if with_positions else [pooled]
    return [y.reshape(*x.shape[:-ndim], *y.shape[2:]) for y in arrays]


def max_unpool_tiles(
    values: Array, positions: Array, shape: Sequence[int], tile: Sequence[int]
) -> Array | None:
    """Return zeros with values at positions in tiles, where torch has a function for it; or None.

    No two positions are equal: of two, torch may write either, and gives the gradient to both.
    """
    ndim = len(shape)
    if not values.dtype.is_floating_point or ndim > len(_MAX_UNPOOL):
        return None
    planes, places = (x.reshape(1, -1, *x.shape[-ndim:]) for x in (values, positions))
    out = _MAX_UNPOOL[ndim](planes, places, list(tile), list(tile), output_size=list(shape))
    return out.reshape(*values.shape[:-ndim], *shape)


def call_behind_barrier(function: Callable[..., Array], *arrays: Array) -> Array:
    """Call a function on arrays that are computed once, however often it reads them."""
    return function(*arrays)


def conv(x: Array, kernel: Array, axes: ConvAxes, groups: int, flip: bool) -> Array:
    """Return the convolution of images with a kernel; without `flip`, the correlation."""
    ndim, (stride, _, _, dilation) = len(axes), zip(*axes, strict=True)
    return _CONV[ndim](_padded(x, axes), _flipped(kernel, flip), None, stride, 0, dilation, groups)


def conv_input_grad(
    kernel: Array, dy: Array, shape: Sequence[int], axes: ConvAxes, groups: int, flip: bool
) -> Array:
    """Return the transpose of `conv` as a map of images of `shape`, applied to `dy`."""
    ndim, (stride, before, _, dilation) = len(axes), zip(*axes, strict=True)
    dx = _CONV_TRANSPOSE[ndim](dy, _flipped(kernel, flip), None, stride, 0, 0, groups, dilation)
    # Of the padded images, up to the last element that a tap reaches: negative pads cut off.
    pads: list[int] = []
    for axis in range(ndim):
        after = shape[2 + axis] + before[axis] - dx.shape[2 + axis]
        pads = [-before[axis], after, *pads]
    return functional.pad(dx, pads)


def conv_kernel_grad(
    x: Array, dy: Array, shape: Sequence[int], axes: ConvAxes, groups: int, flip: bool
) -> Array:
    """Return the transpose of `conv` as a map of kernels of `shape`, applied to `dy`.

    This is again a convolution: the channels of the images are the batch, `dy` is the kernel, and
    stride and dilation are swapped.
    """
    ndim, (stride, _, _, dilation) = len(axes), zip(*axes, strict=True)
    images, channels = x.shape[0], shape[1]
    if 0 in dy.shape or x.numel() == 0:
        return torch.zeros(tuple(shape), dtype=x.dtype)
    padded = _padded(x, axes)
    by_channel = padded.reshape(images, groups, channels, *padded.shape[2:]).transpose(0, 2)
    by_channel = by_channel.reshape(channels, groups * images, *padded.shape[2:])
    dk = _CONV[ndim](by_channel, dy.transpose(0, 1), None, dilation, 0, stride, groups)
    for axis in range(2, 2 + ndim):
        dk = dk.narrow(axis, 0, shape[axis])
    return _flipped(dk.transpose(0, 1), flip)


def _padded(x: Array, axes: ConvAxes) -> Array:
    pads: list[int] = []
    for _, before, after, _ in axes:
        pads = [before, after, *pads]
    return functional.pad(x, pads)


def _flipped(kernel: Array, flip: bool) -> Array:
    return kernel.flip(tuple(range(2, kernel.ndim))) if flip else kernel


def dynamic_slice(x: Array, starts: Known, i: Any, sizes: Sequence[int]) -> Array:
    """Return `sizes` elements of the last axes, from ``starts[i]`` on."""
    for axis, size in enumerate(sizes):
        x = x.narrow(axis - len(sizes), int(starts[i, axis]), size)
    return x


def loop_sum(count: int, term: Callable[[Any], Array]) -> Array:
    """Return the sum of ``term(i)`` for ``0 <= i < count``."""
    return sum((term(i) for i in range(1, count)), term(0))


def loop_stack(count: int, term: Callable[[Any], Array]) -> Array:
    """Return the array of ``term(i)`` for ``0 <= i < count``, along a new last axis."""
    return torch.stack([term(i) for i in range(count)], -1)


def rfft(x: Array, n: int, axis: int) -> Array:
    """Return the Fourier transform of a real array."""
    return torch.fft.rfft(x, n, axis)


def irfft(x: Array, n: int, axis: int) -> Array:
    """Return the real array that has this transform."""
    return torch.fft.irfft(x, n, axis)


def fft(x: Array, n: int, axis: int) -> Array:
    """Return the Fourier transform of a complex array."""
    return torch.fft.fft(x, n, axis)


def ifft(x: Array, n: int, axis: int) -> Array:
    """Return the complex array that has this transform."""
    return torch.fft.ifft(x, n, axis)
