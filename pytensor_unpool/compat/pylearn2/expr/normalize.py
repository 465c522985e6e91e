"""Names of `pylearn2.expr.normalize`: normalization across channels."""

from __future__ import annotations

from typing import Any, cast

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.errors import ArgumentError

__all__ = ["CrossChannelNormalization"]

__getattr__, __dir__ = fall_back(__name__)


class CrossChannelNormalization:
    """Divide each value by a power of the squares of its neighbours in other channels.

    Parameters
    ----------
    alpha, k, beta : float
        The divisor is ``(k + alpha * sum of squares) ** beta``.
    n : odd int
        How many channels are summed, centred on the value's own.
    """

    def __init__(self, alpha: float = 1e-4, k: float = 2, beta: float = 0.75, n: int = 5) -> None:
        if n % 2 == 0:
            raise ArgumentError(
                f"n must be odd, so that a channel is in the middle: got {n}. Pass {n + 1}.",
                got=n,
                wanted="odd",
            )
        self.alpha, self.k, self.beta, self.n = alpha, k, beta, n

    def __call__(self, c01b: Any) -> TensorVariable:
        """Return the normalized images; both have shape (channels, rows, columns, batch)."""
        c01b = pt.as_tensor_variable(c01b)
        half = self.n // 2
        edge = pt.zeros((half, c01b.shape[1], c01b.shape[2], c01b.shape[3]), dtype=c01b.dtype)
        squares = pt.concatenate([edge, pt.sqr(c01b), edge], axis=0)
        total = sum(squares[i : i + c01b.shape[0]] for i in range(self.n))
        return cast(TensorVariable, c01b / (self.k + self.alpha * total) ** self.beta)
