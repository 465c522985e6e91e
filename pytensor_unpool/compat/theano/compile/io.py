"""Names of `theano.compile.io`: `In`, which may have a default value."""

from __future__ import annotations

from typing import Any

from pytensor.compile import io

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.static_shape import generalized

__all__ = ["In"]

__getattr__, __dir__ = fall_back(__name__)


class In(io.In):
    """An input of a function.

    Parameters
    ----------
    variable : Variable
    name : str, optional
    value : array_like, optional
        The value if none is passed. PyTensor's own inputs have no defaults:
        `compile.function` fills them in.
    kwargs : as for `pytensor.In`
    """

    def __init__(
        self, variable: Any, name: str | None = None, value: Any = None, **kwargs: Any
    ) -> None:
        if kwargs.get("update") is not None:
            kwargs["update"] = generalized(kwargs["update"], variable.type)
        super().__init__(variable, name, **kwargs)
        self.default = value
