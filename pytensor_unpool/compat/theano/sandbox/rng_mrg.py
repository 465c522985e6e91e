"""Names of `theano.sandbox.rng_mrg`: streams that were fast on GPUs."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.shared_randomstreams import Streams
from pytensor_unpool.errors import ArgumentError

__all__ = [
    "M1",
    "M2",
    "A1p72",
    "A1p134",
    "A2p72",
    "A2p134",
    "MRG_RNGs",
    "MRG_RandomStreams",
    "ff_2p72",
    "ff_2p134",
    "guess_n_streams",
]

__getattr__, __dir__ = fall_back(__name__)

# The two recurrences of MRG31k3p (L'Ecuyer and Touzin, 2000): moduli, and matrices of one step.
M1, M2 = 2147483647, 2147462579
STEP1 = ((0, 2**22, 2**7 + 1), (1, 0, 0), (0, 1, 0))
STEP2 = ((2**15, 0, 2**15 + 1), (1, 0, 0), (0, 1, 0))


def _after(steps_log2: int, matrix: Any, modulus: int) -> np.ndarray:
    """Return the matrix of ``2**steps_log2`` steps."""
    # The sums of products exceed 64 bits.
    power = np.array(matrix, object)
    for _ in range(steps_log2):
        power = power.dot(power) % modulus
    return power.astype(np.int64)


A1p72, A2p72 = _after(72, STEP1, M1), _after(72, STEP2, M2)
A1p134, A2p134 = _after(134, STEP1, M1), _after(134, STEP2, M2)


def _jumped(rstate: Any, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    state = np.array([int(x) for x in rstate], object)
    halves = first.astype(object).dot(state[:3]) % M1, second.astype(object).dot(state[3:]) % M2
    return np.concatenate(halves).astype(np.int32)


def ff_2p72(rstate: Any) -> np.ndarray:
    """Return the state of MRG31k3p 2**72 steps later."""
    return _jumped(rstate, A1p72, A2p72)


def ff_2p134(rstate: Any) -> np.ndarray:
    """Return the state of MRG31k3p 2**134 steps later."""
    return _jumped(rstate, A1p134, A2p134)


def _are_states(numbers: list[int]) -> bool:
    halves = (numbers[:3], M1), (numbers[3:], M2)
    return all(isinstance(x, int | np.integer) for x in numbers) and all(
        any(half) and all(0 <= x < limit for x in half) for half, limit in halves
    )


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
        self.set_rstate(seed)
        super().__init__(seed)

    def set_rstate(self, seed: Any) -> None:
        """Seed the streams; those of variables that were drawn go on."""
        numbers = [seed] * 6 if np.ndim(seed) == 0 else list(seed)
        if len(numbers) != 6 or not _are_states(numbers):
            raise ArgumentError(
                f"seed should be an integer, or six of which the first three are from 0 to {M1 - 1}"
                f", the last three from 0 to {M2 - 1}, and neither are all 0: got {seed}.",
                got=seed,
                wanted="an integer, or six",
            )
        self.rstate = np.array(numbers, np.int32)

    def inc_rstate(self) -> None:
        """Go on to other streams: 2**134 steps of MRG31k3p further."""
        self.rstate = ff_2p134(self.rstate)

    def get_substream_rstates(
        self, n_streams: int, dtype: str = "float32", inc_rstate: bool = True
    ) -> np.ndarray:
        """Return the states of streams that are 2**72 steps of MRG31k3p apart.

        Parameters
        ----------
        n_streams : int
        dtype : ignored
        inc_rstate : bool
            Whether to go on to other streams.

        Returns
        -------
        int32 array of shape (n_streams, 6)
        """
        states = [self.rstate]
        for _ in range(n_streams - 1):
            states.append(ff_2p72(states[-1]))
        if inc_rstate:
            self.inc_rstate()
        return np.array(states, np.int32)

    def seed(self, seed: Any = None) -> None:
        """Reseed all generators from this seed, or from the first one."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        super().seed(seed)

    def _next_seed(self) -> Any:
        """Return the seed of the next generator: streams with equal states draw the same."""
        state = self.rstate.tolist()
        self.inc_rstate()
        return state

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
