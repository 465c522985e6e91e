"""The slow convolution that is obviously right, and its two gradients, in NumPy.

Each goes over the taps of the kernel: a tap is a matrix of weights between channels, and the
elements that it reads are a slice of the padded image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pytensor_unpool.geometry.conv import Steps, check_shapes, output_lengths

Array = np.ndarray[Any, Any]
Axes = Sequence[Steps]


def conv(x: Array, kernel: Array, axes: Axes, groups: int, flip: bool) -> Array:
    """Return the convolution of images with a kernel; without `flip`, the correlation."""
    check_shapes(x.shape, kernel.shape, axes, groups)
    counts = output_lengths(x.shape[2:], kernel.shape[2:], axes)
    padded = _by_groups(_padded(x, axes), 1, groups)
    weights = _by_groups(kernel, 0, groups)
    y = np.zeros((len(x), groups, kernel.shape[0] // groups, *counts), _wide(x))
    for tap, place in _taps(kernel.shape[2:], counts, axes, flip):
        y += np.einsum("goc,ngc...->ngo...", weights[tap], padded[place])
    return y.reshape(len(x), len(kernel), *counts).astype(x.dtype)


def conv_input_grad(
    kernel: Array, dy: Array, shape: Sequence[int], axes: Axes, groups: int, flip: bool
) -> Array:
    """Return the transpose of `conv` as a map of images of `shape`, applied to `dy`."""
    check_shapes(shape, kernel.shape, axes, groups, dy.shape)
    out = np.zeros(shape, _wide(dy))
    padded = _padded(out, axes)
    by_groups = _by_groups(padded, 1, groups)
    weights, cotangent = _by_groups(kernel, 0, groups), _by_groups(dy, 1, groups)
    for tap, place in _taps(kernel.shape[2:], dy.shape[2:], axes, flip):
        by_groups[place] += np.einsum("goc,ngo...->ngc...", weights[tap], cotangent)
    inside: Any = [
        slice(before, before + length)
        for length, (_, before, _, _) in zip(shape[2:], axes, strict=True)
    ]
    return padded[(..., *inside)].astype(dy.dtype)


def conv_kernel_grad(
    x: Array, dy: Array, shape: Sequence[int], axes: Axes, groups: int, flip: bool
) -> Array:
    """Return the transpose of `conv` as a map of kernels of `shape`, applied to `dy`."""
    check_shapes(x.shape, shape, axes, groups, dy.shape)
    out = np.zeros(shape, _wide(x))
    padded, cotangent = _by_groups(_padded(x, axes), 1, groups), _by_groups(dy, 1, groups)
    by_groups = _by_groups(out, 0, groups)
    letters = "xyz"[: len(axes)]
    summed = f"ngo{letters},ngc{letters}->goc"
    for tap, place in _taps(shape[2:], dy.shape[2:], axes, flip):
        by_groups[tap] = np.einsum(summed, cotangent, padded[place])
    return out.astype(x.dtype)


def _padded(x: Array, axes: Axes) -> Array:
    pads = [(before, after) for _, before, after, _ in axes]
    return np.pad(x, [(0, 0), (0, 0), *pads]).astype(_wide(x), copy=False)


def _by_groups(x: Array, axis: int, groups: int) -> Array:
    """Return a view in which an axis is cut into groups."""
    return x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])


def _taps(
    kernel: Sequence[int], counts: Sequence[int], axes: Axes, flip: bool
) -> Iterator[tuple[Any, Any]]:
    """Yield the index of each tap in the kernel, and that of what it reads in padded images."""
    for tap in np.ndindex(*kernel):
        read = []
        for k, length, count, steps in zip(tap, kernel, counts, axes, strict=True):
            stride, _, _, dilation = steps
            first = (length - 1 - k if flip else k) * dilation
            read.append(slice(first, first + (count - 1) * stride + 1, stride))
        yield (..., *tap), (..., *read)


def _wide(x: Array) -> Any:
    """Return the dtype to accumulate in."""
    return np.float32 if x.dtype == np.float16 else x.dtype
