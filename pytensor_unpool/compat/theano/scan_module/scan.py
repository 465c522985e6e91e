"""Names of `theano.scan_module.scan`: `scan`, which returns outputs and updates."""

from __future__ import annotations

import warnings
from typing import Any

import pytensor

from pytensor_unpool.compat.fallback import fall_back
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
    """Repeat a step, as ``theano.scan`` did, whose arguments these are.

    Returns
    -------
    outputs : variable, or list of variables
    updates : OrderedUpdates
    """
    with warnings.catch_warnings():
        # PyTensor will return the outputs alone; until then there are two ways to ask for both.
        warnings.filterwarnings("ignore", ".*[Ss]can.*updates.*", DeprecationWarning)
        outputs, updates = pytensor.scan(
            fn, sequences, outputs_info, non_sequences, n_steps, truncate_gradient, go_backwards,
            mode, name, profile, allow_gc, strict, return_list,
        )  # fmt: skip
    return outputs, OrderedUpdates(updates)
