"""The results of cuda-convnet's Ops, by loops over outputs, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np

from tests.support.cases import Array


def outputs(length: int, taps: int, pad: int, stride: int) -> int:
    """Return how many outputs an axis has."""
    return ceil((length + 2 * pad - taps) / stride) + 1


def _places(
    images: tuple[int, ...], taps: tuple[int, ...], pad: int, stride: int
) -> Iterator[tuple[tuple[int, int], tuple[slice, slice], tuple[slice, slice]]]:
    """Yield each output, with the pixels under its filter and the taps that lie on them."""
    counts = [outputs(n, k, pad, stride) for n, k in zip(images, taps, strict=True)]
    for output in np.ndindex(*counts):
        starts = [i * stride - pad for i in output]
        pixels = [slice(max(0, s), max(0, s + k)) for s, k in zip(starts, taps, strict=True)]
        under = [
            slice(max(0, -s), max(0, min(k, n - s)))
            for s, k, n in zip(starts, taps, images, strict=True)
        ]
        yield (output[0], output[1]), (pixels[0], pixels[1]), (under[0], under[1])


def filter_acts(images: Array, filters: Array, pad: int, stride: int) -> Array:
    """Return the outputs: a sum of products for each place of the filters."""
    shapes = images.shape[1:3], filters.shape[1:3]
    counts = [outputs(n, k, pad, stride) for n, k in zip(*shapes, strict=True)]
    y = np.zeros((filters.shape[3], *counts, images.shape[3]))
    for output, pixels, taps in _places(*shapes, pad, stride):
        x, w = images[:, *pixels].astype("float64"), filters[:, *taps]
        y[:, *output] = np.einsum("cuvb,cuvk->kb", x, w)
    return y


def image_acts(
    hid_acts: Array, filters: Array, shape: tuple[int, int], pad: int, stride: int
) -> Array:
    """Return the pixels: each output is added to all pixels under its filter."""
    x = np.zeros((filters.shape[0], *shape, hid_acts.shape[3]))
    for output, pixels, taps in _places(shape, filters.shape[1:3], pad, stride):
        w = filters[:, *taps].astype("float64")
        x[:, *pixels] += np.einsum("cuvk,kb->cuvb", w, hid_acts[:, *output])
    return x


def weight_acts(
    images: Array, hid_grads: Array, taps: tuple[int, int], pad: int, stride: int, partial_sum: int
) -> Array:
    """Return partial sums over outputs: their total is the gradient of the filters."""
    modules = hid_grads.shape[1] * hid_grads.shape[2]
    shape = (images.shape[0], *taps, hid_grads.shape[0])
    sums = np.zeros((-(-modules // partial_sum), *shape))
    for i, (output, pixels, under) in enumerate(_places(images.shape[1:3], taps, pad, stride)):
        x, g = images[:, *pixels].astype("float64"), hid_grads[:, *output]
        sums[i // partial_sum, :, *under] += np.einsum("cuvb,kb->cuvk", x, g)
    return sums


def windows(
    lengths: tuple[int, int], ds: int, stride: int, start: int = 0
) -> Iterator[tuple[tuple[int, int], tuple[slice, slice]]]:
    """Yield each window, with its pixels."""
    counts = [ceil((n - start - ds) / stride) + 1 for n in lengths]
    for window in np.ndindex(*counts):
        firsts = [start + i * stride for i in window]
        pixels = [slice(max(0, first), max(0, first + ds)) for first in firsts]
        yield (window[0], window[1]), (pixels[0], pixels[1])


def max_pool(images: Array, ds: int, stride: int, start: int = 0) -> Array:
    """Return the maxima of windows."""
    lengths = images.shape[1:3]
    counts = [ceil((n - start - ds) / stride) + 1 for n in lengths]
    y = np.empty((images.shape[0], *counts, images.shape[3]), images.dtype)
    for window, pixels in windows(lengths, ds, stride, start):
        y[:, *window] = images[:, *pixels].max(axis=(1, 2))
    return y


def max_pool_grad(
    images: Array, maxout: Array, gz: Array, ds: int, stride: int, start: int = 0
) -> Array:
    """Return the sum for each pixel over all windows whose maximum it equals."""
    gx = np.zeros_like(images)
    for window, pixels in windows(images.shape[1:3], ds, stride, start):
        is_maximum = images[:, *pixels] == maxout[:, *window][:, None, None]
        gx[:, *pixels] += is_maximum * gz[:, *window][:, None, None]
    return gx
