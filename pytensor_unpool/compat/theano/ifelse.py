"""Names of `theano.ifelse`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.operations import OldOp, stands_for

__all__ = ["IfElse"]

__getattr__, __dir__ = fall_back(__name__)

# It has moved in PyTensor 3.3.
_MODULE = "pytensor.conditional.op" if find_spec("pytensor.conditional") else "pytensor.ifelse"
_IfElse: Any = import_module(_MODULE).IfElse


@stands_for(_IfElse)
class IfElse(OldOp, _IfElse):
    """``IfElse(n_outs)(condition, *then, *otherwise)``: only one of the two is computed.

    Parameters
    ----------
    n_outs : int
    as_view : bool
        Whether the results share memory with what they are.
    gpu : ignored
    name : str, optional
    """

    _has_twins = True

    def __init__(
        self, n_outs: int, as_view: bool = False, gpu: bool = False, name: str | None = None
    ) -> None:
        super().__init__(n_outs, as_view=as_view, name=name)
