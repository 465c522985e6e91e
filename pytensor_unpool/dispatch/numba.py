"""Numba kernels for PyTensor's default mode."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from pytensor.graph.basic import Apply
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
from pytensor.link.numba.dispatch.basic import register_funcify_and_cache_key

from pytensor_unpool.kernels.numba.conv_kernel_grad import conv_kernel_grad
from pytensor_unpool.kernels.numba.conv_maps import conv, conv_input_grad
from pytensor_unpool.kernels.numba.helix import helix
from pytensor_unpool.kernels.numba.linked import LINKED
from pytensor_unpool.kernels.numba.neighbours import rows_to_windows, windows_to_rows
from pytensor_unpool.kernels.numba.pool import max_pool
from pytensor_unpool.kernels.numba.stretch import stretch
from pytensor_unpool.kernels.numba.sums import pool, pool_input_grad
from pytensor_unpool.kernels.numba.taps import tap_gather, tap_unpool
from pytensor_unpool.kernels.numba.tied import tied_gather, tied_unpool
from pytensor_unpool.kernels.numba.unpool import max_gather, max_unpool
from pytensor_unpool.ops import (
    Conv,
    ConvInputGrad,
    ConvKernelGrad,
    HelixConvolve,
    HelixWindow,
    MaxGather,
    MaxPool,
    MaxUnpool,
    Pool,
    PoolInputGrad,
    RowsToWindows,
    Stretch,
    TapGather,
    TapUnpool,
    TiedGather,
    TiedUnpool,
    WindowsToRows,
    WindowUnpool,
)

# PyTensor keeps compiled functions on disk, under a key that knows nothing of the kernels' source:
# to be raised with every change of a kernel.
KERNELS_VERSION = 31

KERNELS: dict[type, Callable[[Any], Callable[..., Any]]] = {
    Conv: lambda op: conv(op.convolution),
    ConvInputGrad: lambda op: conv_input_grad(op.convolution),
    ConvKernelGrad: lambda op: conv_kernel_grad(op.convolution),
    HelixConvolve: lambda op: helix(op.ndim, op.mode, op.method),
    HelixWindow: lambda op: helix(op.ndim, "window", op.method, op.turned),
    MaxPool: lambda op: max_pool(op.windows, op.positions_dtype),
    MaxUnpool: lambda op: max_unpool(op.ndim, op.duplicates, op.wraps),
    MaxGather: lambda op: max_gather(op.ndim, op.duplicates, op.wraps),
    Pool: lambda op: pool(op.windows, op.mode),
    PoolInputGrad: lambda op: pool_input_grad(op.windows, op.mode),
    Stretch: lambda op: stretch(op.axes),
    TapGather: lambda op: tap_gather(op.windows),
    TapUnpool: lambda op: tap_unpool(op.windows),
    TiedUnpool: lambda op: tied_unpool(op.windows),
    TiedGather: lambda op: tied_gather(op.windows),
    WindowUnpool: lambda op: max_unpool(op.ndim, op.duplicates, op.wraps),
    WindowsToRows: lambda op: windows_to_rows(op.windows, op.border),
    RowsToWindows: lambda op: rows_to_windows(op.windows, op.border),
}


def _funcify(op: Any, node: Apply | None = None, **_: Any) -> tuple[Callable[..., Any], str]:
    props = sorted(op._props_dict().items())
    key = sha256(f"{KERNELS_VERSION} {type(op)} {props}".encode()).hexdigest()
    return KERNELS[type(op)](op), key


for op_type in KERNELS:
    register_funcify_and_cache_key(op_type)(_funcify)

# What is compiled apart from the functions that call it is kept beside them.
for name, function in LINKED.items():
    CACHED_SRC_FUNCTIONS[function.py_func] = f"pytensor_unpool_{name}_{KERNELS_VERSION}"
    function.enable_caching()
