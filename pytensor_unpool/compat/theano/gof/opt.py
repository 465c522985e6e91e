"""Names of `theano.gof.opt`: rewrites of one node, as functions of the node alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from typing import Any

from pytensor.graph.rewriting import basic

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.twins import plain

__all__ = ["LocalOptimizer", "local_optimizer"]

__getattr__, __dir__ = fall_back(__name__)


def local_optimizer(
    tracks: Sequence[Any] | None, inplace: bool = False, requirements: Sequence[Any] = ()
) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that makes a rewrite of a function of a node.

    Parameters
    ----------
    tracks : list of operations, or classes of them; optional
        What to call the function for; without it, for all nodes.
    inplace : bool
        Whether the function makes operations that overwrite their inputs.
    requirements : sequence of functions of the graph
        Called before.
    """
    tracked = None if tracks is None else [_of_pytensor(some) for some in tracks]

    def decorate(function: Callable[..., Any]) -> Any:
        return basic.node_rewriter(tracked, inplace, tuple(requirements))(_with_graph(function, 1))

    return decorate


def _of_pytensor(some: Any) -> Any:
    """Return PyTensor's operation, or class, for an old one."""
    return vars(some).get("_stands_for", some) if isinstance(some, type) else plain(some)


def _with_graph(function: Callable[..., Any], arguments: int) -> Callable[..., Any]:
    """Return a function that is given a graph before the node, if it takes the node alone."""
    if len(signature(function).parameters) != arguments:
        return function

    @wraps(function)
    def transform(*given: Any, **_: Any) -> Any:
        return function(*given[: arguments - 1], given[arguments])

    return transform


class LocalOptimizer(basic.NodeRewriter):
    """Base of rewrites of one node: ``transform(self, node)``."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "transform" in vars(cls):
            cls.transform = _with_graph(vars(cls)["transform"], 2)
        super().__init_subclass__(**kwargs)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other
