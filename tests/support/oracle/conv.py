"""Convolution by plain loops, one multiplication at a time: the reference for everything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tests.support.cases import Array

# stride, pad before, pad after, dilation
Steps = tuple[int, int, int, int]


def products(
    x: Sequence[int], kernel: Sequence[int], rows: Sequence[Steps], groups: int, flip: bool
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """Yield the indices into output, images and kernel of every product."""
    lengths, taps = x[2:], kernel[2:]
    counts = [
        (n + before + after - (k - 1) * dilation - 1) // stride + 1
        for n, k, (stride, before, after, dilation) in zip(lengths, taps, rows, strict=True)
    ]
    per_group = kernel[0] // groups
    for n, o in np.ndindex(x[0], kernel[0]):
        for place in np.ndindex(*counts):
            for c, *tap in np.ndindex(kernel[1], *taps):
                at = [
                    p * stride - before + (size - 1 - k if flip else k) * dilation
                    for p, k, size, (stride, before, _, dilation) in zip(
                        place, tap, taps, rows, strict=True
                    )
                ]
                if all(0 <= i < length for i, length in zip(at, lengths, strict=True)):
                    channel = o // per_group * kernel[1] + c
                    yield (n, o, *place), (n, channel, *at), (o, c, *tap)


def output_shape(x: Sequence[int], kernel: Sequence[int], rows: Sequence[Steps]) -> tuple[int, ...]:
    """Return the shape of the output."""
    steps = zip(x[2:], kernel[2:], rows, strict=True)
    return (
        x[0],
        kernel[0],
        *((n + b + a - (k - 1) * d - 1) // s + 1 for n, k, (s, b, a, d) in steps),
    )


def conv(x: Array, kernel: Array, rows: Sequence[Steps], groups: int, flip: bool) -> Array:
    """Return the convolution."""
    y = np.zeros(output_shape(x.shape, kernel.shape, rows), x.dtype)
    for to, image, weight in products(x.shape, kernel.shape, rows, groups, flip):
        y[to] += x[image] * kernel[weight]
    return y


def conv_input_grad(
    kernel: Array, dy: Array, shape: Sequence[int], rows: Sequence[Steps], groups: int, flip: bool
) -> Array:
    """Return the gradient of the sum of ``y * dy`` with respect to the images."""
    dx = np.zeros(shape, dy.dtype)
    for to, image, weight in products(shape, kernel.shape, rows, groups, flip):
        dx[image] += dy[to] * kernel[weight]
    return dx


def conv_kernel_grad(
    x: Array, dy: Array, shape: Sequence[int], rows: Sequence[Steps], groups: int, flip: bool
) -> Array:
    """Return the gradient of the sum of ``y * dy`` with respect to the kernel."""
    dk = np.zeros(shape, x.dtype)
    for to, image, weight in products(x.shape, shape, rows, groups, flip):
        dk[weight] += dy[to] * x[image]
    return dk
