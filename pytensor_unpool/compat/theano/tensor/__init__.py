"""Names of `theano.tensor`: PyTensor's, and those that had other names."""

import pytensor.tensor as pt

from pytensor_unpool.compat.axes import REDUCTIONS
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compile.sharedvalue import shared as _shared
from pytensor_unpool.compat.theano.gradient import Lop, Rop, consider_constant, grad
from pytensor_unpool.compat.theano.tensor.basic import (
    batched_dot,
    batched_tensordot,
    col,
    default,
    flatten,
    matrix,
    patternbroadcast,
    row,
    scalar,
    stack,
    tensor,
    tensor3,
    tensor4,
    tensor5,
    tile,
    unbroadcast,
    vector,
)
from pytensor_unpool.compat.theano.tensor.extra_ops import repeat
from pytensor_unpool.compat.theano.tensor.sort import argtopk, topk, topk_and_argtopk
from pytensor_unpool.compat.theano.tensor.type import TensorType
from pytensor_unpool.compat.theano.tensor.var import TensorVariable

__all__ = [
    "Lop",
    "Rop",
    "TensorType",
    "TensorVariable",
    "_shared",
    "argtopk",
    "batched_dot",
    "batched_tensordot",
    "col",
    "consider_constant",
    "default",
    "flatten",
    "grad",
    "matrix",
    "patternbroadcast",
    "repeat",
    "row",
    "scalar",
    "sort",
    "stack",
    "tensor",
    "tensor3",
    "tensor4",
    "tensor5",
    "tile",
    "topk",
    "topk_and_argtopk",
    "unbroadcast",
    "var",
    "vector",
]

__getattr__, __dir__ = fall_back(__name__)

vars().update(REDUCTIONS)

# As in Theano, the functions hide the modules of their name, which can still be imported from.
sort, var = pt.sort, pt.var
