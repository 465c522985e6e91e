"""Names of `theano.gpuarray`: what ran on a GPU there runs on the backend that is compiled for."""

__all__ = ["pygpu_activated"]

pygpu_activated = False
