"""Rewrites that PyTensor applies when it compiles. All have the tag ``pytensor_unpool``."""

from pytensor_unpool.rewrites import (
    flat,
    indexing,
    loop,
    near,
    pool,
    shared_memory,
    strided,
    windows,
)

__all__ = ["flat", "indexing", "loop", "near", "pool", "shared_memory", "strided", "windows"]
