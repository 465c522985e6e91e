"""The slow convolution of any number of axes that is obviously right, in NumPy.

The sum is ``y[i] = sum over j of x[j] kernel[i + start - j]`` for each of the last axes. The loop
is over the elements of the smallest array: what is left is sums of slices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pytensor_unpool.geometry.helix import overlap

Array = np.ndarray[Any, Any]


def convolve_by_products(x: Array, kernel: Array, starts: Sequence[int], y: Array) -> None:
    """Write to `y` a window of the whole convolution of the last axes of `x` and `kernel`.

    One window start for each of these axes. The arrays have one dtype; `y` and `x` have the same
    leading axes, the kernel has these or none.
    """
    ndim = len(starts)
    y[...] = 0
    lengths = x.shape[-ndim:], kernel.shape[-ndim:], y.shape[-ndim:]
    sizes = [int(np.prod(some)) for some in lengths]
    if min(sizes) == sizes[0]:
        _by_elements(kernel, x, lengths[0], starts, y)
    elif min(sizes) == sizes[1]:
        _by_elements(x, kernel, lengths[1], starts, y)
    else:
        for index in np.ndindex(lengths[2]):
            here = [start + i for start, i in zip(starts, index, strict=True)]
            parts = [
                overlap(length, taps, i, 1)
                for length, taps, i in zip(*lengths[:2], here, strict=True)
            ]
            some = x[last_axes(slice(*part.x) for part in parts)]
            others = kernel[last_axes(slice(*part.kernel) for part in parts)]
            if not any(part.is_empty for part in parts):
                products = some * turned_round(others, ndim)
                y[last_axes(index)] = products.sum(tuple(range(-ndim, 0)))


def _by_elements(
    array: Array, few: Array, lengths: Sequence[int], starts: Sequence[int], y: Array
) -> None:
    """Add the products of `array` with each element of `few`, which has these lengths."""
    ndim = len(starts)
    for index in np.ndindex(*lengths):
        parts = [
            overlap(length, 1, start - i, outputs)
            for length, start, i, outputs in zip(
                array.shape[-ndim:], starts, index, y.shape[-ndim:], strict=True
            )
        ]
        if not any(part.is_empty for part in parts):
            element = few[last_axes(index)]
            factor = element.reshape(element.shape + (1,) * ndim)
            read = array[last_axes(slice(*part.x) for part in parts)]
            y[last_axes(slice(*part.outputs) for part in parts)] += factor * read


def last_axes(indices: Iterable[Any]) -> Any:
    """Return the index of the last axes."""
    return (..., *indices)


def turned_round(kernel: Array, ndim: int) -> Array:
    """Return a view of an array with its last axes in the opposite order."""
    view: Array = kernel[last_axes([slice(None, None, -1)] * ndim)]
    return view
