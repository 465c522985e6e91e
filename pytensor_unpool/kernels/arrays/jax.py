"""What `kernels.arrays` needs of JAX, and convolution. Importing this imports JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Array = Any

where, moveaxis, broadcast_to, all_of = jnp.where, jnp.moveaxis, jnp.broadcast_to, jnp.all

# Whether `scatter_add` takes no longer than a look at where its positions lie.
ADDS_QUICKLY = False


def name_of(x: Array) -> str:
    """Return the name of an array's dtype."""
    return str(x.dtype)


def constant(array: np.ndarray[Any, Any], dtype: str) -> Array:
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


def integers(x: Array) -> list[int]:
    """Return integers that are known when a function is traced."""
    try:
        return [int(n) for n in np.asarray(x).reshape(-1)]
    except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
        raise NotImplementedError(
            "JAX has to know lengths and windows when it compiles, and these are computed from "
            "data: got a traced array. Make them constants, lengths of other arrays (`x.shape`), "
            "or scalar integer inputs of the function that serve nothing else."
        ) from error


def max_of(x: Array) -> Array:
    """Return the maximum over the last axis, NaN if there is one."""
    return x.max(-1)


def min_of(x: Array) -> Array:
    """Return the minimum over the last axis."""
    return x.min(-1)


def sum_of(x: Array) -> Array:
    """Return the sum over the last axis, in the dtype of the array."""
    return x.sum(-1, dtype=x.dtype)


def divide(x: Array, divisors: np.ndarray[Any, Any]) -> Array:
    """Divide by whole numbers; quotients of integers are cut towards zero."""
    divisors = np.broadcast_to(divisors, x.shape).astype(x.dtype)
    return lax.div(x, jnp.asarray(divisors))


def quotient(x: Array, divisor: int) -> Array:
    """Divide integers that are not negative."""
    return lax.div(x, jnp.asarray(divisor, x.dtype))


def pad(x: Array, axis: int, before: int, after: int, fill: Any) -> Array:
    """Write elements in front of an axis and behind it."""
    pads = [(0, 0, 0)] * x.ndim
    pads[axis] = (before, after, 0)
    return lax.pad(x, jnp.asarray(fill, x.dtype), pads)


def take(x: Array, axis: int, index: np.ndarray[Any, Any]) -> Array:
    """Return elements at static places of an axis, with the axes of `index` in its place."""
    return jnp.take(x, index, axis)


def take_along(x: Array, index: Array) -> Array:
    """Return elements at places of the last axis, one for each of `index`."""
    return jnp.take_along_axis(x, index, -1)


def scatter_add(values: Array, index: Array, size: int) -> Array:
    """Return matrices' rows of `size` with every value added at its place."""

    def add(values: Array, index: Array) -> Array:
        places = jnp.zeros(size, values.dtype).at[index]
        return places.max(values) if values.dtype == bool else places.add(values)

    return jax.vmap(add)(values, index)


def scatter_last(index: Array, size: int) -> Array:
    """Return for each place the number of the last entry with it, or -1."""
    order = np.arange(index.shape[1])
    return jax.vmap(lambda i: jnp.full(size, -1, index.dtype).at[i].max(order))(index)


def cond(
    condition: Array, one: Callable[..., Array], other: Callable[..., Array], *arguments: Array
) -> Array:
    """Return what one function makes of the arguments where a condition holds, else the other."""
    return lax.cond(condition, one, other, *arguments)


def max_pool(x: Array, rows: Sequence[Sequence[int]], with_positions: bool) -> list[Array] | None:
    """Return None: there is no function for the maximum of every window that would be faster."""
    return None


def block_unpool(
    values: Array, positions: Array, shape: Sequence[int], steps: Sequence[int]
) -> Array | None:
    """Return None: there is no function for un-pooling."""
    return None


def apart(function: Callable[..., Array], *arrays: Array) -> Array:
    """Call a function on arrays that are computed once, however often it reads them.

    On a CPU, XLA computes what a loop reads anew for each reader, and drops barriers. It stops at a
    branch, so there is one, and a barrier hides until then that it always goes the same way.
    """
    arrays = lax.optimization_barrier(arrays)
    if jax.default_backend() != "cpu":
        return function(*arrays)
    return lax.cond(lax.optimization_barrier(np.bool_(True)), function, function, *arrays)


def conv(x: Array, kernel: Array, rows: Sequence[Sequence[int]], groups: int, flip: bool) -> Array:
    """Return the convolution of images with a kernel; without `flip`, the correlation."""
    x, kernel = _of_one_dtype(x, kernel)
    spatial = range(2, x.ndim)
    strides, before, after, dilation = zip(*rows, strict=True)
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
    rows: Sequence[Sequence[int]],
    groups: int,
    flip: bool,
) -> Array:
    """Return the transpose of `conv` as a map of images of `shape`, applied to `dy`."""
    kernel, dy = _of_one_dtype(kernel, dy)
    images = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
    (dx,) = jax.linear_transpose(lambda x: conv(x, kernel, rows, groups, flip), images)(dy)
    return dx


def conv_kernel_grad(
    x: Array,
    dy: Array,
    shape: Sequence[int],
    rows: Sequence[Sequence[int]],
    groups: int,
    flip: bool,
) -> Array:
    """Return the transpose of `conv` as a map of kernels of `shape`, applied to `dy`."""
    x, dy = _of_one_dtype(x, dy)
    kernels = jax.ShapeDtypeStruct(tuple(shape), x.dtype)
    (dk,) = jax.linear_transpose(lambda kernel: conv(x, kernel, rows, groups, flip), kernels)(dy)
    return dk


def _of_one_dtype(x: Array, y: Array) -> tuple[Array, Array]:
    """Return both arrays in the wider dtype.

    PyTensor's sums of float32 on JAX are float64, where JAX has it, other than their type says.
    """
    dtype = jnp.promote_types(x.dtype, y.dtype)
    return x.astype(dtype), y.astype(dtype)


# Sums of more terms are loops in the compiled program.
MOST_TERMS = 32

rfft, irfft, fft, ifft = jnp.fft.rfft, jnp.fft.irfft, jnp.fft.fft, jnp.fft.ifft


def turned(x: Array, ndim: int) -> Array:
    """Return the last axes of an array in the opposite order."""
    return jnp.flip(x, tuple(range(x.ndim - ndim, x.ndim)))


def slice_at(x: Array, begins: np.ndarray[Any, Any], i: Any, lengths: Sequence[int]) -> Array:
    """Return so many elements of the last axes, from row number `i` of `begins` on."""
    leading = x.ndim - len(lengths)
    begin = [0] * leading + list(jnp.asarray(begins)[i])
    return lax.dynamic_slice(x, begin, (*x.shape[:leading], *lengths))


def sum_over(number: int, term: Callable[[Any], Array]) -> Array:
    """Return the sum of ``term(i)`` for ``0 <= i < number``."""
    if number <= MOST_TERMS:
        return sum((term(i) for i in range(1, number)), term(0))
    return lax.fori_loop(1, number, lambda i, total: total + term(i), term(0))


def stack_over(number: int, term: Callable[[Any], Array]) -> Array:
    """Return the array of ``term(i)`` for ``0 <= i < number``, along a new last axis."""
    if number <= MOST_TERMS:
        return jnp.stack([term(i) for i in range(number)], -1)
    return jnp.moveaxis(lax.map(term, jnp.arange(number)), 0, -1)
