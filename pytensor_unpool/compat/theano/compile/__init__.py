"""Names of `theano.compile`."""

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compile.function import function
from pytensor_unpool.compat.theano.compile.io import In
from pytensor_unpool.compat.theano.compile.pfunc import Param, pfunc
from pytensor_unpool.compat.theano.compile.profilemode import ProfileMode
from pytensor_unpool.compat.theano.compile.sharedvalue import shared

__all__ = ["In", "Param", "ProfileMode", "function", "pfunc", "shared"]

__getattr__, __dir__ = fall_back(__name__)
