"""Kernels compiled by Numba.

A kernel is made by a function that takes what is known beforehand (windows, dtypes) and returns
a compiled function of arrays. Inputs of any layout are read in place.
"""
