"""Names of `theano.tensor.var`: `TensorVariable`."""

from __future__ import annotations

from typing import Any

from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant
from pytensor.tensor import variable

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["TensorVariable"]

__getattr__, __dir__ = fall_back(__name__)


class TensorVariable(variable.TensorVariable):
    """A tensor that is computed, or given to a function.

    In PyTensor, shared variables and constants are instances too; here, as in Theano, they are not.
    """

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        kinds = other.__mro__
        others = SharedVariable in kinds or Constant in kinds
        here = variable.TensorVariable in kinds and not others
        return here if cls is TensorVariable else NotImplemented
