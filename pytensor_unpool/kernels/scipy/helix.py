"""Convolution by Fourier transforms of strips, in SciPy.

The last axes are wound up to a strip that fits a cache, see `geometry.helix`; the others are
transformed one by one. Rows of zeros, and rows that are not read, are not transformed: an axis gets
its zeros when its turn comes, the last one first, and loses them on the way back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from pytensor_unpool.geometry.helix import Overlap, overlap, row_length, row_steps, wound_axes
from pytensor_unpool.kernels.reference.helix import last_axes, turned_round

Array = np.ndarray[Any, Any]

# Items of a batch are transformed together up to this many elements, one by one beyond.
ELEMENTS_AT_ONCE = 2**17


class Plan(NamedTuple):
    """How to transform one item."""

    wound: int
    """How many of the last axes are a strip."""
    inner: tuple[int, ...]
    """The lengths of its rows on all these axes."""
    rings: tuple[int, ...]
    """The lengths of transforms of the other axes, 0 for one sum, and of the strip."""
    starts: tuple[int, ...]
    outputs: tuple[int, ...]


def convolve_by_transforms(
    x: Array, kernel: Array, starts: Sequence[int], y: Array, turned: bool = False
) -> None:
    """Write to `y` a window of the whole convolution of the last axes of `x` and `kernel`.

    One window start for each of these axes. The arrays have one dtype; `y` and `x` have the same
    leading axes, the kernel has these or none. If `turned`, it is taken in the opposite order.
    """
    ndim = len(starts)
    if turned:
        kernel = turned_round(kernel, ndim)
    lengths = x.shape[-ndim:], kernel.shape[-ndim:], map(int, starts), y.shape[-ndim:]
    parts = [overlap(*numbers) for numbers in zip(*lengths, strict=True)]
    if y.size == 0:
        return
    if any(part.outputs != (0, n) for part, n in zip(parts, y.shape[-ndim:], strict=True)):
        y[...] = 0
    if any(part.is_empty for part in parts):
        y[...] = 0
        return
    x, kernel, y = (
        array[last_axes(slice(*part.ranges[i]) for part in parts)]
        for i, array in enumerate((x, kernel, y))
    )
    plan = plan_transforms(parts)
    transformed = _transformed(_turned(kernel, plan), plan) if kernel.ndim == ndim else None
    for items in _batches(y.shape[:-ndim], prod(n or 1 for n in plan.rings)):
        of_kernel = transformed
        if of_kernel is None:
            of_kernel = _transformed(_turned(kernel[items], plan), plan)
        of_x = _transformed(x[items], plan)
        _write_back(_multiplied(of_x, of_kernel, plan), plan, y[items])


def plan_transforms(parts: Sequence[Overlap]) -> Plan:
    """Return how to transform the elements that contribute to a window."""
    from scipy.fft import next_fast_len

    starts = [part.start for part in parts]
    lengths = [part.lengths for part in parts]
    outputs = [n for *_, n in lengths]
    rings = [
        # An axis with a window of one element is a sum of products, as long as both arrays.
        row_length(length, taps, start, n) if n > 1 or axis == len(starts) - 1 else 0
        for axis, ((length, taps, n), start) in enumerate(zip(lengths, starts, strict=True))
    ]
    wound = wound_axes(rings)
    strip = next_fast_len(prod(rings[-wound:]), real=True)
    others = [next_fast_len(n) if n else 0 for n in rings[:-wound]]
    inner = tuple(rings[-wound:])
    return Plan(wound, inner, (*others, strip), tuple(starts), tuple(outputs))


def _batches(shape: Sequence[int], elements: int) -> Iterator[Any]:
    """Yield the indices of items that are transformed together."""
    if not shape:
        yield ()
        return
    together = max(1, ELEMENTS_AT_ONCE // elements)
    for index in np.ndindex(*shape[:-1]):
        for first in range(0, shape[-1], together):
            yield (*index, slice(first, first + together))


def _turned(kernel: Array, plan: Plan) -> Array:
    """Return the kernel with its last element first on the axes that are one sum."""
    turned = [slice(None, None, None if n else -1) for n in plan.rings[:-1]]
    return kernel[last_axes([*turned, *[slice(None)] * plan.wound])]


def _unwound(strips: Array, plan: Plan, starts: Sequence[int], lengths: Sequence[int]) -> Array:
    """Return a view of strips as arrays with these lengths of the wound axes."""
    step = strips.strides[-1]
    steps = [n * step for n in row_steps(plan.inner)]
    begin = sum(start * n for start, n in zip(starts, row_steps(plan.inner), strict=True))
    return np.lib.stride_tricks.as_strided(
        strips[..., begin:], (*strips.shape[:-1], *lengths), (*strips.strides[:-1], *steps)
    )


def _transformed(array: Array, plan: Plan) -> Array:
    from scipy import fft

    transform = fft.fft if array.dtype.kind == "c" else fft.rfft
    # Strips are not kept: they go when they are transformed.
    result = transform(_wound(array, plan), plan.rings[-1])
    for axis, ring in enumerate(reversed(plan.rings[:-1]), start=2):
        if ring:
            result = fft.fft(result, ring, -axis, overwrite_x=True)
    return np.asarray(result)


def _wound(array: Array, plan: Plan) -> Array:
    if plan.wound == 1:
        return array
    shape = array.shape
    strips = np.zeros((*shape[: -plan.wound], plan.rings[-1]), array.dtype)
    _unwound(strips, plan, [0] * plan.wound, shape[-plan.wound :])[...] = array
    return strips


def _multiplied(of_x: Array, of_kernel: Array, plan: Plan) -> Array:
    of_x *= of_kernel
    sums = tuple(i - len(plan.rings) for i, ring in enumerate(plan.rings) if not ring)
    return of_x.sum(sums, keepdims=True) if sums else of_x


def _write_back(product: Array, plan: Plan, y: Array) -> None:
    from scipy import fft

    others = zip(plan.rings[:-1], plan.starts, plan.outputs, strict=False)
    for axis, (ring, start, outputs) in enumerate(others):
        if ring:
            behind = len(plan.rings) - axis - 1
            product = fft.ifft(product, axis=-behind - 1, overwrite_x=True)
            product = product[last_axes([slice(start, start + outputs), *[slice(None)] * behind])]
    if y.dtype.kind == "c":
        strips = fft.ifft(product, overwrite_x=True)
    else:
        strips = fft.irfft(product, plan.rings[-1], overwrite_x=True)
    wound = plan.wound
    y[...] = _unwound(strips, plan, plan.starts[-wound:], plan.outputs[-wound:])
