"""Theano's classes of operations that only build graphs here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, update_wrapper
from importlib import import_module
from typing import Any

from pytensor_unpool.compat.errors import OldNotImplementedError
from pytensor_unpool.compat.gradients import OVERRIDES

__all__ = ["NotAnOp", "OldFunction", "old_function"]


class _Kind(type):
    """Makes classes of which the operations that they make count as instances."""

    def __instancecheck__(cls, instance: Any) -> bool:
        # Not those of a base class: what old code derives makes nothing by itself.
        return type.__instancecheck__(cls, instance) or isinstance(
            instance, vars(cls).get("makes", ())
        )


class NotAnOp(metaclass=_Kind):
    """Called like an operation, but returns a graph of others, which have their own gradients.

    A gradient that old code gives it would not be used, so it is an error.

    Attributes
    ----------
    makes : tuple of classes
        The operations that the graphs end in: ``isinstance(x.owner.op, Softmax)`` is true.
    """

    makes: tuple[type, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in OVERRIDES:
            if name in vars(cls):
                _refuse(cls.__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in OVERRIDES:
            _refuse(self._refused(), name)
        super().__setattr__(name, value)

    def _refused(self) -> str:
        """Return the name for messages."""
        return type(self).__name__


class OldFunction(NotAnOp):
    """A function that was an operation in Theano.

    Parameters
    ----------
    function : function
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        # Which sets the attributes of a function: the name, the docstring, and so on.
        update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return vars(self)["__wrapped__"](*args, **kwargs)

    def __repr__(self) -> str:
        return f"<function {vars(self)['__qualname__']}>"

    def _refused(self) -> str:
        return str(vars(self)["__name__"])

    def __reduce__(self) -> Any:
        # By its name, as functions are pickled, and copied.
        return _again, (vars(self)["__module__"], vars(self)["__qualname__"])


def _again(module: str, name: str) -> Any:
    value = getattr(import_module(module), name)
    return value if isinstance(value, OldFunction) else old_function(value)


@cache
def old_function(function: Callable[..., Any]) -> OldFunction:
    """Return the `OldFunction` of a function of PyTensor's."""
    return OldFunction(function)


def _refuse(what: str, name: str) -> None:
    raise OldNotImplementedError(
        f"{what} cannot have a {name} of its own: it makes a graph of other operations, "
        f"which would be differentiated as they are. Put the graph into an operation, "
        f"`op = theano.OpFromGraph([x], [y])`, and give it the gradient, `op.grad = function`.",
        got=name,
        wanted="theano.OpFromGraph",
    )
