"""Convolution, which every backend has, and its two gradients."""

from __future__ import annotations

from collections.abc import Sequence

from pytensor_unpool.geometry.conv import check_shapes, output_lengths
from pytensor_unpool.kernels.arrays.protocol import Array, ConvAxes, Primitives


def conv(xp: Primitives, x: Array, kernel: Array, axes: ConvAxes, groups: int, flip: bool) -> Array:
    """Return the convolution of images with a kernel; without `flip`, the correlation."""
    check_shapes(x.shape, kernel.shape, axes, groups)
    if 0 in (*x.shape, *kernel.shape):
        counts = output_lengths(x.shape[2:], kernel.shape[2:], axes)
        return xp.zeros((x.shape[0], kernel.shape[0], *counts), x)
    return xp.conv(x, kernel, axes, groups, flip)


def conv_input_grad(
    xp: Primitives,
    kernel: Array,
    dy: Array,
    shape: Sequence[int],
    axes: ConvAxes,
    groups: int,
    flip: bool,
) -> Array:
    """Return the transpose of `conv` as a map of images of `shape`, applied to `dy`."""
    check_shapes(shape, kernel.shape, axes, groups, dy.shape)
    if 0 in (*kernel.shape, *dy.shape):
        return xp.zeros(shape, dy)
    return xp.conv_input_grad(kernel, dy, shape, axes, groups, flip)


def conv_kernel_grad(
    xp: Primitives,
    x: Array,
    dy: Array,
    shape: Sequence[int],
    axes: ConvAxes,
    groups: int,
    flip: bool,
) -> Array:
    """Return the transpose of `conv` as a map of kernels of `shape`, applied to `dy`."""
    check_shapes(x.shape, shape, axes, groups, dy.shape)
    if 0 in (*x.shape, *dy.shape):
        return xp.zeros(shape, x)
    return xp.conv_kernel_grad(x, dy, shape, axes, groups, flip)
