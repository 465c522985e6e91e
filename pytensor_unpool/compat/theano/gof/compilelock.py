"""Names of `theano.gof.compilelock`: PyTensor locks its cache by itself, so nothing is locked."""

from __future__ import annotations

from typing import Any

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["get_lock", "release_lock"]

__getattr__, __dir__ = fall_back(__name__)


def get_lock(lock_dir: Any = None, **_: Any) -> None:
    """Do nothing."""


def release_lock() -> None:
    """Do nothing."""
