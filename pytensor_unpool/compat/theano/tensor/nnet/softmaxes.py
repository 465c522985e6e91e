"""`softmax` of `theano.tensor.nnet` and related functions, over the rows of a matrix."""

from __future__ import annotations

import warnings
from typing import Any, cast

import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.tensor import special
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.rewriting import special as rewriting
from pytensor.tensor.rewriting.basic import register_specialize
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.not_an_op import NotAnOp, OldFunction
from pytensor_unpool.errors import ShapeError

__all__ = [
    "LogSoftmax",
    "Softmax",
    "h_softmax",
    "logsoftmax",
    "logsoftmax_op",
    "softmax",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
]


def _rows(name: str, x: Any) -> TensorVariable:
    """Return `x` as a matrix: a vector is one row."""
    x = pt.as_tensor_variable(x)
    if x.type.ndim not in (1, 2) or x.type.numpy_dtype.kind != "f":
        raise ShapeError(
            f"{name}: x must be 1-d or 2-d tensor of floats. Got {x.type}. For more axes, or for "
            f"integers, use pytensor.tensor.special.{name}(x, axis=-1).",
            got=x.type,
            wanted="a vector or a matrix of floats",
        )
    return cast(TensorVariable, pt.shape_padleft(x)) if x.type.ndim == 1 else x


@OldFunction
def softmax(c: Any) -> TensorVariable:
    """Return the exponentials of each row, divided by their sum.

    Parameters
    ----------
    c : float tensor_like of shape (rows, columns), or (columns,)

    Returns
    -------
    matrix of shape (rows, columns); a vector gives one row

    Raises
    ------
    ShapeError
        If `c` has another number of axes, or holds no floats. It is a `ValueError`.

    Convention
    ----------
    PyTensor's own ``softmax`` is over all elements unless an axis is given.

    Examples
    --------
    >>> softmax([1.0, 1.0]).eval().tolist()
    [[0.5, 0.5]]
    """
    c = _rows("softmax", c)
    if c.type.shape[-1] == 1:
        warnings.warn(
            "softmax of rows with one element: each is 1. Pass a row with an element for each "
            "class.",
            UserWarning,
            stacklevel=2,
        )
    return cast(TensorVariable, _Softmax(axis=c.type.ndim - 1)(c))


class _Softmax(special.Softmax):
    """A softmax of old code, whose logarithm is stable in ``FAST_COMPILE`` too, as in Theano."""


_Softmax.__name__ = "Softmax"


@node_rewriter([pt.log])
def local_log_of_old_softmax(fgraph: FunctionGraph, node: Apply) -> Any:
    """Do what PyTensor does with logarithms of softmaxes only in ``FAST_RUN``."""
    source = node.inputs[0].owner
    while source is not None and isinstance(source.op, (DimShuffle, *rewriting.subtensor_ops)):
        source = source.inputs[0].owner
    if source is None or not isinstance(source.op, _Softmax):
        return None
    return rewriting.local_logsoftmax.transform(fgraph, node)


register_specialize(local_log_of_old_softmax, "fast_compile", "pytensor_unpool")


def logsoftmax(c: Any) -> TensorVariable:
    """Return the logarithm of `softmax`, without overflow."""
    return cast(TensorVariable, special.log_softmax(_rows("log_softmax", c), axis=-1))


def softmax_graph(c: Any) -> TensorVariable:
    """Return `softmax` as exponentials and a sum, which has an R-operator."""
    exponentials = pt.exp(c - pt.max(c, axis=-1, keepdims=True))
    return cast(TensorVariable, exponentials / exponentials.sum(axis=-1, keepdims=True))


@OldFunction
def softmax_with_bias(x: Any, b: Any) -> TensorVariable:
    """Return the softmax of ``x + b``, for a vector `b`."""
    return softmax(pt.as_tensor_variable(x) + b)


class Softmax(NotAnOp):
    """``Softmax()(x)`` is ``softmax(x)``."""

    makes = (special.Softmax,)

    def __call__(self, x: Any) -> TensorVariable:
        """Return the softmax of the rows of `x`."""
        return softmax(x)


class LogSoftmax(NotAnOp):
    """``LogSoftmax()(x)`` is ``logsoftmax(x)``."""

    makes = (special.LogSoftmax,)

    def __call__(self, x: Any) -> TensorVariable:
        """Return the logarithm of the softmax of the rows of `x`."""
        return logsoftmax(x)


softmax_op = Softmax()
logsoftmax_op = LogSoftmax()


def h_softmax(
    x: Any,
    batch_size: Any,
    n_outputs: Any,
    n_classes: Any,
    n_outputs_per_class: Any,
    W1: Any,  # noqa: N803
    b1: Any,
    W2: Any,  # noqa: N803
    b2: Any,
    target: Any = None,
) -> TensorVariable:
    """Return probabilities of outputs grouped into classes: of the class, times within it.

    Parameters
    ----------
    x : matrix of shape (batch_size, features)
    batch_size, n_outputs, n_classes, n_outputs_per_class : int
    W1 : matrix of shape (features, n_classes)
    b1 : vector of length n_classes
    W2 : tensor of shape (n_classes, features, n_outputs_per_class)
    b2 : matrix of shape (n_classes, n_outputs_per_class)
    target : integer vector of length batch_size, optional
        The output whose probability is wanted, for each item; else all of them are.

    Returns
    -------
    vector of length batch_size with `target`, else matrix of shape (batch_size, n_outputs)
    """
    classes = softmax(pt.dot(x, W1) + b1)
    if target is None:
        scores = pt.tensordot(x, W2, (1, 1)) + b2
        inside = softmax(scores.reshape((-1, n_outputs_per_class)))
        inside = inside.reshape((batch_size, n_classes, n_outputs_per_class))
        every = classes.dimshuffle(0, 1, "x") * inside
        return cast(TensorVariable, every.reshape((batch_size, -1))[:, :n_outputs])
    target = pt.flatten(target)
    kind, place = target // n_outputs_per_class, target % n_outputs_per_class
    scores = pt.matmul(x.dimshuffle(0, "x", 1), W2[kind])[:, 0, :] + b2[kind]
    rows = pt.arange(batch_size)
    return cast(TensorVariable, classes[rows, kind] * softmax(scores)[rows, place])
