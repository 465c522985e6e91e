"""Names of `theano.compile.sharedvalue`: `shared`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor
from pytensor.compile.sharedvalue import SharedVariable

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["shared"]

__getattr__, __dir__ = fall_back(__name__)


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    broadcastable: Sequence[bool] | None = None,
    target: Any = None,
    **kwargs: Any,
) -> SharedVariable:
    """Return a shared variable with a value, as ``theano.shared`` did.

    Parameters
    ----------
    value : array, number, or any object
    name : str, optional
    strict, allow_downcast, kwargs : as for `pytensor.shared`
    broadcastable : sequence of bool, optional
        Which axes always have length 1. The other lengths may change.
    target : ignored
        The GPU that was to hold it.
    """
    if broadcastable is not None:
        kwargs["shape"] = tuple(1 if once else None for once in broadcastable)
    return pytensor.shared(value, name, strict, allow_downcast, **kwargs)
