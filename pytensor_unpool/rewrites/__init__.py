"""Rewrites that PyTensor applies when it compiles. All have the tag ``pytensor_unpool``."""

from pytensor_unpool.rewrites import pool

__all__ = ["pool"]
