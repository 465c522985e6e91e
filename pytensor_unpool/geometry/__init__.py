"""Integer arithmetic of windows and of the shapes of results.

Nothing here handles arrays. The one-line functions accept Python ints and symbolic integers
alike, and Numba compiles the same functions into its kernels.
"""

from pytensor_unpool.geometry.max_unpool import check_unpooled, plane_size
from pytensor_unpool.geometry.windows import (
    TAPS_DTYPE,
    Windows,
    count_windows,
    holds_windows,
    taps_between,
)

__all__ = [
    "TAPS_DTYPE",
    "Windows",
    "check_unpooled",
    "count_windows",
    "holds_windows",
    "plane_size",
    "taps_between",
]
