"""Names of `theano.scan_module.scan`: `scan`, which returns outputs and updates."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import pytensor
from pytensor.scan.op import Scan

from pytensor_unpool.compat.draws import Drew, watched
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.updates import OrderedUpdates

__all__ = ["scan"]

__getattr__, __dir__ = fall_back(__name__)

# Old code that walks through graphs looks at those of steps, which have other names in PyTensor.
for _old, _new in (("inputs", "inner_inputs"), ("outputs", "inner_outputs")):
    setattr(Scan, _old, property(attrgetter(_new)))


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
    """Repeat a step, as ``theano.scan`` did, whose arguments these are.

    The step may draw from Theano's random streams: gradients go through it.

    Returns
    -------
    outputs : variable, or list of variables
    updates : OrderedUpdates
    """

    def repeat(step: Callable[..., Any], info: Any) -> tuple[Any, Any]:
        with warnings.catch_warnings():
            # PyTensor will return the outputs alone; until then there are two ways to ask for both.
            warnings.filterwarnings("ignore", ".*[Ss]can.*updates.*", DeprecationWarning)
            # And will do without default updates, which it takes away from what a step has drawn.
            warnings.filterwarnings("ignore", ".*default_update.*", DeprecationWarning)
            outputs, updates = pytensor.scan(
                step, _copied(sequences), _copied(info), non_sequences, n_steps, truncate_gradient,
                go_backwards, mode, name, profile, allow_gc, strict, return_list,
            )  # fmt: skip
        return outputs, OrderedUpdates(updates)

    try:
        return repeat(watched(fn), outputs_info)
    except Drew as drew:
        outputs, updates = drew.scanned(repeat, outputs_info)
        return outputs if return_list or len(outputs) > 1 else outputs[0], updates


def _copied(some: Any) -> Any:
    """Return sequences, or initial values: PyTensor writes into the dictionaries among them."""
    if isinstance(some, list | tuple):
        return [_copied(x) for x in some]
    return dict(some) if isinstance(some, dict) else some
