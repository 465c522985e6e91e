"""Reference results by loops that are slow but easy to read, independent of the package.

A module has the name of the module of `kernels/reference` that is held to it. The functions of the
pooling families can be used from here; `conv`, `helix` and `cuda_convnet` are modules of their own.
"""

from tests.support.oracle.max_pool import max_pool
from tests.support.oracle.max_pool_taps import places_of_taps
from tests.support.oracle.max_pool_tied import tied_gather, tied_unpool
from tests.support.oracle.max_unpool import max_gather, max_unpool
from tests.support.oracle.neighbours import rows_to_windows, windows_to_rows
from tests.support.oracle.pool import pool, pool_input_grad
from tests.support.oracle.windows import elements_of_axis, pooled_shape, starts, windows_of

__all__ = [
    "elements_of_axis",
    "max_gather",
    "max_pool",
    "max_unpool",
    "places_of_taps",
    "pool",
    "pool_input_grad",
    "pooled_shape",
    "rows_to_windows",
    "starts",
    "tied_gather",
    "tied_unpool",
    "windows_of",
    "windows_to_rows",
]
