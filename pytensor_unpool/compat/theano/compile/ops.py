"""Names of `theano.compile.ops`: operations made from a Python function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor.compile import ops

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.operations import OldOp, honour, stands_for

__all__ = ["FromFunctionOp", "as_op"]

__getattr__, __dir__ = fall_back(__name__)


@stands_for(ops.FromFunctionOp)
class FromFunctionOp(OldOp, ops.FromFunctionOp):
    """An operation that calls a function; it may be given a gradient: ``op.grad = function``."""


def as_op(
    itypes: Any, otypes: Any, infer_shape: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Any]], FromFunctionOp]:
    """Return a decorator that turns a function of arrays into an operation.

    Parameters
    ----------
    itypes, otypes : type, or list of types, of the inputs and the outputs
    infer_shape : function of the node and the shapes of the inputs, optional
        It returns the shapes of the outputs.
    """
    make = ops.wrap_py(itypes, otypes, infer_shape)
    return lambda function: honour(make(function))
