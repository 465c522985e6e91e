"""Pooling and un-pooling on PyTensor, and the way there from old Theano."""

# Importing `dispatch` and `rewrites` is what registers them with PyTensor.
from pytensor_unpool import dispatch, rewrites, symbolic  # noqa: F401
from pytensor_unpool.adaptive import adaptive_pool, global_pool
from pytensor_unpool.compat.importing import install, installed, uninstall
from pytensor_unpool.convolution import conv, conv_input_grad, conv_kernel_grad
from pytensor_unpool.explanation import explain
from pytensor_unpool.functional import max_pool, max_unpool, pool
from pytensor_unpool.helix import helix_convolve
from pytensor_unpool.neighbours import rows_to_windows, windows_to_rows
from pytensor_unpool.upsampling import upsample_dilate, upsample_linear, upsample_nearest

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
