"""Rewrite old Theano code for PyTensor and this package.

This package is independent of the others: nothing here imports PyTensor, or runs the code that it
reads. `python2` converts syntax, the `rules` change the tree that LibCST parsed, `files` writes.
"""
