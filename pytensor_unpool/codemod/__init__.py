"""Rewrite old Theano code for PyTensor and this package.

A tower of its own: nothing here imports PyTensor, or runs the code that it reads.
`python2` changes syntax, then the `rules` change what LibCST read; `files` writes.
"""
