"""Convolution and its two gradients, compiled by Numba."""
