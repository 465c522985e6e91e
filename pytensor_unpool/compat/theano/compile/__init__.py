"""Names of `theano.compile`."""

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compile.builders import OpFromGraph
from pytensor_unpool.compat.theano.compile.function import function
from pytensor_unpool.compat.theano.compile.io import In
from pytensor_unpool.compat.theano.compile.ops import FromFunctionOp, as_op
from pytensor_unpool.compat.theano.compile.pfunc import Param, pfunc
from pytensor_unpool.compat.theano.compile.profilemode import ProfileMode
from pytensor_unpool.compat.theano.compile.sharedvalue import shared

__all__ = [
    "FromFunctionOp",
    "In",
    "OpFromGraph",
    "Param",
    "ProfileMode",
    "as_op",
    "function",
    "pfunc",
    "shared",
]

__getattr__, __dir__ = fall_back(__name__)
