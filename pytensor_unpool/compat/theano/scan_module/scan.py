"""Names of `theano.scan_module.scan`: `scan`, which returns outputs and updates."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytensor
from pytensor.scan.basic import get_updates_and_outputs
from pytensor.scan.utils import until

from pytensor_unpool.compat.draws import Drew, watched
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.static_shape import generalized
from pytensor_unpool.compat.theano.updates import OrderedUpdates

__all__ = ["scan"]

__getattr__, __dir__ = fall_back(__name__)


def scan(
    fn: Any,
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: Any = False,
    allow_gc: bool | None = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, OrderedUpdates]:
    """Repeat a step, with the arguments and results of ``theano.scan``.

    The step may draw from Theano's random streams: gradients pass through.

    Returns
    -------
    outputs : variable, or list of variables
    updates : OrderedUpdates
    """

    def repeat(step: Callable[..., Any], info: Any) -> tuple[Any, Any]:
        with warnings.catch_warnings():
            # PyTensor will only return outputs; until then there are two ways to ask for both.
            warnings.filterwarnings("ignore", ".*[Ss]can.*updates.*", DeprecationWarning)
            # It is deprecating default updates, and removes those of a step's generators.
            warnings.filterwarnings("ignore", ".*default_update.*", DeprecationWarning)
            outputs, updates = pytensor.scan(
                step, _copied(sequences), _copied(info), non_sequences, n_steps, truncate_gradient,
                go_backwards, mode, name, profile, allow_gc, strict, return_list,
            )  # fmt: skip
        return outputs, OrderedUpdates(updates)

    try:
        return repeat(watched(_with_types_of_states(fn, sequences, outputs_info)), outputs_info)
    except Drew as drew:
        outputs, updates = drew.scanned(repeat, outputs_info)
        return outputs if return_list or len(outputs) > 1 else outputs[0], updates


def _with_types_of_states(fn: Any, sequences: Any, outputs_info: Any) -> Callable[..., Any]:
    """Return a step whose results have the types that its next call gets them with."""
    states = _as_list(outputs_info)

    def step(*arguments: Any) -> Any:
        condition, outputs, updates = get_updates_and_outputs(fn(*arguments))
        given = iter(arguments[sum(map(_count_taps, _as_list(sequences))) :])
        results = list(outputs)
        for i, state in enumerate(states[: len(results)]):
            for argument in islice(given, _count_taps(state)):
                results[i] = generalized(results[i], argument.type)
        rules = {shared: generalized(new, shared.type) for shared, new in updates.items()}
        return results, rules, *([] if condition is None else [until(condition)])

    return step


def _as_list(some: Any) -> list[Any]:
    if some is None:
        return []
    return list(some) if isinstance(some, list | tuple) else [some]


def _count_taps(some: Any) -> int:
    """Return how many arguments a step gets of a sequence, or of an output."""
    if not isinstance(some, dict):
        return 0 if some is None else 1
    taps = some.get("taps")
    if taps is None:
        return int(some.get("input", some.get("initial")) is not None)
    return len(taps) if isinstance(taps, list | tuple) else 1


def _copied(some: Any) -> Any:
    """Copy sequences, or initial values, because PyTensor writes into dictionaries among them."""
    if isinstance(some, list | tuple):
        return [_copied(x) for x in some]
    return dict(some) if isinstance(some, dict) else some
