"""Names of `theano.gpuarray`: what ran on a GPU there runs on the backend that is compiled for."""

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["pygpu_activated"]

__getattr__, __dir__ = fall_back(__name__)

pygpu_activated = False
