"""What the kernels of convolution pass to one another, as the structs in kernels/c/conv/.

Records that are stored in arrays are structured dtypes, others are named tuples. They cost nothing:
tables of integers with numbered columns took 7 % longer to compile. All arrays have three spatial
axes here; missing ones have one element.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import from_dtype, types


def _record(*fields: str, vectors: tuple[str, ...] = ()) -> np.dtype[Any]:
    """Return the dtype of a record of integers, and of vectors with one for each spatial axis."""
    numbers: list[Any] = [(name, np.int64) for name in fields]
    return np.dtype([*numbers, *((name, np.int64, (3,)) for name in vectors)], align=True)


# An axis of the convolution: of the image, the kernel and the output.
CONV_AXIS = _record("length", "taps", "outputs", "stride", "before", "dilation")

# An axis of packed images. Where the stride is not 1, neighbouring outputs read elements as far
# apart; packed these are neighbours, in one part for each phase that taps read, of `size` elements
# each. Element j of phase b is the image's at
# start + j * stride + b * dilation % period, or zero. The period is the stride; or longer than the
# kernel, where each tap has a part of its own.
PACKED_AXIS = _record("start", "stride", "dilation", "period", "phases", "size")

# A tap: its index in the kernel, and where it reads packed images: which phase, how far along.
TAP = _record(vectors=("weight", "phase", "shift"))

# What a product of matrices is: sums over channels and some taps, from `first_tap` on, for each
# output channel and each of the `outputs`. These go to elements `steps` apart from `first` on.
CORRELATION = _record("first_tap", "taps", "first", vectors=("outputs", "steps"))

# The elements of an axis of an image that the same taps read: `count` of them from `first` on, and
# the taps first_tap + i * tap_step. Output `begin` reads the first element by a tap at the phase
# itself; the elements are read by outputs from `low` to `high`.
AXIS_PHASE = _record("first_tap", "tap_step", "taps", "first", "count", "begin", "low", "high")


class ConvShape(NamedTuple):
    """What a convolution of arrays is; channels are those of one group."""

    axes: Any
    images: Any
    groups: Any
    channels: Any
    out_channels: Any
    flip: Any


class Packing(NamedTuple):
    """How images are packed: (channel, phase, z, y, image, x), `images` of them together."""

    axes: Any
    images: Any


class GemmLayout(NamedTuple):
    """How the kernel is read, and how far apart in `y` images and output channels are.

    If it is transposed, the kernel's channels are the outputs'.
    """

    groups: Any
    is_transposed: Any
    image_step: Any
    channel_step: Any


def array_of(record: np.dtype[Any]) -> Any:
    """Return Numba's type of an array of records."""
    return types.Array(from_dtype(record), 1, "C")


def images_of(dtype: Any) -> Any:
    """Return Numba's type of images or of a kernel, see `views.three_axes`."""
    return types.Array(dtype, 5, "A", readonly=True)


CONV_SHAPE = types.NamedTuple((array_of(CONV_AXIS), *[types.int64] * 4, types.boolean), ConvShape)
PACKING = types.NamedTuple((array_of(PACKED_AXIS), types.int64), Packing)
GEMM_LAYOUT = types.NamedTuple((types.int64, types.boolean, types.int64, types.int64), GemmLayout)
