"""Names of `theano.compile.mode`: `optdb`, PyTensor's database with Theano's `register`."""

from pytensor.compile import mode

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.gof.optdb import SequenceDB

__all__ = ["optdb"]

__getattr__, __dir__ = fall_back(__name__)

optdb = SequenceDB()
# All that it has is PyTensor's: what is registered here counts there.
optdb.__dict__ = mode.optdb.__dict__
