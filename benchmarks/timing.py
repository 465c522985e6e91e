"""Interleaves timed calls, so that a slow moment of the machine hits all of them."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

WARM_UP = 3


def time_in_turns(
    calls: Mapping[str, Callable[[], Any]], rounds: int, seed: int
) -> dict[str, list[float]]:
    """Return the seconds of each call in each round; a round calls all, in random order."""
    for call in calls.values():
        for _ in range(WARM_UP):
            call()
    order = list(calls)
    shuffle = random.Random(seed).shuffle
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            shuffle(order)
            for name in order:
                seconds[name].append(_time(calls[name]))
    finally:
        gc.enable()
    return seconds


def _time(call: Callable[[], Any]) -> float:
    start = perf_counter()
    result = call()
    seconds = perf_counter() - start
    # A result is freed before the next call allocates.
    del result
    return seconds
