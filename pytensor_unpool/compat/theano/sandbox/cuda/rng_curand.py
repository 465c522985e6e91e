"""Names of `theano.sandbox.cuda.rng_curand`: streams of the GPU library cuRAND."""

from __future__ import annotations

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.sandbox.rng_mrg import MRG_RandomStreams

__all__ = ["CURAND_RandomStreams"]

__getattr__, __dir__ = fall_back(__name__)


class CURAND_RandomStreams(MRG_RandomStreams):  # noqa: N801
    """``CURAND_RandomStreams(seed)``."""
