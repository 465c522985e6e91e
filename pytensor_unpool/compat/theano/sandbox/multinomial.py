"""Names of `theano.sandbox.multinomial`: draws from classes, made of uniform numbers."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import OldNotImplementedError
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.errors import ArgumentError, ShapeError
from pytensor_unpool.ops.check import Check, equal

__all__ = ["ChoiceFromUniform", "MultinomialFromUniform", "MultinomialWOReplacementFromUniform"]

__getattr__, __dir__ = fall_back(__name__)


class MultinomialFromUniform(NotAnOp):
    """``MultinomialFromUniform(odtype)(pvals, unis, n)``: how often each class comes in `n` trials.

    Parameters
    ----------
    odtype : str
        The dtype of the result; "auto" is that of `pvals`.

    >>> draw = MultinomialFromUniform("int64")
    >>> draw([[0.2, 0.8], [0.5, 0.5]], [0.1, 0.9, 0.3, 0.2], 2).eval().tolist()
    [[1, 1], [1, 1]]
    """

    def __init__(self, odtype: str) -> None:
        self.odtype = odtype

    def __call__(self, pvals: Any, unis: Any, n: Any = 1) -> TensorVariable:
        """Return an integer for each row and class.

        Parameters
        ----------
        pvals : matrix of shape (rows, classes)
            The probabilities of each row's classes.
        unis : vector of length ``rows * n``
            Numbers from 0 to 1: one for each row, then the second for each, and so on.
        n : int, or integer scalar
        """
        pvals, uniform = _matrices(pvals, unis, n)
        sums = pt.cumsum(pvals.astype("float64"), axis=1)
        # As Theano's C code: the first class whose sum exceeds the number, none if none does.
        first = (sums <= pt.expand_dims(uniform, -1)).sum(axis=-1)
        counts = pt.eq(pt.expand_dims(first, -1), pt.arange(pvals.shape[1])).sum(axis=0)
        dtype = str(pvals.dtype) if self.odtype == "auto" else self.odtype
        return cast(TensorVariable, counts.astype(dtype))


class ChoiceFromUniform(NotAnOp):
    """``ChoiceFromUniform(odtype, replace)(pvals, unis, n)``: the `n` classes that come.

    Parameters
    ----------
    odtype : str
        The dtype of the result; "auto" is int64.
    replace : bool
        Whether a class may come more than once.

    >>> draw = ChoiceFromUniform("auto")
    >>> draw([[0.25, 0.25, 0.5]], [0.3, 0.3], 2).eval().tolist()
    [[1, 0]]
    """

    def __init__(self, odtype: str, replace: bool = False) -> None:
        self.odtype, self.replace = odtype, replace

    def __call__(self, pvals: Any, unis: Any, n: Any = 1) -> TensorVariable:
        """Return a matrix of shape (rows, n); the arguments are `MultinomialFromUniform`'s.

        Without replacement, `n` must be a constant.
        """
        pvals, uniform = _matrices(pvals, unis, n)
        dtype = "int64" if self.odtype == "auto" else self.odtype
        if self.replace:
            sums = pt.cumsum(pvals.astype("float64"), axis=1)
            chosen = _first_above(sums, pt.expand_dims(uniform, -1))
            return cast(TensorVariable, chosen.T.astype(dtype))
        if isinstance(n, Constant):
            n = int(n.data)
        if not isinstance(n, int | np.integer):
            raise ArgumentError(
                f"n must be a number where nothing is drawn twice: got {n}. Pass an int, or use "
                f"MRG_RandomStreams.choice.",
                got=n,
                wanted="an int",
            )
        columns = pvals.type.shape[1]
        if columns is not None and n > columns:
            raise ArgumentError(
                f"Cannot sample without replacement n samples bigger than the size of the "
                f"distribution: got n={n} for {columns} classes.",
                got=n,
                wanted=columns,
            )
        rows, chosen = pt.arange(pvals.shape[0]), []
        for i in range(int(n)):
            sums = pt.cumsum(pvals.astype("float64"), axis=1)
            chosen.append(_first_above(sums, uniform[i][:, None]))
            pvals = pt.set_subtensor(pvals[rows, chosen[-1]], 0)
            pvals = pvals / pvals.sum(axis=1, keepdims=True)
        return cast(TensorVariable, pt.stack(chosen, axis=1).astype(dtype))


MultinomialWOReplacementFromUniform = ChoiceFromUniform


def _first_above(sums: TensorVariable, number: TensorVariable) -> TensorVariable:
    """Return the first class whose sum exceeds a number: the last, where rounding left none."""
    return cast(TensorVariable, (sums[..., :-1] <= number).sum(axis=-1))


def _matrices(pvals: Any, unis: Any, n: Any) -> tuple[TensorVariable, TensorVariable]:
    """Return the probabilities, and the uniform numbers as a matrix of shape (n, rows)."""
    pvals, unis = pt.as_tensor_variable(pvals), pt.as_tensor_variable(unis)
    for name, x, ndim in (("pvals", pvals, 2), ("unis", unis, 1)):
        if x.type.ndim != ndim:
            raise OldNotImplementedError(
                f"{name} ndim should be {ndim}: got {x.type.ndim}.", got=x.type.ndim, wanted=ndim
            )
    check = Check(ShapeError, "unis.shape[0] != pvals.shape[0] * n: pass n numbers for each row.")
    unis = check(unis, equal(unis.shape[0], pvals.shape[0] * n))
    return pvals, cast(TensorVariable, unis.reshape((n, pvals.shape[0])))
