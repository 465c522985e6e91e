"""Rewrites that PyTensor applies when it compiles. All have the tag ``pytensor_unpool``."""

from pytensor_unpool.rewrites import (
    blockwise,
    flat,
    indexing,
    loop,
    max_pool,
    near_misses,
    shared_memory,
    strided,
    windows,
)

__all__ = [
    "blockwise",
    "flat",
    "indexing",
    "loop",
    "max_pool",
    "near_misses",
    "shared_memory",
    "strided",
    "windows",
]
