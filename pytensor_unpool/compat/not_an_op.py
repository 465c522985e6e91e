"""Theano's classes of operations that only build graphs here."""

from __future__ import annotations

from typing import Any

from pytensor_unpool.compat.errors import OldNotImplementedError
from pytensor_unpool.compat.gradients import OVERRIDES

__all__ = ["NotAnOp"]


class NotAnOp:
    """Called like an operation, but returns a graph of others, which have their own gradients.

    A gradient that old code gives it would not be used, so it is an error.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in OVERRIDES:
            if name in vars(cls):
                _refuse(cls, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in OVERRIDES:
            _refuse(type(self), name)
        super().__setattr__(name, value)


def _refuse(kind: type, name: str) -> None:
    raise OldNotImplementedError(
        f"{kind.__name__} cannot have a {name} of its own: it makes a graph of other operations, "
        f"which would be differentiated as they are. Put the graph into an operation, "
        f"`op = theano.OpFromGraph([x], [y])`, and give it the gradient, `op.grad = function`.",
        got=name,
        wanted="theano.OpFromGraph",
    )
