"""Names of `theano.tensor.subtensor`: operations on one vector of indices."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import subtensor

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp

__all__ = [
    "AdvancedIncSubtensor1",
    "AdvancedSubtensor1",
    "advanced_inc_subtensor1",
    "advanced_set_subtensor1",
    "advanced_subtensor1",
]

__getattr__, __dir__ = fall_back(__name__)


def _classes_of(new: str) -> tuple[type, ...]:
    """Return PyTensor's classes: since 3.3 it has only one, for indices of all kinds."""
    return tuple(getattr(subtensor, x) for x in (new, f"{new}1") if hasattr(subtensor, x))


class AdvancedSubtensor1(NotAnOp):
    """``AdvancedSubtensor1()(x, indices)`` is ``x[indices]``."""

    makes = _classes_of("AdvancedSubtensor")

    def __init__(self, sparse_grad: bool = False) -> None:
        self.sparse_grad = sparse_grad

    def __call__(self, x: Any, ilist: Any) -> Any:
        """Return the rows of `x` at these indices; gradients are dense."""
        return pt.as_tensor_variable(x)[pt.as_tensor_variable(ilist)]


class AdvancedIncSubtensor1(NotAnOp):
    """``AdvancedIncSubtensor1(set_instead_of_inc=True)(x, y, indices)`` sets rows; else it adds."""

    makes = _classes_of("AdvancedIncSubtensor")

    def __init__(self, inplace: bool = False, set_instead_of_inc: bool = False) -> None:
        self.inplace, self.set_instead_of_inc = inplace, set_instead_of_inc

    def __call__(self, x: Any, y: Any, ilist: Any) -> Any:
        """Return `x` with rows set to those of `y`, or increased by them."""
        change = pt.set_subtensor if self.set_instead_of_inc else pt.inc_subtensor
        return change(pt.as_tensor_variable(x)[pt.as_tensor_variable(ilist)], y)


advanced_subtensor1 = AdvancedSubtensor1()
advanced_inc_subtensor1 = AdvancedIncSubtensor1()
advanced_set_subtensor1 = AdvancedIncSubtensor1(set_instead_of_inc=True)
