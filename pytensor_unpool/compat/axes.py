"""Theano's arguments `axis`, which may be symbolic constants."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Constant

__all__ = ["REDUCTIONS"]


def _with_constant_axis(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a reduction of PyTensor's whose `axis` may be a constant, or a list of them.

    Parameters
    ----------
    function : function of a tensor, an axis and options
    """

    @wraps(function)
    def reduction(x: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
        return function(x, _plain(axis), *args, **kwargs)

    return reduction


def _plain(axis: Any) -> Any:
    if isinstance(axis, list | tuple):
        return [_plain(entry) for entry in axis]
    # None as a constant means no axis, as it does plainly.
    return _number(axis.data) if isinstance(axis, Constant) else axis


def _number(data: Any) -> Any:
    return data if data is None else data.tolist()


# By their names: some of these are Python's too.
REDUCTIONS: dict[str, Callable[..., Any]] = {
    name: _with_constant_axis(getattr(pt, name))
    for name in ("argmax", "argmin", "max", "max_and_argmax", "min")
}
