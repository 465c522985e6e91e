"""Losses of `theano.tensor.nnet`.

They are written so that PyTensor finds the stable forms: no logarithm is taken of a softmax or
sigmoid that was rounded to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.ops import ViewOp
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.not_an_op import OldFunction
from pytensor_unpool.compat.theano.tensor.nnet.softmaxes import logsoftmax, softmax
from pytensor_unpool.errors import DTypeError

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "confusion_matrix",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "sigmoid_binary_crossentropy",
]


def binary_crossentropy(output: Any, target: Any) -> TensorVariable:
    """Return ``-(target * log(output) + (1 - target) * log(1 - output))``, element by element.

    Parameters
    ----------
    output : float tensor_like
        Probabilities.
    target : tensor_like
    """
    output = pt.as_tensor_variable(output)
    return cast(TensorVariable, -(target * pt.log(output) + (1.0 - target) * pt.log(1.0 - output)))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> TensorVariable:
    """Return `binary_crossentropy` of ``sigmoid(output)``, without overflow."""
    output = pt.as_tensor_variable(output)
    return cast(TensorVariable, pt.softplus(output) - output * target)


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> TensorVariable:
    """Return the cross-entropy of each row with the true distribution.

    Parameters
    ----------
    coding_dist : float tensor_like of shape (..., classes)
        Probabilities.
    true_dist : float tensor_like of the same number of axes, or integer one of one less
        Probabilities, or the index of the true class.

    Returns
    -------
    tensor of shape (...)

    Raises
    ------
    DTypeError
        If the numbers of axes do not fit. It is a `TypeError`.

    Examples
    --------
    >>> categorical_crossentropy([[0.25, 0.75]], [0]).eval().round(3).tolist()
    [1.386]
    """
    coding, true = pt.as_tensor_variable(coding_dist), pt.as_tensor_variable(true_dist)
    if true.type.ndim == coding.type.ndim:
        return cast(TensorVariable, -pt.sum(true * pt.log(coding), axis=coding.type.ndim - 1))
    if true.type.ndim == coding.type.ndim - 1:
        return crossentropy_categorical_1hot(coding, true)
    raise DTypeError(
        f"rank mismatch between coding and true distributions: got {coding.type.ndim} and "
        f"{true.type.ndim} axes. Pass as many, or one fewer for class indices.",
        got=true.type.ndim,
        wanted=(coding.type.ndim, coding.type.ndim - 1),
    )


@OldFunction
def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> TensorVariable:
    """Return minus the logarithm of each row's probability of its true class.

    Parameters
    ----------
    coding_dist : float matrix
        Probabilities.
    true_one_of_n : integer vector
        The index of the true class of each row.
    """
    coding, true = pt.as_tensor_variable(coding_dist), pt.as_tensor_variable(true_one_of_n)
    if coding.type.ndim != 2:
        raise DTypeError(
            f"matrix required for argument: coding_dist. Got {coding.type}. Flatten the axes "
            f"before the classes.",
            got=coding.type,
            wanted="matrix",
        )
    if true.type.ndim != 1 or true.type.numpy_dtype.kind not in "iu":
        raise DTypeError(
            f"integer vector required for argument: true_one_of_n. Got {true.type}. Cast the "
            f"indices (`T.cast(y, 'int32')`).",
            got=true.type,
            wanted="integer vector",
        )
    if not _is_written_softmax(coding):
        coding = one_of_each_row(coding)
    return cast(TensorVariable, -_of_class(pt.log(coding), true))


def _is_written_softmax(x: TensorVariable) -> bool:
    """Return whether `x` is ``e / e.sum()`` with an exponential, of which nothing is really 0.

    PyTensor multiplies out its gradient, which removes the division by 0, unless there is a
    condition in between.
    """
    if x.owner is None or x.owner.op != pt.true_div:
        return False
    numerator = x.owner.inputs[0].owner
    return numerator is not None and numerator.op == pt.exp


class _OneOfEachRow(ViewOp):
    """Probabilities of which one in each row will be selected, after the logarithm.

    The others have the gradient 0, which their logarithms make ``0 / p``. Selecting before the
    logarithm would avoid it, but PyTensor cancels ``p / p`` where `p` is a softmax, and only then
    is the gradient right where the true class has the probability 0.
    """

    def pullback(
        self, inputs: Sequence[Any], outputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> list[Any]:
        """Return the gradients; 0 where they are 0 / 0."""
        (p,), (g,) = inputs, cotangents
        return [pt.switch(pt.eq(p, 0) & pt.isnan(g), pt.constant(0, dtype=g.dtype), g)]

    def pushforward(
        self, inputs: Sequence[Any], outputs: Sequence[Any], tangents: Sequence[Any]
    ) -> list[Any]:
        """Return the tangents."""
        return list(tangents)


one_of_each_row = _OneOfEachRow()


def _of_class(rows: TensorVariable, classes: TensorVariable) -> TensorVariable:
    return cast(TensorVariable, rows[pt.arange(classes.shape[0]), classes])


@OldFunction
def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[TensorVariable]:
    """Return the cross-entropy of the softmax of ``x + b``, the softmax, and its argmax."""
    rows, y_idx = pt.as_tensor_variable(x) + b, pt.as_tensor_variable(y_idx)
    likeliest = pt.argmax(rows, axis=-1).astype(y_idx.dtype)
    return [-_of_class(logsoftmax(rows), y_idx), softmax(rows), likeliest]


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[TensorVariable]:
    """Return the cross-entropy of the softmax of ``x + b``, and the softmax."""
    return crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx)[:2]


def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> list[TensorVariable]:
    """Return the cross-entropy of the softmax of `x`, and the softmax."""
    return crossentropy_softmax_1hot_with_bias(x, 0, y_idx)


def crossentropy_softmax_max_and_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any
) -> tuple[TensorVariable, ...]:
    """Return the cross-entropy, the softmax of ``x + b``, its maximum and its argmax."""
    loss, probabilities, likeliest = crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx)
    return loss, probabilities, pt.max(probabilities, axis=-1), likeliest


def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any) -> tuple[TensorVariable, ...]:
    """Return the cross-entropy, the softmax of `x`, its maximum and its argmax."""
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, 0, y_idx)


def confusion_matrix(actual: Any, pred: Any) -> list[TensorVariable]:
    """Return how often each class (row) was predicted as each (column), and the classes' order.

    Parameters
    ----------
    actual, pred : integer vectors
    """
    actual, pred = pt.as_tensor_variable(actual), pt.as_tensor_variable(pred)
    for name, x in (("actual", actual), ("pred", pred)):
        if x.type.ndim != 1:
            raise DTypeError(
                f"{name} must be 1-d tensor variable: got {x.type}. Flatten it.",
                got=x.type,
                wanted="vector",
            )
    order = pt.unique(pt.concatenate([actual, pred]))
    is_actual = pt.eq(actual.dimshuffle(0, "x"), order).astype(np.int64)
    is_pred = pt.eq(pred.dimshuffle(0, "x"), order).astype(np.int64)
    return [pt.dot(is_actual.T, is_pred), order]
