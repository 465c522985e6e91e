"""Errors of the old names: ours, of the classes that old code expects."""

from __future__ import annotations

from pytensor_unpool.errors import ShapeError, UnpoolError


class OldAssertionError(UnpoolError, AssertionError):
    """An argument has another number of axes than the old function took."""


class OldAttributeError(UnpoolError, AttributeError):
    """An argument is of a kind that the old function did not take."""


class OldIndexError(UnpoolError, IndexError):
    """A tuple has fewer entries than the old function read."""


class OldNotImplementedError(UnpoolError, NotImplementedError):
    """A combination of arguments that the old function refused."""


class OldShapeError(ShapeError, AssertionError):
    """A shape that was declared is another one, or lacks a length: both classes, as it came."""


class OldNameError(UnpoolError, NotImplementedError):
    """A name of an old package that has no meaning on PyTensor was used."""


class OldPackageError(UnpoolError, ImportError):
    """Old packages cannot be put in place, or have no such module."""
