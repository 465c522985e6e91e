"""The primitives that a backend must provide: what `xp` is in the kernels.

A backend is a module with exactly these functions, under these names and with these parameters.
`jax.py` is a good one to read beside this file; `tests/support/numpy_backend.py` is the shortest.

An `Array` is whatever the backend computes with. Besides the primitives, kernels use what arrays of
every backend have: ``shape``, ``reshape``, ``sum(axis, keepdims=...)``, arithmetic, comparisons,
``~ & |``, and indexing with ints, slices, None, ``...`` and one integer array. A `Known` array is
one of NumPy that does not depend on data, so it is a constant of the compiled program.

Axes are negative: they are counted from the last. A dtype is given by its NumPy name. Axes may be
empty unless a primitive says otherwise. If the backend can trace, differentiate or batch a
function, it must be able to do so with every primitive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from pytensor_unpool.geometry.conv import Steps
from pytensor_unpool.geometry.windows import AxisWindows

Array = Any
Known = np.ndarray[Any, Any]
Axes = Sequence[AxisWindows]
ConvAxes = Sequence[Steps]


class Primitives(Protocol):
    """The operations on whole arrays in which backends differ."""

    SCATTER_ADD_IS_FAST: bool
    """Whether `scatter_add` takes no longer than looking where all positions lie."""

    # Arrays and their dtypes.

    def dtype_name(self, x: Array) -> str:
        """Return NumPy's name of the dtype of `x`, such as "float32" or "bool"."""

    def constant(self, array: Known, dtype: str) -> Array:
        """Return `array` in that dtype; in the next narrower one if the backend has no such."""

    def zero(self, like: Array) -> Array:
        """Return a zero without axes, of the dtype of `like`."""

    def zeros(self, shape: Sequence[int], like: Array) -> Array:
        """Return zeros of that shape, of the dtype of `like`."""

    def astype(self, x: Array, dtype: str) -> Array:
        """Return `x` in that dtype; in the next narrower one if the backend has no such."""

    def concrete_integers(self, x: Array) -> list[int]:
        """Return the elements as ints; refuse a traced array with a `NotImplementedError`."""

    # Elements, shapes and reductions.

    def where(self, condition: Array, x: Array, y: Array) -> Array:
        """Return `x` where `condition` holds and `y` elsewhere, broadcast; they have one dtype."""

    def broadcast_to(self, x: Array, shape: Sequence[int]) -> Array:
        """Return `x` repeated along its axes of length 1, and along new ones before the first."""

    def moveaxis(self, x: Array, source: int, destination: int) -> Array:
        """Return `x` with one axis in another place; the others keep their order."""

    def flip_last(self, x: Array, ndim: int) -> Array:
        """Return `x` with each of its last `ndim` axes in the opposite order."""

    def reduce_max(self, x: Array) -> Array:
        """Return the maximum over the last axis, which is not empty; NaN if it holds one."""

    def reduce_min(self, x: Array) -> Array:
        """Return the minimum over the last axis, which is not empty; `x` holds integers."""

    def reduce_sum(self, x: Array) -> Array:
        """Return the sum over the last axis, in the dtype of `x` however narrow that is."""

    def reduce_all(self, x: Array) -> Array:
        """Return, without axes, whether all elements of a boolean array hold."""

    def divide(self, x: Array, divisors: Known) -> Array:
        """Return `x` divided by positive ints that broadcast to it; truncate ints towards zero."""

    def floor_divide(self, x: Array, divisor: int) -> Array:
        """Return integers divided by a positive int; quotients of negative ones are not used."""

    # Places: padding, slicing, gathering and scattering.

    def pad(self, x: Array, axis: int, before: int, after: int, fill: Any) -> Array:
        """Return `x` with elements `fill`, a Python number, added on either side of an axis."""

    def dynamic_slice(self, x: Array, starts: Known, i: Any, sizes: Sequence[int]) -> Array:
        """Return `sizes` elements of the last axes, from ``starts[i]`` on; `i` may be traced."""

    def take(self, x: Array, axis: int, index: Known) -> Array:
        """Return the elements at known places of an axis, which the axes of `index` replace."""

    def take_along_last(self, x: Array, index: Array) -> Array:
        """Return elements of the last axis at integers `index`; all other axes are the same."""

    def scatter_add(self, values: Array, index: Array, size: int) -> Array:
        """Return zeros ``(n, size)`` with values ``(n, m)`` added in columns `index` ``(n, m)``.

        Several values may meet in one column; of bools it is their "or".
        """

    def scatter_last(self, index: Array, size: int) -> Array:
        """Return, ``(n, size)``, the last ``j`` with ``index[i, j] == column``, or -1."""

    # Control flow.

    def cond(
        self,
        condition: Array,
        if_true: Callable[..., Any],
        if_false: Callable[..., Any],
        *arguments: Array,
    ) -> Any:
        """Return one function of the arguments or the other; `if_false` is right in either case.

        A backend without branches may call `if_false` always.
        """

    def loop_sum(self, count: int, term: Callable[[Any], Array]) -> Array:
        """Return the sum of ``term(i)`` for ``0 <= i < count``; `count` >= 1, `i` may be traced."""

    def loop_stack(self, count: int, term: Callable[[Any], Array]) -> Array:
        """Return all ``term(i)`` along a new last axis; `count` >= 1, `i` may be traced."""

    def call_behind_barrier(self, function: Callable[..., Array], *arrays: Array) -> Array:
        """Return ``function(*arrays)``, with no array recomputed for each of its readers."""

    # Shortcuts: None stands for "use the other primitives".

    def max_pool(self, x: Array, axes: Axes, with_positions: bool) -> list[Array] | None:
        """Return maxima, and positions if asked for, by a function of the backend; or None.

        There are no partial windows. Of several NaN in a window, any may be the position.
        """

    def max_unpool_tiles(
        self, values: Array, positions: Array, shape: Sequence[int], tile: Sequence[int]
    ) -> Array | None:
        """Return zeros with values at their positions, by a function of the backend; or None.

        The windows are tiles side by side, and each position is in the tile of its own window.
        """

    # Convolution, of x: (batch, channels, *spatial). No array is empty.

    def conv(self, x: Array, kernel: Array, axes: ConvAxes, groups: int, flip: bool) -> Array:
        """Return the convolution of images with a kernel; without `flip`, the correlation."""

    def conv_input_grad(
        self,
        kernel: Array,
        dy: Array,
        shape: Sequence[int],
        axes: ConvAxes,
        groups: int,
        flip: bool,
    ) -> Array:
        """Return the transpose of `conv` as a map of images of `shape`, applied to `dy`."""

    def conv_kernel_grad(
        self,
        x: Array,
        dy: Array,
        shape: Sequence[int],
        axes: ConvAxes,
        groups: int,
        flip: bool,
    ) -> Array:
        """Return the transpose of `conv` as a map of kernels of `shape`, applied to `dy`."""

    # Fourier transforms along an axis, which is cropped or padded with zeros to length `n`.

    def rfft(self, x: Array, n: int, axis: int) -> Array:
        """Return the ``n // 2 + 1`` coefficients of a real array that are not redundant."""

    def irfft(self, x: Array, n: int, axis: int) -> Array:
        """Return the `n` real elements whose coefficients `rfft` returns."""

    def fft(self, x: Array, n: int, axis: int) -> Array:
        """Return all `n` coefficients."""

    def ifft(self, x: Array, n: int, axis: int) -> Array:
        """Return the `n` complex elements whose coefficients `fft` returns."""
