"""JAX for `benchmarks.devices`: our functions, and their counterparts in plain JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytensor
from jax import lax

from benchmarks.works import CONV, CONV_GRADIENT, GRADIENT, POOL, UNPOOL, Row

VERSION = jax.__version__
PEERS = {
    UNPOOL: "`.at[].set`",
    POOL: "`lax.reduce_window`, without positions",
    GRADIENT: "the gradient by JAX of `lax.reduce_window`",
    CONV: "`lax.conv_general_dilated`",
    CONV_GRADIENT: "the gradients by JAX of `lax.conv_general_dilated`",
}

put = jnp.asarray
wait = jax.block_until_ready


def device() -> str:
    """Return the name of the default device."""
    return str(jax.devices()[0].device_kind)


def ours(inputs: list[Any], outputs: Any) -> Callable[..., Any]:
    """Compile a graph to a function of arrays on the device."""
    return pytensor.function(inputs, outputs, mode="JAX", trust_input=True)


def copy() -> Callable[..., Any]:
    """Return the function that copies an array."""
    return jax.jit(lambda x: x.copy())


def plain(row: Row) -> Callable[..., Any]:
    """Return the counterpart in plain JAX."""

    def pool(x: Any) -> Any:
        window, pad = (1, 1, row.size, row.size), ((0, 0), (0, 0), *[(row.size - 2,) * 2] * 2)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, (1, 1, 2, 2), pad)

    def conv(x: Any, kernel: Any) -> Any:
        pads = [(row.size // 2,) * 2] * 2
        return lax.conv_general_dilated(x, kernel, (1, 1), pads, precision=lax.Precision.HIGHEST)

    functions: dict[str, Callable[..., Any]] = {
        UNPOOL: _at_set,
        POOL: pool,
        GRADIENT: jax.grad(lambda x: (pool(x) ** 2).sum()),
        CONV: conv,
        CONV_GRADIENT: jax.grad(lambda *arrays: (conv(*arrays) ** 2).sum(), (0, 1)),
    }
    return jax.jit(functions[row.work])


def _at_set(values: Any, positions: Any) -> Any:
    n, c, rows, columns = values.shape
    item = jnp.arange(n)[:, None, None, None], jnp.arange(c)[:, None, None]
    zeros = jnp.zeros((n, c, 4 * rows * columns), values.dtype)
    return zeros.at[*item, positions].set(values).reshape(n, c, 2 * rows, 2 * columns)
