"""The primitives of `kernels.arrays` in JAX. Importing this imports jax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pytensor_unpool.kernels.arrays.protocol import Array, Axes, ConvAxes, Known

SCATTER_ADD_IS_FAST = False


def dtype_name(x: Array) -> str:
    """Return the name of an array's dtype."""
    return str(x.dtype)


def constant(array: Known, dtype: str) -> Array:
    """Return an array of NumPy as one of the backend, in that dtype."""
    return jnp.asarray(array.astype(_allowed(dtype)))


def zero(like: Array) -> Array:
    """Return a zero of the dtype of an array."""
    return np.zeros((), like.dtype)


def zeros(shape: Sequence[int], like: Array) -> Array:
    """Return zeros of the dtype of an array."""
    return jnp.zeros(shape, like.dtype)


def astype(x: Array, dtype: str) -> Array:
    """Convert to the dtype of that name."""
    return x.astype(_allowed(dtype))


def _allowed(dtype: str) -> Any:
    """Return the dtype, or that of 32 bits where JAX has no other (``jax_enable_x64``)."""
    return jax.dtypes.canonicalize_dtype(dtype)


def concrete_integers(x: Array) -> list[int]:
    """Return integers that are known when a function is traced."""
    try:
        return [int(n) for n in np.asarray(x).reshape(-1)]
    except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
        raise NotImplementedError(
            "JAX has to know lengths and windows when it compiles, and these are computed from "
            "data: got a traced array. Make them constants, lengths of other arrays (`x.shape`), "
            "or scalar integer inputs of the function that are used for nothing else."
        ) from error


def where(condition: Array, x: Array, y: Array) -> Array:
    """Return `x` where a condition holds, `y` elsewhere."""
    return jnp.where(condition, x, y)


def broadcast_to(x: Array, shape: Sequence[int]) -> Array:
    """Return an array repeated along axes of length 1, and along new ones."""
    return jnp.broadcast_to(x, shape)


def moveaxis(x: Array, source: int, destination: int) -> Array:
    """Return an array with one axis in another place."""
    return jnp.moveaxis(x, source, destination)


def flip_last(x: Array, ndim: int) -> Array:
    """Return the last axes of an array in the opposite order."""
    return jnp.flip(x, tuple(range(x.ndim - ndim, x.ndim)))


def reduce_max(x: Array) -> Array:
    """Return the maximum over the last axis, NaN if there is one."""
    return x.max(-1)


def reduce_min(x: Array) -> Array:
    """Return the minimum over the last axis."""
    return x.min(-1)


def reduce_sum(x: Array) -> Array:
    """Return the sum over the last axis, in the dtype of the array."""
    return x.sum(-1, dtype=x.dtype)


def reduce_all(x: Array) -> Array:
    """Return whether all elements hold."""
    return jnp.all(x)


def divide(x: Array, divisors: Known) -> Array:
    """Divide by positive integers; quotients of integers are truncated towards zero."""
    divisors = np.broadcast_to(divisors, x.shape).astype(x.dtype)
    return lax.div(x, jnp.asarray(divisors))


def floor_divide(x: Array, divisor: int) -> Array:
    """Divide integers that are not negative."""
    return lax.div(x, jnp.asarray(divisor, x.dtype))


def pad(x: Array, axis: int, before: int, after: int, fill: Any) -> Array:
    """Return an array with elements `fill` on either side of an axis."""
    pads = [(0, 0, 0)] * x.ndim
    pads[axis] = (before, after, 0)
    return lax.pad(x, jnp.asarray(fill, x.dtype), pads)


def take(x: Array, axis: int, index: Known) -> Array:
    """Return elements at known places of an axis, with the axes of `index` in its place."""
    return jnp.take(x, index, axis)


def take_along_last(x: Array, index: Array) -> Array:
    """Return elements at places of the last axis, one for each of `index`."""
    return jnp.take_along_axis(x, index, -1)


def scatter_add(values: Array, index: Array, size: int) -> Array:
    """Return ``(n, size)`` zeros with every value added in its column."""

    def add(values: Array, index: Array) -> Array:
        places = jnp.zeros(size, values.dtype).at[index]
        return places.max(values) if values.dtype == bool else places.add(values)

    return jax.vmap(add)(values, index)


def scatter_last(index: Array, size: int) -> Array:
    """Return, for each column, which entry is the last one with it, or -1."""
    order = np.arange(index.shape[1])
    return jax.vmap(lambda i: jnp.full(size, -1, index.dtype).at[i].max(order))(index)


def cond(
    condition: Array, if_true: Callable[..., Any], if_false: Callable[..., Any], *arguments: Array
) -> Array:
    """Return the result of one function if a condition holds, else that of the other."""
    return lax.cond(condition, if_true, if_false, *arguments)


