"""Numba kernels for PyTensor's default mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache
from pytensor import config
from pytensor.graph.basic import Apply
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
from pytensor.link.numba.dispatch.basic import register_funcify_and_cache_key

from pytensor_unpool.kernels.numba.by_address import FUNCTIONS, kernel_by_address
from pytensor_unpool.kernels.numba.conv.forward import conv
from pytensor_unpool.kernels.numba.conv.input_grad import conv_input_grad
from pytensor_unpool.kernels.numba.conv.kernel_grad import conv_kernel_grad
from pytensor_unpool.kernels.numba.helix import helix
from pytensor_unpool.kernels.numba.max_pool import max_pool
from pytensor_unpool.kernels.numba.max_pool_taps import tap_gather, tap_unpool
from pytensor_unpool.kernels.numba.max_pool_tied import tied_gather, tied_unpool
from pytensor_unpool.kernels.numba.max_unpool import max_gather, max_unpool
from pytensor_unpool.kernels.numba.neighbours import rows_to_windows, windows_to_rows
from pytensor_unpool.kernels.numba.pool import pool, pool_input_grad
from pytensor_unpool.kernels.numba.runtime_broadcast import runtime_broadcast
from pytensor_unpool.kernels.numba.source import source_hash
from pytensor_unpool.kernels.numba.upsampling import interpolate, interpolate_input_grad
from pytensor_unpool.ops import (
    Conv,
    ConvInputGrad,
    ConvKernelGrad,
    HelixConvolve,
    HelixWindow,
    Interpolate,
    InterpolateInputGrad,
    MaxGather,
    MaxPool,
    MaxUnpool,
    Pool,
    PoolInputGrad,
    RowsToWindows,
    RuntimeBroadcast,
    TapGather,
    TapUnpool,
    TiedGather,
    TiedUnpool,
    WindowsToRows,
    WindowUnpool,
)

# PyTensor keeps compiled functions on disk under the key that it gets here, and does not look at
# the source of what they were compiled from.
SOURCE = source_hash(Path(__file__))

# What makes the kernel of an Op, and what of: the rest of the Op is no part of its key.
KERNELS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    Conv: lambda op: (conv, op.convolution),
    ConvInputGrad: lambda op: (conv_input_grad, op.convolution),
    ConvKernelGrad: lambda op: (conv_kernel_grad, op.convolution),
    HelixConvolve: lambda op: (helix, op.ndim, op.mode, op.method),
    HelixWindow: lambda op: (helix, op.ndim, "window", op.method, op.turned),
    Interpolate: lambda op: (interpolate, op.axis, op.p, op.q),
    InterpolateInputGrad: lambda op: (interpolate_input_grad, op.axis, op.p, op.q),
    MaxPool: lambda op: (max_pool, op.windows, op.output, op.dtype),
    MaxUnpool: lambda op: (max_unpool, op.ndim, op.duplicates, op.wraps),
    MaxGather: lambda op: (max_gather, op.ndim, op.duplicates, op.wraps),
    Pool: lambda op: (pool, op.windows, op.mode),
    PoolInputGrad: lambda op: (pool_input_grad, op.windows, op.mode),
    RuntimeBroadcast: lambda op: (runtime_broadcast, op.axes),
    TapGather: lambda op: (tap_gather, op.windows),
    TapUnpool: lambda op: (tap_unpool, op.windows),
    TiedUnpool: lambda op: (tied_unpool, op.windows),
    TiedGather: lambda op: (tied_gather, op.windows),
    WindowUnpool: lambda op: (max_unpool, op.ndim, op.duplicates, op.wraps),
    WindowsToRows: lambda op: (windows_to_rows, op.windows, op.border),
    RowsToWindows: lambda op: (rows_to_windows, op.windows, op.border),
}


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Machine code on disk, beside PyTensor's and found by the same kind of key."""

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        # Numba would add a hash of everything in a kernel, which the key already represents.
        return sig, codegen.magic_tuple()


def keep_on_disk(function: Any, key: str) -> None:
    """Cache the compiled versions of a function on disk, for later processes."""
    if config.numba__cache:
        CACHED_SRC_FUNCTIONS[function.py_func] = key
        function._cache = KernelCache(function.py_func)


@cache
def _linked(make: Callable[..., Any], *arguments: Any) -> tuple[Callable[..., Any], str]:
    key = sha256(f"{SOURCE} {make.__name__} {arguments}".encode()).hexdigest()
    name = f"{make.__name__}_{key}"
    call = kernel_by_address(make(*arguments), name)
    keep_on_disk(FUNCTIONS[name].function, key)
    return call, key


def _funcify(op: Any, node: Apply | None = None, **_: Any) -> tuple[Callable[..., Any], str]:
    return _linked(*KERNELS[type(op)](op))


# Functions compiled apart from the kernels that call them are cached beside these.
for name, entry in FUNCTIONS.items():
    keep_on_disk(entry.function, f"pytensor_unpool_{name}_{SOURCE}")

for op_type in KERNELS:
    register_funcify_and_cache_key(op_type)(_funcify)
