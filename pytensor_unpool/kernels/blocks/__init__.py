"""Every kernel as operations on whole arrays, for backends that compile these.

JAX, PyTorch and MLX trace Python once for given shapes, fuse what it does to arrays, and take
derivatives of that. So nothing here goes over elements. Windows are strided slices, one axis after
the other, see `slices`; and the way back is blocks, see `filling`.

`xp` is what the backends differ in, one of the modules `kernels.jax`, `kernels.torch` and
`kernels.mlx`. `rows` is what `geometry.Windows.rows` returns.
"""

from pytensor_unpool.kernels.blocks.conv import conv, conv_input_grad, conv_kernel_grad
from pytensor_unpool.kernels.blocks.helix import helix
from pytensor_unpool.kernels.blocks.interpolation import interpolate, interpolate_input_grad
from pytensor_unpool.kernels.blocks.neighbours import rows_to_windows, windows_to_rows
from pytensor_unpool.kernels.blocks.pool import max_pool, max_values, pool, pool_input_grad
from pytensor_unpool.kernels.blocks.taps import tap_gather, tap_unpool, tied_gather, tied_unpool
from pytensor_unpool.kernels.blocks.unpool import max_gather, max_unpool, window_unpool

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