def max_pool(x: Array, axes: Axes, with_positions: bool) -> list[Array] | None:
    """Return None: no function for the maximum of every window would be faster."""
    return None


def max_unpool_tiles(
    values: Array, positions: Array, shape: Sequence[int], tile: Sequence[int]
) -> Array | None:
    """Return None: there is no function for un-pooling."""
    return None


def call_behind_barrier(function: Callable[..., Array], *arrays: Array) -> Array:
    """Call a function on arrays that are computed once, however often it reads them.

    On a CPU, XLA recomputes what a loop reads for each reader, and drops barriers. A branch stops
    it, so there is one, and a barrier hides until then that it is always the same one.
    """
    arrays = lax.optimization_barrier(arrays)
    if jax.default_backend() != "cpu":
        return function(*arrays)
    return lax.cond(lax.optimization_barrier(np.bool_(True)), function, function, *arrays)


def conv(x: Array, kernel: Array, axes: ConvAxes, groups: int, flip: bool) -> Array:
    """Return the convolution of images with a kernel; without `flip`, the correlation."""
    x, kernel = _promote(x, kernel)
    spatial = range(2, x.ndim)
    strides, before, after, dilation = zip(*axes, strict=True)
    return lax.conv_general_dilated(
        x,
        jnp.flip(kernel, spatial) if flip else kernel,
        window_strides=strides,
        padding=tuple(zip(before, after, strict=True)),
        rhs_dilation=dilation,
        feature_group_count=groups,
        precision=lax.Precision.HIGHEST,
    )


def conv_input_grad(
    kernel: Array,
    dy: Array,
    shape: Sequence[int],
    axes: ConvAxes,
    groups: int,
    flip: bool,
) -> Array:
    """Return the transpose of `conv` as a map of images of `shape`, applied to `dy`."""
    kernel, dy = _promote(kernel, dy)
    images = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
    (dx,) = jax.linear_transpose(lambda x: conv(x, kernel, axes, groups, flip), images)(dy)
    return dx


def conv_kernel_grad(
    x: Array,
    dy: Array,
    shape: Sequence[int],
    axes: ConvAxes,
    groups: int,
    flip: bool,
) -> Array:
    """Return the transpose of `conv` as a map of kernels of `shape`, applied to `dy`."""
    x, dy = _promote(x, dy)
    kernels = jax.ShapeDtypeStruct(tuple(shape), x.dtype)
    (dk,) = jax.linear_transpose(lambda kernel: conv(x, kernel, axes, groups, flip), kernels)(dy)
    return dk


def _promote(x: Array, y: Array) -> tuple[Array, Array]:
    """Return both arrays in the wider dtype.

    PyTensor's sums of float32 on JAX are float64, where JAX has it, contrary to their type.
    """
    dtype = jnp.promote_types(x.dtype, y.dtype)
    return x.astype(dtype), y.astype(dtype)


# Sums of more terms are loops in the compiled program.
_MOST_TERMS = 32


def dynamic_slice(x: Array, starts: Known, i: Any, sizes: Sequence[int]) -> Array:
    """Return `sizes` elements of the last axes, from ``starts[i]`` on."""
    leading = x.ndim - len(sizes)
    start = [0] * leading + list(jnp.asarray(starts)[i])
    return lax.dynamic_slice(x, start, (*x.shape[:leading], *sizes))


def loop_sum(count: int, term: Callable[[Any], Array]) -> Array:
    """Return the sum of ``term(i)`` for ``0 <= i < count``."""
    if count <= _MOST_TERMS:
        return sum((term(i) for i in range(1, count)), term(0))
    return lax.fori_loop(1, count, lambda i, total: total + term(i), term(0))


def loop_stack(count: int, term: Callable[[Any], Array]) -> Array:
    """Return the array of ``term(i)`` for ``0 <= i < count``, along a new last axis."""
    if count <= _MOST_TERMS:
        return jnp.stack([term(i) for i in range(count)], -1)
    return jnp.moveaxis(lax.map(term, jnp.arange(count)), 0, -1)


def rfft(x: Array, n: int, axis: int) -> Array:
    """Return the Fourier transform of a real array."""
    return jnp.fft.rfft(x, n, axis)


def irfft(x: Array, n: int, axis: int) -> Array:
    """Return the real array that has this transform."""
    return jnp.fft.irfft(x, n, axis)


def fft(x: Array, n: int, axis: int) -> Array:
    """Return the Fourier transform of a complex array."""
    return jnp.fft.fft(x, n, axis)


def ifft(x: Array, n: int, axis: int) -> Array:
    """Return the complex array that has this transform."""
    return jnp.fft.ifft(x, n, axis)
