"""Names of `theano.tensor.type`: `TensorType`, made of flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.tensor import type as new

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["TensorType"]

__getattr__, __dir__ = fall_back(__name__)


class TensorType(new.TensorType):
    """``TensorType(dtype, broadcastable)``: PyTensor's type, of which this makes instances.

    Parameters
    ----------
    dtype : str
    broadcastable : sequence of bool, or of 0 and 1
        Which axes always have length 1. Other numbers are lengths, as in PyTensor.
    name : str, optional
    sparse_grad : ignored
        Gradients are dense.
    shape : sequence of int or None, optional
        PyTensor's argument, in place of `broadcastable`.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a type of PyTensor's, or one of a derived class."""
        if cls is not TensorType:
            return super().__new__(cls)
        made = object.__new__(new.TensorType)
        cls.__init__(made, *args, **kwargs)
        return made

    def __init__(
        self,
        dtype: Any,
        broadcastable: Sequence[Any] | None = None,
        name: str | None = None,
        sparse_grad: bool = False,
        shape: Any = None,
    ) -> None:
        if broadcastable is not None:
            shape = _lengths(broadcastable)
        new.TensorType.__init__(self, dtype, shape, name)

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        """Treat PyTensor's own types as instances."""
        return new.TensorType in other.__mro__ if cls is TensorType else NotImplemented


def _lengths(flags: Sequence[Any]) -> Sequence[Any]:
    """Return static lengths for flags; lengths stay."""
    if all(flag in (0, 1) for flag in flags):
        return tuple(1 if flag else None for flag in flags)
    return flags
