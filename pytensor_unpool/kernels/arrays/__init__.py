"""Every kernel as operations on whole arrays, for backends that compile these.

JAX, PyTorch and MLX trace Python once for given shapes, fuse what it does to arrays, and take
derivatives of that. So nothing here goes over elements. Windows are strided slices, one axis after
the other, see `slices`; and the way back is blocks, see `filling`.

`xp` is what the backends differ in, one of the modules `kernels.jax`, `kernels.torch` and
`kernels.mlx`. `rows` is what `geometry.Windows.rows` returns.
"""

from pytensor_unpool.kernels.arrays.conv import conv, conv_input_grad, conv_kernel_grad
from pytensor_unpool.kernels.arrays.helix import helix
from pytensor_unpool.kernels.arrays.max_pool import max_pool, max_values
from pytensor_unpool.kernels.arrays.max_pool_taps import (
    tap_gather,
    tap_unpool,
)
from pytensor_unpool.kernels.arrays.max_pool_tied import tied_gather, tied_unpool
from pytensor_unpool.kernels.arrays.max_unpool import max_gather, max_unpool, window_unpool
from pytensor_unpool.kernels.arrays.neighbours import rows_to_windows, windows_to_rows
from pytensor_unpool.kernels.arrays.pool import pool, pool_input_grad
from pytensor_unpool.kernels.arrays.upsampling import interpolate, interpolate_input_grad

__all__ = [
    "conv",
    "conv_input_grad",
    "conv_kernel_grad",
    "helix",
    "interpolate",
    "interpolate_input_grad",
    "max_gather",
    "max_pool",
    "max_unpool",
    "max_values",
    "pool",
    "pool_input_grad",
    "rows_to_windows",
    "tap_gather",
    "tap_unpool",
    "tied_gather",
    "tied_unpool",
    "window_unpool",
    "windows_to_rows",
]
