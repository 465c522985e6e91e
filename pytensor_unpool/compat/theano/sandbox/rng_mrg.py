"""Names of `theano.sandbox.rng_mrg`: streams that were fast on GPUs."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.shared_randomstreams import Streams
from pytensor_unpool.errors import ArgumentError

__all__ = ["MRG_RNGs", "MRG_RandomStreams", "guess_n_streams"]

__getattr__, __dir__ = fall_back(__name__)

# MRG's smallest and largest numbers, out of 2**15 and 2**31 - 1.
ENDS = {
    "float16": (np.float16(3.0458e-05), np.float16(0.9995)),
    "float32": (np.float32(4.6566126e-10), np.float32(0.99999994)),
}
# The standard deviation of a normal distribution truncated at -2 and 2.
STD_OF_TRUNCATED = 0.87962566103423978


class MRG_RandomStreams(Streams):  # noqa: N801
    """``MRG_RandomStreams(seed)``: like `RandomStreams`, except for `choice`.

    Parameters
    ----------
    seed : int, or six of them
    use_cuda : ignored

    >>> drawn = MRG_RandomStreams(1).normal((2, 3), avg=5.0, std=0.01)
    >>> drawn.eval().round().tolist()
    [[5.0, 5.0, 5.0], [5.0, 5.0, 5.0]]
    """

    def __init__(self, seed: Any = 12345, use_cuda: Any = None) -> None:
        super().__init__(seed)

    def set_rstate(self, seed: Any) -> None:
        """Seed the streams; variables that have been drawn keep theirs."""
        self._seeds = np.random.SeedSequence(seed)

    def inc_rstate(self) -> None:
        """Move on to other streams."""
        self._seeds.spawn(1)

    def uniform(
        self,
        size: Any = None,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        **ignored: Any,
    ) -> TensorVariable:
        """Draw numbers between `low` and `high`, neither of them included.

        The arguments are those of `RandomStreams.uniform`.
        """
        drawn = super().uniform(size, low, high, ndim, dtype, **ignored)
        if drawn.dtype not in ENDS:
            # There are so many float64 numbers that the ends are practically never drawn.
            return drawn
        first, last = ENDS[drawn.dtype]
        low = pt.as_tensor_variable(low).astype(drawn.dtype)
        width = pt.as_tensor_variable(high).astype(drawn.dtype) - low
        return cast(TensorVariable, pt.clip(drawn, low + width * first, low + width * last))

    def truncated_normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        **ignored: Any,
    ) -> TensorVariable:
        """Draw numbers of a truncated normal distribution; see `normal`.

        Parameters
        ----------
        std : tensor_like
            The standard deviation of the numbers that are drawn. They are at most
            ``2 * std / 0.8796`` from the mean.
        """
        return self.normal(size, avg, std / STD_OF_TRUNCATED, ndim, dtype, truncate=True)

    def choice(
        self,
        size: Any = 1,
        a: Any = None,
        replace: bool = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        **ignored: Any,
    ) -> TensorVariable:
        """Draw classes for each row of a matrix of probabilities.

        Parameters
        ----------
        size : int, or integer scalar
            Number of draws for each row.
        a : int, optional
            If `p` is not given, the number of equally likely classes.
        replace : bool
            Whether a class may be drawn more than once in a row.
        p : float matrix of shape (rows, classes), optional

        Returns
        -------
        integer matrix of shape (rows, size); without `p`, as `RandomStreams.choice`
        """
        if p is None:
            return super().choice(size, 2 if a is None else a, replace, None, ndim, dtype)
        p = pt.as_tensor_variable(p)
        if p.type.ndim != 2 or a is not None:
            raise ArgumentError(
                f"choice takes a matrix p, without a: got {p.type} and a={a}. Use "
                f"theano.tensor.shared_randomstreams.RandomStreams for a vector.",
                got=(p.type, a),
                wanted="a matrix",
            )
        if replace:
            # One row per draw, since a distribution yields one class at a time.
            repeated = pt.repeat(p, size, axis=0)
            chosen = self._classes(repeated, [repeated.shape[0]]).reshape((p.shape[0], size))
        else:
            chosen = self._all_classes(p)[:, :size]
        return cast(TensorVariable, chosen.astype(dtype))

    def multinomial_wo_replacement(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        replace: bool = False,
        ndim: int | None = None,
        dtype: str = "int64",
        **ignored: Any,
    ) -> TensorVariable:
        """Draw `n` different classes for each row of `pvals`; the older name of `choice`."""
        return self.choice(n, None, replace, pvals, ndim, dtype)


MRG_RNGs = MRG_RandomStreams


def guess_n_streams(size: Any, warn: bool = False) -> int:
    """Return 1: there are no parallel streams."""
    return 1
