"""Names of `theano.compile.monitormode`: a mode that calls functions around every operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor.compile.debug import monitormode

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["MonitorMode", "detect_nan"]

__getattr__, __dir__ = fall_back(__name__)


class MonitorMode(monitormode.MonitorMode):
    """``MonitorMode(pre_func, post_func)``, whose functions are called with ``(i, node, fn)``.

    Parameters
    ----------
    pre_func, post_func : function, optional
        Called before and after each operation, with its number, its node, and what runs it.
    kwargs : as for `pytensor.compile.MonitorMode`
    """

    def eval(self, fgraph: Any, i: int, node: Any, fn: Callable[[], Any]) -> None:
        """Run an operation."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)


def detect_nan(i: int, node: Any, fn: Any) -> None:
    """Print an operation whose outputs have a NaN, with its inputs and outputs."""
    monitormode.detect_nan(None, i, node, fn)
