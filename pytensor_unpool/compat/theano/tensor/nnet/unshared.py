"""Convolution with a separate kernel for each output: locally connected layers.

These are plain graphs. The windows of the images are rows, and each output position has a matrix
that multiplies its row: a kernel of shape (out_channels, *outputs, channels // groups, *taps).
`conv`, `conv_input_grad` and `conv_kernel_grad` are transposes of one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.theano.tensor.nnet.arguments import agreeing, length_of
from pytensor_unpool.functions.neighbours import rows_to_windows, windows_to_rows
from pytensor_unpool.geometry.conv import count_outputs

# An int, or a symbolic integer.
Integer = Any


class Places(NamedTuple):
    """Where the kernels are: an entry for each spatial axis."""

    stride: Sequence[Integer]
    pads: Sequence[tuple[Integer, Integer]]
    dilation: Sequence[Integer]
    groups: int
    flip: bool


def conv(x: TensorVariable, kernel: TensorVariable, places: Places) -> TensorVariable:
    """Return the convolution, of shape (batch, out_channels, *outputs)."""
    lengths, taps = _spatial(x), _taps(kernel)
    outputs = _outputs(places, lengths, taps)
    kernel = _fitting(kernel, places, outputs, length_of(x, 1))
    # (groups, *outputs, out_channels / groups, batch)
    products = pt.matmul(_matrices(kernel, outputs, places), _rows(x, taps, places))
    y = pt.moveaxis(products, (-1, 0, -2), (0, 1, 2))
    return y.reshape((length_of(x, 0), length_of(kernel, 0), *outputs))


def conv_input_grad(
    kernel: TensorVariable, dy: TensorVariable, lengths: Sequence[Integer], places: Places
) -> TensorVariable:
    """Return the transpose with respect to images, whose spatial axes have `lengths`."""
    taps = _taps(kernel)
    outputs = _outputs(places, lengths, taps)
    channels = length_of(kernel, kernel.type.ndim - len(taps) - 1) * places.groups
    kernel = _fitting(kernel, places, outputs, channels)
    matrices = _matrices(kernel, outputs, places)
    rows = pt.matmul(pt.swapaxes(matrices, -1, -2), _columns(dy, outputs, places))
    # (batch, groups, channels / groups x taps, *outputs)
    rows = pt.moveaxis(rows, (-1, 0, -2), (0, 1, 2))
    rows = rows.reshape((length_of(dy, 0), channels, _product(taps), *outputs))
    padded = [n + sum(pads) for n, pads in zip(lengths, places.pads, strict=True)]
    dx = rows_to_windows(
        pt.moveaxis(rows, 2, -1), padded, taps, places.stride, dilation=places.dilation
    )
    return dx[_inside(lengths, places.pads)]


def conv_kernel_grad(
    x: TensorVariable, dy: TensorVariable, taps: Sequence[Integer], places: Places
) -> TensorVariable:
    """Return the transpose with respect to a kernel, whose spatial axes have lengths `taps`."""
    outputs = _outputs(places, _spatial(x), taps)
    rows = _rows(x, taps, places)
    # (groups, *outputs, out_channels / groups, channels / groups x taps)
    products = pt.matmul(_columns(dy, outputs, places), pt.swapaxes(rows, -1, -2))
    products = pt.moveaxis(products, -2, 1)
    shape = (length_of(dy, 1), *outputs, length_of(x, 1) // places.groups, *taps)
    return _flipped(products.reshape(shape), places)


def _spatial(x: TensorVariable) -> list[Integer]:
    """Return the spatial lengths of images, or of an output."""
    return [length_of(x, axis) for axis in range(2, x.type.ndim)]


def _taps(kernel: TensorVariable) -> list[Integer]:
    """Return the spatial lengths of a kernel."""
    return [length_of(kernel, axis) for axis in range(kernel.type.ndim // 2 + 1, kernel.type.ndim)]


def _outputs(places: Places, lengths: Sequence[Integer], taps: Sequence[Integer]) -> list[Integer]:
    axes = zip(lengths, taps, places.stride, places.pads, places.dilation, strict=True)
    return [count_outputs(n, k, s, before, after, d) for n, k, s, (before, after), d in axes]


def _fitting(
    kernel: TensorVariable, places: Places, outputs: Sequence[Integer], channels: Integer
) -> TensorVariable:
    """Return a kernel if it fits images with this number of channels, and these outputs."""
    out_channels, *places_of_it, taken = [
        length_of(kernel, axis) for axis in range(len(outputs) + 2)
    ]
    pairs = [(taken * places.groups, channels), (out_channels % places.groups, 0)]
    kernel = agreeing(kernel, pairs, "kern must have the channels of the images in its groups")
    message = "an unshared kern must have a kernel for each output"
    return agreeing(kernel, list(zip(places_of_it, outputs, strict=True)), message)


def _rows(x: TensorVariable, taps: Sequence[Integer], places: Places) -> TensorVariable:
    """Return the windows of the padded images: (groups, *outputs, channels / groups x taps, batch).

    The padding is explicit, because `windows_to_rows` refuses windows that hold only padding.
    """
    rows = windows_to_rows(_padded(x, places.pads), taps, places.stride, dilation=places.dilation)
    outputs = _outputs(places, _spatial(x), taps)
    taken = length_of(x, 1) // places.groups * _product(taps)
    shape = (length_of(x, 0), places.groups, taken, *outputs)
    return pt.moveaxis(pt.moveaxis(rows, -1, 2).reshape(shape), (1, 0, 2), (0, -1, -2))


def _padded(x: TensorVariable, pads: Sequence[tuple[Integer, Integer]]) -> TensorVariable:
    """Return images with zeros around them."""
    if all(isinstance(n, int) and n == 0 for pair in pads for n in pair):
        return x
    lengths = _spatial(x)
    padded = [n + before + after for n, (before, after) in zip(lengths, pads, strict=True)]
    zeros = pt.zeros((x.shape[0], x.shape[1], *padded), x.dtype)
    return pt.set_subtensor(zeros[_inside(lengths, pads)], x)


def _inside(lengths: Sequence[Integer], pads: Sequence[tuple[Integer, Integer]]) -> Any:
    """Return the index that takes images of these lengths from padded ones."""
    spatial = [slice(before, before + n) for n, (before, _) in zip(lengths, pads, strict=True)]
    return (slice(None), slice(None), *spatial)


def _columns(dy: TensorVariable, outputs: Sequence[Integer], places: Places) -> TensorVariable:
    """Return an output as (groups, *outputs, out_channels / groups, batch)."""
    message = "topgrad must have an entry for each output"
    dy = agreeing(dy, list(zip(_spatial(dy), outputs, strict=True)), message)
    shape = (length_of(dy, 0), places.groups, length_of(dy, 1) // places.groups, *outputs)
    return pt.moveaxis(dy.reshape(shape), (1, 0, 2), (0, -1, -2))


def _matrices(kernel: TensorVariable, outputs: Sequence[Integer], places: Places) -> TensorVariable:
    """Return a kernel as (groups, *outputs, out_channels / groups, channels / groups x taps)."""
    taken = length_of(kernel, 1 + len(outputs)) * _product(_taps(kernel))
    out_channels = length_of(kernel, 0) // places.groups
    shape = (places.groups, out_channels, *outputs, taken)
    return pt.moveaxis(_flipped(kernel, places).reshape(shape), 1, -2)


def _flipped(kernel: TensorVariable, places: Places) -> TensorVariable:
    ndim = (kernel.type.ndim - 2) // 2
    return kernel[(..., *[slice(None, None, -1)] * ndim)] if places.flip else kernel


def _product(numbers: Sequence[Integer]) -> Integer:
    product = numbers[0]
    for number in numbers[1:]:
        product = product * number
    return product
