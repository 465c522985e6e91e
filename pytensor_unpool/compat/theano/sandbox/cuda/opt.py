"""Names of `theano.sandbox.cuda.opt`: rewrites for a GPU, which are not applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["register_opt"]

__getattr__, __dir__ = fall_back(__name__)


def register_opt(*tags: str, **_: Any) -> Callable[[Any], Any]:
    """Return a decorator that registers nothing: there are no operations for a GPU to rewrite."""
    return lambda rewrite: rewrite
