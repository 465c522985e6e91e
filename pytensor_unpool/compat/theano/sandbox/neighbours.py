"""Names of `theano.sandbox.neighbours`, which moved to `theano.tensor.nnet.neighbours`."""

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.neighbours import (
    Images2Neibs,
    images2neibs,
    neibs2images,
)

__all__ = ["Images2Neibs", "images2neibs", "neibs2images"]

__getattr__, __dir__ = fall_back(__name__)
