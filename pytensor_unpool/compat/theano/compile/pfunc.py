"""Names of `theano.compile.pfunc`: `Param`, the older name of `In`."""

from __future__ import annotations

from typing import Any

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compile.function import function as pfunc
from pytensor_unpool.compat.theano.compile.io import In

__all__ = ["Param", "pfunc"]

__getattr__, __dir__ = fall_back(__name__)


class Param(In):
    """``Param(variable, default, name, ...)``: `In` with the default as its second argument."""

    def __init__(
        self, variable: Any, default: Any = None, name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(variable, name, default, **kwargs)
