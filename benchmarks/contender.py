"""A contender: a call that is timed, and how to read arrays out of its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Read = Callable[[Any], Sequence[np.ndarray[Any, Any]]]


class AbsentError(Exception):
    """A contender is not available here; the message says why."""


@dataclass(frozen=True)
class Contender:
    """An implementation of a case."""

    call: Callable[[], Any]
    read: Read | None = None
    """None for a contender that only moves memory, and has no result to check."""


def check(name: str, contender: Contender, expected: Sequence[np.ndarray[Any, Any]]) -> None:
    """Raise unless the result equals what is expected exactly."""
    if contender.read is None:
        return
    got = contender.read(contender.call())
    for one, wanted in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, wanted, err_msg=f"{name} gives another result")
