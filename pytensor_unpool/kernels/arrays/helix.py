"""Convolution of any number of axes, as operations on whole arrays: by transforms or by slices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from pytensor_unpool.geometry.helix import Overlap, overlap
from pytensor_unpool.kernels.arrays.protocol import Array, Primitives
from pytensor_unpool.kernels.scipy.helix import Plan, plan_transforms

# Up to this many slices are faster than transforms.
MOST_SLICES = 32


def helix(
    xp: Primitives,
    x: Array,
    kernel: Array,
    starts: Sequence[int],
    outputs: Sequence[int],
    method: str,
) -> Array:
    """Return a window of the whole convolution of the last axes of `x` and `kernel`."""
    ndim = len(starts)
    lengths = tuple(x.shape[-ndim:]), tuple(kernel.shape[-ndim:]), starts, outputs
    parts = [overlap(*map(int, numbers)) for numbers in zip(*lengths, strict=True)]
    batch = tuple(x.shape[:-ndim])
    if 0 in batch or any(part.is_empty for part in parts):
        return xp.zeros((*batch, *outputs), x)
    x, kernel = (
        array[(..., *(slice(*part.ranges[i]) for part in parts))]
        for i, array in enumerate((x, kernel))
    )
    # The terms of a sum of slices: elements of the kernel, of x, or of the window.
    terms = [prod(part.lengths[i] for part in parts) for i in (1, 0, 2)]
    fewest = terms.index(min(terms))
    if method == "fft" or (method == "auto" and terms[fewest] > MOST_SLICES):
        y = _by_transforms(xp, x, kernel, plan_transforms(parts))
    elif fewest == 2:
        y = _by_outputs(xp, x, kernel, parts)
    else:
        y = _by_elements(xp, *((kernel, x) if fewest else (x, kernel)), parts)
    for axis, (part, length) in enumerate(zip(parts, outputs, strict=True)):
        begin, end = part.outputs
        if end - begin < length:
            y = xp.pad(y, axis - ndim, begin, length - end, 0)
    return y


def _by_transforms(xp: Primitives, x: Array, kernel: Array, plan: Plan) -> Array:
    """Return the convolution by Fourier transforms, as `kernels.helix` does it."""
    ndim, sums = len(plan.starts), [i for i, ring in enumerate(plan.rings) if not ring]
    for axis in sums:
        kernel = xp.moveaxis(xp.flip_last(xp.moveaxis(kernel, axis - ndim, -1), 1), -1, axis - ndim)
    product = _transformed(xp, x, plan) * _transformed(xp, kernel, plan)
    for axis in sums:
        product = product.sum(axis - len(plan.rings), keepdims=True)
    for axis, ring in enumerate(plan.rings[:-1]):
        if ring:
            product = xp.ifft(product, ring, axis - len(plan.rings))
            product = _cut(product, axis - len(plan.rings), plan.starts[axis], plan.outputs[axis])
    is_complex = xp.dtype_name(x).startswith("complex")
    strips = (xp.ifft if is_complex else xp.irfft)(product, plan.rings[-1], -1)
    strips = _cut(strips, -1, 0, prod(plan.inner))
    y = strips.reshape((*strips.shape[:-1], *plan.inner))
    for axis in range(-plan.wound, 0):
        y = _cut(y, axis, plan.starts[axis], plan.outputs[axis])
    return y


def _transformed(xp: Primitives, array: Array, plan: Plan) -> Array:
    shape = array.shape
    for axis in range(-plan.wound, 0):
        array = xp.pad(array, axis, 0, plan.inner[axis] - shape[axis], 0)
    strips = array.reshape((*shape[: -plan.wound], prod(plan.inner)))
    is_complex = xp.dtype_name(array).startswith("complex")
    result = (xp.fft if is_complex else xp.rfft)(strips, plan.rings[-1], -1)
    for axis, ring in enumerate(reversed(plan.rings[:-1]), start=2):
        if ring:
            result = xp.fft(result, ring, -axis)
    return result


def _cut(x: Array, axis: int, start: int, length: int) -> Array:
    return x[(..., slice(start, start + length), *[slice(None)] * (-axis - 1))]


def _by_elements(xp: Primitives, array: Array, few: Array, parts: Sequence[Overlap]) -> Array:
    """Return the sum of slices of `array`, each times an element of `few`."""
    ndim, lengths = len(parts), [part.lengths[2] for part in parts]
    few_lengths = tuple(few.shape[-ndim:])
    # Element l of `few` multiplies the slice from start - l on, after as many zeros as it takes.
    for axis, part in enumerate(parts, start=-ndim):
        before = max(0, few_lengths[axis] - 1 - part.start)
        after = max(0, part.start + lengths[axis] - array.shape[axis])
        array = xp.pad(array, axis, before, after, 0)
    places = np.array(list(np.ndindex(*few_lengths)))
    firsts = [max(part.start, n - 1) for part, n in zip(parts, few_lengths, strict=True)]
    weights = few.reshape((*few.shape[:-ndim], len(places)))

    def term(i: Any) -> Array:
        weight = weights[..., i]
        weight = weight.reshape((*weight.shape, *[1] * ndim))
        return weight * xp.dynamic_slice(array, firsts - places, i, lengths)

    return xp.loop_sum(len(places), term)


def _by_outputs(xp: Primitives, x: Array, kernel: Array, parts: Sequence[Overlap]) -> Array:
    """Return sums of products, one for each element of the window."""
    ndim, taps = len(parts), tuple(kernel.shape[-len(parts) :])
    few = xp.flip_last(kernel, ndim)
    # Element i of the window is a product with the slice of x from i + start - taps + 1 on.
    for axis, part in enumerate(parts, start=-ndim):
        before = max(0, taps[axis] - 1 - part.start)
        after = max(0, part.start + part.lengths[2] - x.shape[axis])
        x = xp.pad(x, axis, before, after, 0)
    outputs = [part.lengths[2] for part in parts]
    firsts = [max(0, part.start - n + 1) for part, n in zip(parts, taps, strict=True)]
    places = np.array(list(np.ndindex(*outputs)))

    def term(i: Any) -> Array:
        products = few * xp.dynamic_slice(x, firsts + places, i, taps)
        return products.sum(tuple(range(-ndim, 0)))

    sums = xp.loop_stack(len(places), term)
    return sums.reshape((*sums.shape[:-1], *outputs))
