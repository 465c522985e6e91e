"""Kernels: arrays in, arrays out, no PyTensor."""
