"""Errors raised by old names: this package's errors, with the classes that old code expects."""

from __future__ import annotations

from pytensor.tensor.exceptions import NotScalarConstantError

from pytensor_unpool.errors import ArgumentError, ShapeError, UnpoolError


class OldAssertionError(UnpoolError, AssertionError):
    """An argument has the wrong number of axes for the old function."""


class OldAttributeError(UnpoolError, AttributeError):
    """An argument has a type that the old function did not accept."""


class OldIndexError(UnpoolError, IndexError):
    """A tuple has fewer entries than the old function read."""


class OldNotImplementedError(UnpoolError, NotImplementedError):
    """A combination of arguments that the old function refused."""


class OldShapeError(ShapeError, AssertionError):
    """A declared shape is wrong, or lacks a length. Theano raised either of the two classes."""


class OldNameError(UnpoolError, NotImplementedError):
    """A name of an old package without an equivalent in PyTensor was used."""


class OldPackageError(UnpoolError, ImportError):
    """Old packages cannot be installed, or have no such module."""


class OldNotConstantError(ArgumentError, NotScalarConstantError):
    """An argument is symbolic, and must be a number."""
