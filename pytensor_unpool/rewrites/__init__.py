"""Rewrites that PyTensor applies when it compiles. All have the tag ``pytensor_unpool``."""

from pytensor_unpool.rewrites import indexing, loop, near, pool, shared_memory, strided, windows

__all__ = ["indexing", "loop", "near", "pool", "shared_memory", "strided", "windows"]
