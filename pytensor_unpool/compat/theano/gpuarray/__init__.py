"""Names of `theano.gpuarray`: graphs run on the backend they are compiled for, not on a GPU."""

from __future__ import annotations

from typing import Any

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["pygpu_activated", "use"]

__getattr__, __dir__ = fall_back(__name__)

pygpu_activated = False


def use(device: str, *_: Any, **__: Any) -> None:
    """Warn that nothing happens; see `theano.sandbox.cuda.use`."""
    from pytensor_unpool.compat.theano.sandbox import cuda

    cuda.use(device)
