"""Kernels that call SciPy."""
