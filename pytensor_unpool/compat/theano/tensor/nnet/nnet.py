"""Names of `theano.tensor.nnet.nnet`: softmax, losses, activations."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import OldFunction
from pytensor_unpool.compat.theano.tensor.nnet.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    confusion_matrix,
    crossentropy_categorical_1hot,
    crossentropy_softmax_1hot,
    crossentropy_softmax_1hot_with_bias,
    crossentropy_softmax_argmax_1hot_with_bias,
    crossentropy_softmax_max_and_argmax_1hot,
    crossentropy_softmax_max_and_argmax_1hot_with_bias,
    sigmoid_binary_crossentropy,
)
from pytensor_unpool.compat.theano.tensor.nnet.softmaxes import (
    LogSoftmax,
    Softmax,
    h_softmax,
    logsoftmax,
    logsoftmax_op,
    softmax,
    softmax_graph,
    softmax_op,
    softmax_with_bias,
)

__all__ = [
    "LogSoftmax",
    "Softmax",
    "binary_crossentropy",
    "categorical_crossentropy",
    "confusion_matrix",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "elu",
    "h_softmax",
    "logsoftmax",
    "logsoftmax_op",
    "prepend_0_to_each_row",
    "prepend_1_to_each_row",
    "prepend_scalar_to_each_row",
    "relu",
    "selu",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
    "softsign",
]

__getattr__, __dir__ = fall_back(__name__)

# From the paper on self-normalizing networks (Klambauer et al., 2017), rounded as Theano had them.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def relu(x: Any, alpha: Any = 0) -> Any:
    """Return `x` where it is positive, else ``alpha * x``.

    Parameters
    ----------
    x : array or tensor
        An array gives an array.
    alpha : float, or tensor that broadcasts with `x`

    Convention
    ----------
    Theano's formula, whose gradient at zero is halfway between the two slopes.
    """
    if isinstance(alpha, int | float) and alpha == 0:
        return 0.5 * (x + abs(x))
    # A float32 `x` stays one: NumPy and PyTensor would widen it for an array of numbers.
    alpha = pt.as_tensor_variable(alpha) if not isinstance(alpha, int | float) else alpha
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * abs(x)


def elu(x: Any, alpha: Any = 1) -> TensorVariable:
    """Return `x` where it is positive, else ``alpha * (exp(x) - 1)``."""
    x = pt.as_tensor_variable(x)
    return cast(TensorVariable, pt.switch(x > 0, x, alpha * pt.expm1(x)))


def selu(x: Any) -> TensorVariable:
    """Return `elu` with the constants that keep mean 0 and variance 1."""
    return cast(TensorVariable, SELU_SCALE * elu(x, SELU_ALPHA))


@OldFunction
def softsign(x: Any) -> Any:
    """Return ``x / (1 + abs(x))``."""
    return x / (1 + abs(x))


@OldFunction
def prepend_scalar_to_each_row(val: Any, x: Any) -> TensorVariable:
    """Return the matrix `x` with a first column that holds a number."""
    x = pt.as_tensor_variable(x)
    first = pt.full((x.shape[0], 1), pt.as_tensor_variable(val).astype(x.dtype))
    return cast(TensorVariable, pt.concatenate([first, x], axis=1))


@OldFunction
def prepend_0_to_each_row(x: Any) -> TensorVariable:
    """Return the matrix `x` with a first column of zeros."""
    return prepend_scalar_to_each_row(np.float64(0), x)


@OldFunction
def prepend_1_to_each_row(x: Any) -> TensorVariable:
    """Return the matrix `x` with a first column of ones."""
    return prepend_scalar_to_each_row(np.float64(1), x)
