"""Names of `theano.gof`, Theano's graphs."""

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.gof.graph import Variable
from pytensor_unpool.compat.theano.gof.op import Op, PureOp
from pytensor_unpool.compat.theano.gof.utils import hashtype

__all__ = ["Op", "PureOp", "Variable", "hashtype"]

__getattr__, __dir__ = fall_back(__name__)
