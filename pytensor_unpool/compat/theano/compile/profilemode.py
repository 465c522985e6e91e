"""Names of `theano.compile.profilemode`: a mode that also measured time."""

from __future__ import annotations

import warnings
from typing import Any

from pytensor.compile.mode import Mode

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["ProfileMode"]

__getattr__, __dir__ = fall_back(__name__)


class ProfileMode(Mode):
    """A mode with these parts, which measures nothing.

    ``theano.function(..., profile=True)`` does, as since Theano 0.6.

    Parameters
    ----------
    linker, optimizer : str or object
        As for `pytensor.Mode`.
    """

    def __init__(self, linker: Any = None, optimizer: Any = "default", **kwargs: Any) -> None:
        warnings.warn(
            "ProfileMode measures nothing here. Pass profile=True to theano.function.",
            UserWarning,
            stacklevel=2,
        )
        super().__init__(linker, optimizer, **kwargs)

    def print_summary(self, *_: Any, **__: Any) -> None:
        """Print nothing: nothing was measured."""
