"""Names of `theano.tests.disturb_mem`."""

from __future__ import annotations

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["disturb_mem"]

__getattr__, __dir__ = fall_back(__name__)


def disturb_mem() -> list[object]:
    """Return some objects, so that those made next lie elsewhere in memory."""
    return [object() for _ in range(100)]
