"""Names of `theano.tensor.nnet.sigm`: sigmoids and approximations of them."""

from __future__ import annotations

from typing import Any, cast

import pytensor.tensor as pt
from pytensor.scalar import math as scalar_math
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import OldFunction
from pytensor_unpool.compat.operations import honour

__all__ = [
    "ScalarSigmoid",
    "ScalarSoftplus",
    "hard_sigmoid",
    "scalar_sigmoid",
    "scalar_softplus",
    "ultra_fast_sigmoid",
]

__getattr__, __dir__ = fall_back(__name__)

ScalarSigmoid, scalar_sigmoid = map(honour, (scalar_math.Sigmoid, scalar_math.sigmoid))
ScalarSoftplus, scalar_softplus = map(honour, (scalar_math.Softplus, scalar_math.softplus))


def hard_sigmoid(x: Any) -> TensorVariable:
    """Return ``clip(0.2 * x + 0.5, 0, 1)``."""
    x = pt.as_tensor_variable(x)
    slope, shift = pt.constant(0.2, dtype=_float(x)), pt.constant(0.5, dtype=_float(x))
    return cast(TensorVariable, pt.clip(x * slope + shift, 0, 1))


@OldFunction
def ultra_fast_sigmoid(x: Any) -> TensorVariable:
    """Return a piecewise sigmoid, three pieces on each side of zero, with an error below 0.03."""
    x = pt.as_tensor_variable(x)
    half = abs(x) * pt.constant(0.5, dtype=_float(x))
    curve = 1.5 * half / (1 + half)
    line = 0.935409070603099 + 0.0458812946797165 * (half - 1.7)
    pieces = pt.switch(half < 1.7, curve, pt.switch(half < 3, line, 0.99505475368673))
    result = 0.5 * (pt.switch(x < 0, -pieces, pieces) + 1)
    return cast(TensorVariable, result.astype(_float(x)))


def _float(x: TensorVariable) -> str:
    """Return the dtype of a function of `x`: floats stay, integers become floats of their size."""
    if x.type.numpy_dtype.kind == "f":
        return str(x.dtype)
    return "float32" if x.type.numpy_dtype.itemsize < 4 else "float64"
