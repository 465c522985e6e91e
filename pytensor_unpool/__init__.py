"""Pooling and un-pooling on PyTensor, and the way there from old Theano."""

import sys

# Importing `dispatch` and `rewrites` is what registers them with PyTensor.
from pytensor_unpool import dispatch, rewrites  # noqa: F401
from pytensor_unpool.compat.importing import install, installed, uninstall
from pytensor_unpool.functions import symbolic
from pytensor_unpool.functions.adaptive import adaptive_pool, global_pool
from pytensor_unpool.functions.conv import conv, conv_input_grad, conv_kernel_grad
from pytensor_unpool.functions.helix import helix_convolve
from pytensor_unpool.functions.max_pool import max_pool
from pytensor_unpool.functions.max_unpool import max_unpool
from pytensor_unpool.functions.neighbours import rows_to_windows, windows_to_rows
from pytensor_unpool.functions.pool import pool
from pytensor_unpool.functions.upsampling import upsample_dilate, upsample_linear, upsample_nearest
from pytensor_unpool.rewrites.explain import explain

# `symbolic` is public by this place, wherever its file is.
sys.modules[f"{__name__}.symbolic"] = symbolic

__version__ = "0.1.0"

__all__ = [
    "adaptive_pool",
    "conv",
    "conv_input_grad",
    "conv_kernel_grad",
    "explain",
    "global_pool",
    "helix_convolve",
    "install",
    "installed",
    "max_pool",
    "max_unpool",
    "pool",
    "rows_to_windows",
    "symbolic",
    "uninstall",
    "upsample_dilate",
    "upsample_linear",
    "upsample_nearest",
    "windows_to_rows",
]
