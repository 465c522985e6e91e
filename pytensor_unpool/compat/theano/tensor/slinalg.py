"""Names of `theano.tensor.slinalg`."""

from __future__ import annotations

from typing import Any, cast

from pytensor.tensor.linalg import solve, solve_triangular
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import OldFunction

__all__ = ["solve_lower_triangular", "solve_symmetric", "solve_upper_triangular"]

__getattr__, __dir__ = fall_back(__name__)


@OldFunction
def solve_lower_triangular(a: Any, b: Any) -> TensorVariable:
    """Return `x` with ``a x = b``, where `a` is zero above its diagonal."""
    return cast(TensorVariable, solve_triangular(a, b, lower=True))


@OldFunction
def solve_upper_triangular(a: Any, b: Any) -> TensorVariable:
    """Return `x` with ``a x = b``, where `a` is zero below its diagonal."""
    return cast(TensorVariable, solve_triangular(a, b, lower=False))


@OldFunction
def solve_symmetric(a: Any, b: Any) -> TensorVariable:
    """Return `x` with ``a x = b``, where `a` is symmetric."""
    return cast(TensorVariable, solve(a, b, assume_a="sym"))
