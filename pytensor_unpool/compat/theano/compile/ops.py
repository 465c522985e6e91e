"""Names of `theano.compile.ops`: operations made from a Python function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytensor.tensor as pt
from pytensor.compile import ops
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.operations import OldOp, honour, stands_for

__all__ = ["FromFunctionOp", "Rebroadcast", "as_op"]

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


class Rebroadcast(NotAnOp):
    """``Rebroadcast((0, True), (1, False))(x)``: axis 0 always has length 1, axis 1 need not.

    Parameters
    ----------
    axis : pairs of an axis and a bool
    """

    def __init__(self, *axis: tuple[int, bool]) -> None:
        self.axis = {int(i): bool(once) for i, once in axis}

    def __call__(self, x: Any) -> TensorVariable:
        """Return the tensor, with another type."""
        # Here, because `theano.tensor` imports this package.
        from pytensor_unpool.compat.theano.tensor.basic import patternbroadcast

        x = pt.as_tensor_variable(x)
        before = [length == 1 for length in x.type.shape]
        return patternbroadcast(x, [self.axis.get(i, once) for i, once in enumerate(before)])
