"""Convolution with a kernel of its own for each output: locally connected layers.

A plain graph. The windows of the images are rows, and each place of the output has a matrix that
takes its row: a kernel of shape (out_channels, *outputs, channels // groups, *taps). `conv`,
`conv_input_grad` and `conv_kernel_grad` are transposes of one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.neighbours import rows_to_windows, windows_to_rows

# An int, or a symbolic integer.
Integer = Any


class Places(NamedTuple):
    """Where the kernels stand: an entry for each spatial axis."""

    stride: Sequence[Integer]
    pads: Sequence[tuple[Integer, Integer]]
    dilation: Sequence[Integer]
    groups: int
    flip: bool


def conv(x: TensorVariable, kernel: TensorVariable, places: Places) -> TensorVariable:
    """Return the convolution, of shape (batch, out_channels, *outputs)."""
    ndim = x.type.ndim - 2
    taps = [
        kernel.shape[i - ndim] if n is None else n for i, n in enumerate(kernel.type.shape[-ndim:])
    ]
    rows = _rows(x, taps, places)
    # (groups, *outputs, out_channels / groups, batch)
    products = pt.matmul(_matrices(kernel, places), rows)
    y = pt.moveaxis(products, (-1, 0, -2), (0, 1, 2))
    return y.reshape((y.shape[0], kernel.shape[0], *[y.shape[3 + i] for i in range(ndim)]))


def conv_input_grad(
    kernel: TensorVariable, dy: TensorVariable, lengths: Sequence[Integer], places: Places
) -> TensorVariable:
    """Return the transpose in the images, whose spatial axes have `lengths`."""
    ndim = len(lengths)
    matrices = _matrices(kernel, places)
    rows = pt.matmul(pt.swapaxes(matrices, -1, -2), _columns(dy, places))
    # (batch, groups, channels / groups x taps, *outputs)
    rows = pt.moveaxis(rows, (-1, 0, -2), (0, 1, 2))
    taps = [kernel.shape[i - ndim] for i in range(ndim)]
    outputs = [rows.shape[3 + i] for i in range(ndim)]
    channels = kernel.shape[1 + ndim] * places.groups
    rows = rows.reshape((rows.shape[0], channels, _product(taps), *outputs))
    padded = [n + sum(pads) for n, pads in zip(lengths, places.pads, strict=True)]
    dx = rows_to_windows(
        pt.moveaxis(rows, 2, -1), padded, taps, places.stride, dilation=places.dilation
    )
    return dx[_inside(lengths, places.pads)]


def conv_kernel_grad(
    x: TensorVariable, dy: TensorVariable, taps: Sequence[Integer], places: Places
) -> TensorVariable:
    """Return the transpose in the kernel, whose spatial axes have lengths `taps`."""
    ndim = len(taps)
    rows = _rows(x, taps, places)
    # (groups, *outputs, out_channels / groups, channels / groups x taps)
    products = pt.matmul(_columns(dy, places), pt.swapaxes(rows, -1, -2))
    products = pt.moveaxis(products, -2, 1)
    outputs = [products.shape[2 + i] for i in range(ndim)]
    return _flipped(
        products.reshape((dy.shape[1], *outputs, x.shape[1] // places.groups, *taps)), places
    )


def _rows(x: TensorVariable, taps: Sequence[Integer], places: Places) -> TensorVariable:
    """Return the windows of the padded images: (groups, *outputs, channels / groups x taps, batch).

    Pads are zeros put there: windows of nothing else are no windows of `windows_to_rows`.
    """
    ndim = x.type.ndim - 2
    rows = windows_to_rows(_padded(x, places.pads), taps, places.stride, dilation=places.dilation)
    rows = _by_groups(pt.moveaxis(rows, -1, 2), places.groups)
    # (batch, groups, channels / groups, taps, *outputs)
    outputs = [rows.shape[4 + i] for i in range(ndim)]
    rows = rows.reshape((rows.shape[0], places.groups, rows.shape[2] * rows.shape[3], *outputs))
    return pt.moveaxis(rows, (1, 0, 2), (0, -1, -2))


def _padded(x: TensorVariable, pads: Sequence[tuple[Integer, Integer]]) -> TensorVariable:
    """Return images with zeros around them."""
    if all(isinstance(n, int) and n == 0 for pair in pads for n in pair):
        return x
    lengths = [x.shape[2 + i] for i in range(len(pads))]
    padded = [n + before + after for n, (before, after) in zip(lengths, pads, strict=True)]
    zeros = pt.zeros((x.shape[0], x.shape[1], *padded), x.dtype)
    return pt.set_subtensor(zeros[_inside(lengths, pads)], x)


def _inside(lengths: Sequence[Integer], pads: Sequence[tuple[Integer, Integer]]) -> Any:
    """Return the index of images of these lengths in padded ones."""
    spatial = [slice(before, before + n) for n, (before, _) in zip(lengths, pads, strict=True)]
    return (slice(None), slice(None), *spatial)


def _columns(dy: TensorVariable, places: Places) -> TensorVariable:
    """Return an output as (groups, *outputs, out_channels / groups, batch)."""
    return pt.moveaxis(_by_groups(dy, places.groups), (1, 0, 2), (0, -1, -2))


def _by_groups(x: TensorVariable, groups: int) -> TensorVariable:
    """Cut the channels, axis 1, into groups."""
    rest = [x.shape[i] for i in range(2, x.type.ndim)]
    return x.reshape((x.shape[0], groups, x.shape[1] // groups, *rest))


def _matrices(kernel: TensorVariable, places: Places) -> TensorVariable:
    """Return a kernel as (groups, *outputs, out_channels / groups, channels / groups x taps)."""
    ndim = (kernel.type.ndim - 2) // 2
    kernel = _flipped(kernel, places)
    outputs = [kernel.shape[1 + i] for i in range(ndim)]
    taken = _product([kernel.shape[1 + ndim + i] for i in range(1 + ndim)])
    out_channels = kernel.shape[0] // places.groups
    by_groups = kernel.reshape((places.groups, out_channels, *outputs, taken))
    return pt.moveaxis(by_groups, 1, -2)


def _flipped(kernel: TensorVariable, places: Places) -> TensorVariable:
    ndim = (kernel.type.ndim - 2) // 2
    return kernel[(..., *[slice(None, None, -1)] * ndim)] if places.flip else kernel


def _product(numbers: Sequence[Integer]) -> Integer:
    product = numbers[0]
    for number in numbers[1:]:
        product = product * number
    return product
