"""Kernels as operations on whole arrays, for backends that compile these: JAX, PyTorch, MLX.

Such a backend traces Python once for given shapes, fuses the operations, and can differentiate
them. So no kernel here loops over elements, and none knows which backend it runs on.

- `protocol` lists the primitives in which backends differ, with a sentence for each. `jax`,
  `torch` and `mlx` provide them. A new backend is one more module like these.
- The files with the name of a family hold its kernels. Their first argument, `xp`, is the module of
  a backend; `axes` is what the method `axes` of `geometry.Windows` or `geometry.conv.Convolution`
  returns.
- `slices` goes from elements to windows: a tap of all windows is a strided slice.
- `fold` goes from windows back to elements: tiles of the output are compared with the entry of each
  window, so that nothing is scattered.

Start with `max_unpool`: it is short and uses most kinds of primitives. Shapes and windows are ints
when a kernel runs. `dispatch/arrays.py` turns an Op and its inputs into a call of one of these
functions, so kernels know no Op and can be tested, differentiated and timed on their own.
"""

from pytensor_unpool.kernels.arrays.conv import conv, conv_input_grad, conv_kernel_grad
from pytensor_unpool.kernels.arrays.helix import helix
from pytensor_unpool.kernels.arrays.max_pool import max_pool, max_values
from pytensor_unpool.kernels.arrays.max_pool_taps import tap_gather, tap_unpool
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
