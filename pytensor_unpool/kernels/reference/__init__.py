"""Every kernel in NumPy: short, obviously right, and what the others are tested against.

PyTensor runs these where it runs Python (mode ``FAST_COMPILE``). They hold all taps of all
windows at once, so they need as much memory as the windows have taps.

`axes` is what `geometry.Windows.axes` returns; pooled axes are the last ``len(axes)``.
"""

from pytensor_unpool.kernels.reference.max_pool import max_pool
from pytensor_unpool.kernels.reference.max_pool_taps import tap_gather, tap_unpool
from pytensor_unpool.kernels.reference.max_pool_tied import tied_gather, tied_unpool
from pytensor_unpool.kernels.reference.max_unpool import max_gather, max_unpool
from pytensor_unpool.kernels.reference.pool import pool, pool_input_grad
from pytensor_unpool.kernels.reference.runtime_broadcast import runtime_broadcast

__all__ = [
    "max_gather",
    "max_pool",
    "max_unpool",
    "pool",
    "pool_input_grad",
    "runtime_broadcast",
    "tap_gather",
    "tap_unpool",
    "tied_gather",
    "tied_unpool",
]
