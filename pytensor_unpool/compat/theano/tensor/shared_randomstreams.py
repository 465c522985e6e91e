"""Names of `theano.tensor.shared_randomstreams`: streams of random numbers.

The numbers differ from those that Theano drew with the same seed. Their distributions, shapes and
dtypes are the same.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.scalar import upcast
from pytensor.tensor import random
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.default_updates import set_default_update
from pytensor_unpool.compat.draws import Draw, note
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.errors import ArgumentError, ShapeError

__all__ = ["RandomStreams", "Streams"]

__getattr__, __dir__ = fall_back(__name__)


class Streams:
    """Base of both kinds of streams: a generator for each variable, and its updates.

    Each variable has its own generator, which `theano.function` advances.

    Parameters
    ----------
    seed : int, or sequence of ints, optional
        The same seed, and the same draws in the same order, give the same numbers.
    """

    def __init__(self, seed: Any = None) -> None:
        self.default_instance_seed = seed
        self.state_updates: list[tuple[Any, Any]] = []
        self._seeds = np.random.SeedSequence(seed)

    def seed(self, seed: Any = None) -> None:
        """Reseed all generators from this seed, or from the first one."""
        self._seeds = np.random.SeedSequence(self.default_instance_seed if seed is None else seed)
        for generator, _ in self.state_updates:
            generator.set_value(np.random.default_rng(self._next_seed()), borrow=True)

    def _next_seed(self) -> Any:
        """Return the seed of the next generator."""
        return self._seeds.spawn(1)[0]

    def updates(self) -> list[tuple[Any, Any]]:
        """Return the updates of the generators, which functions apply by default."""
        return list(self.state_updates)

    def uniform(
        self,
        size: Any = None,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        **ignored: Any,
    ) -> TensorVariable:
        """Draw numbers between `low` and `high`.

        Parameters
        ----------
        size : tuple of ints or integer scalars, integer vector, or int; optional
            The shape; without it, that of `low` and `high` together.
        low, high : tensor_like
        ndim : int, optional
            The number of axes, where `size` is a vector of unknown length.
        dtype : str, optional
            floatX by default, or float64 if a bound is.
        ignored : `nstreams`, `target`
            They only affected Theano's speed.
        """
        dtype = dtype or _floatx(low, high)
        return self._draw(random.uniform, low, high, size=_lengths(size, ndim), dtype=dtype)

    def normal(
        self,
        size: Any = None,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        truncate: bool = False,
        **ignored: Any,
    ) -> TensorVariable:
        """Draw numbers of a normal distribution; see `uniform`.

        Parameters
        ----------
        avg, std : tensor_like
        truncate : bool
            Whether to draw only numbers at most two standard deviations from the mean.
        """
        dtype = dtype or _floatx(avg, std)
        if not truncate:
            return self._draw(random.normal, avg, std, size=_lengths(size, ndim), dtype=dtype)
        # The inverse of the normal distribution, applied to numbers between its values at -2 and 2.
        inside = math.erf(math.sqrt(2.0))
        if size is None:
            size = (pt.as_tensor_variable(avg) + std).shape
        u = self.uniform(size, -inside, inside, ndim, dtype="float64")
        return cast(TensorVariable, (avg + std * math.sqrt(2.0) * pt.erfinv(u)).astype(dtype))

    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        prob: Any = None,
        **ignored: Any,
    ) -> TensorVariable:
        """Draw the number of successes in `n` trials with probability `p`; see `uniform`.

        Parameters
        ----------
        n : int, or integer tensor_like
        p : tensor_like
        prob : tensor_like, optional
            The oldest name of `p`.
        """
        p = pt.as_tensor_variable(p if prob is None else prob)
        if isinstance(n, int) and n == 1:
            size = p.shape if size is None and p.type.ndim else size
            hits = self.uniform(size, ndim=ndim, dtype=_floatx(p)) < p
            return cast(TensorVariable, hits.astype(dtype))
        drawn = self._draw(random.binomial, n, p, size=_lengths(size, ndim))
        return cast(TensorVariable, drawn.astype(dtype))

    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        **ignored: Any,
    ) -> TensorVariable:
        """Draw how often each class occurs in `n` trials; see `uniform`.

        Parameters
        ----------
        size : optional
            The shape without the axis of classes; without it, that of `pvals`.
        n : int, or integer tensor_like
        pvals : float tensor_like of shape (..., classes)
            The probabilities. They need not add up to exactly 1.
        """
        pvals = pt.as_tensor_variable([0.5, 0.5] if pvals is None else pvals)
        dtype = str(pvals.dtype) if dtype == "auto" else dtype
        if not (isinstance(n, int) and n == 1):
            exact = pvals.astype("float64")
            exact = exact / exact.sum(axis=-1, keepdims=True)
            return self._draw(random.multinomial, n, exact, size=_lengths(size, ndim)).astype(dtype)
        lengths = [pvals.shape[i] for i in range(pvals.type.ndim - 1)]
        chosen = self._classes(pvals, lengths if size is None else _lengths(size, ndim))
        classes = pt.arange(pvals.shape[-1])
        return cast(TensorVariable, pt.eq(pt.expand_dims(chosen, -1), classes).astype(dtype))

    def _classes(self, pvals: TensorVariable, lengths: list[Any]) -> TensorVariable:
        """Draw one class per trial: the first whose cumulative sum exceeds a random number."""
        u = self.uniform(lengths, dtype="float64")
        sums = pt.cumsum(pvals.astype("float64"), axis=-1)[..., :-1]
        return cast(TensorVariable, (sums <= pt.expand_dims(u, -1)).sum(axis=-1))

    def choice(
        self,
        size: Any = None,
        a: Any = 2,
        replace: bool = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        **ignored: Any,
    ) -> TensorVariable:
        """Draw from ``range(a)``, or from the entries of a vector; see `uniform`.

        Parameters
        ----------
        a : int, integer scalar, or vector
        replace : bool
            Whether an entry may be drawn more than once.
        p : vector, optional
            The probability of each entry.
        """
        a = pt.as_tensor_variable(a)
        n, lengths = (a if a.type.ndim == 0 else a.shape[0]), _lengths(size, ndim) or []
        if replace and p is None:
            chosen = self._draw(random.integers, 0, n, size=lengths)
        elif replace:
            chosen = self._classes(pt.as_tensor_variable(p), lengths)
        else:
            weights = pt.ones(n) if p is None else pt.as_tensor_variable(p)
            chosen = self._all_classes(weights)[: pt.prod(pt.as_tensor(lengths, dtype="int64"))]
            chosen = chosen.reshape(lengths)
        return cast(TensorVariable, (chosen if a.type.ndim == 0 else a[chosen]).astype(dtype))

    def _all_classes(self, weights: TensorVariable) -> TensorVariable:
        """Draw all classes without replacement, by sorting logarithms plus Gumbel noise."""
        lengths = [weights.shape[i] for i in range(weights.type.ndim)]
        noise = -pt.log(-pt.log(self.uniform(lengths, dtype="float64")))
        return cast(TensorVariable, pt.argsort(-pt.log(weights.astype("float64")) - noise, axis=-1))

    def random_integers(
        self,
        size: Any = None,
        low: Any = 0,
        high: Any = 1,
        ndim: int | None = None,
        dtype: str = "int64",
        **ignored: Any,
    ) -> TensorVariable:
        """Draw integers from `low` to `high`, both included; see `uniform`."""
        high = pt.as_tensor_variable(high) + 1
        drawn = self._draw(random.integers, low, high, size=_lengths(size, ndim))
        return cast(TensorVariable, drawn.astype(dtype))

    def poisson(
        self,
        size: Any = None,
        lam: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        **ignored: Any,
    ) -> TensorVariable:
        """Draw numbers of a Poisson distribution with the mean `lam`; see `uniform`."""
        lam = 1.0 if lam is None else lam
        return self._draw(random.poisson, lam, size=_lengths(size, ndim)).astype(dtype)

    def permutation(
        self, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64"
    ) -> TensorVariable:
        """Draw permutations of ``range(n)``: the last axis, after those of `size`."""
        before = [] if size is None else _lengths(size, ndim) or []
        keys = self.uniform((*before, n), dtype="float64")
        return cast(TensorVariable, pt.argsort(keys, axis=-1).astype(dtype))

    def shuffle_row_elements(self, input: Any) -> TensorVariable:  # noqa: A002
        """Return a tensor with its last axis shuffled, independently for each row."""
        x = pt.as_tensor_variable(input)
        keys = self.uniform(tuple(x.shape[i] for i in range(x.type.ndim)), dtype="float64")
        return cast(TensorVariable, pt.take_along_axis(x, pt.argsort(keys, axis=-1), axis=-1))

    def _draw(self, distribution: Any, *parameters: Any, size: Any, **options: Any) -> Any:
        """Return a variable of a distribution, with its own generator."""
        generator = pytensor.shared(np.random.default_rng(self._next_seed()), borrow=True)
        following, drawn = distribution(
            *parameters, size=size, rng=generator, return_next_rng=True, **options
        )
        set_default_update(generator, following)
        self.state_updates.append((generator, following))
        note(Draw(generator, following, drawn))
        return drawn


def _floatx(*parameters: Any) -> str:
    """Return floatX, or the wider float dtype of a parameter. Plain numbers do not count."""
    given = [x for x in parameters if not isinstance(x, int | float)]
    dtypes = [pt.as_tensor_variable(x).dtype for x in given]
    floats = [dtype for dtype in dtypes if np.dtype(dtype).kind == "f"]
    return str(upcast(pytensor.config.floatX, *floats))


def _lengths(size: Any, ndim: int | None) -> Any:
    """Return a shape as a list of lengths, or None."""
    if size is None:
        return None
    if isinstance(size, Variable) and size.type.ndim == 1:
        n = size.type.shape[0] if ndim is None else ndim
        if n is None:
            raise ShapeError(
                "size is a vector of unknown length: its number of axes is unknown. Pass ndim, "
                "or a tuple.",
                got=size,
                wanted="a known length, or ndim",
            )
        return [size[i] for i in range(n)]
    if isinstance(size, np.ndarray):
        return size.tolist()
    return list(size) if isinstance(size, tuple | list) else [size]


class RandomStreams(Streams):
    """``RandomStreams(seed)``, as in Theano.

    >>> drawn = RandomStreams(seed=5).uniform((2, 3), low=-1.0)
    >>> drawn.type.ndim, drawn.dtype
    (2, 'float64')
    """

    def __getitem__(self, item: Any) -> Any:
        """Return the state of a generator."""
        return self._of(item).get_value()

    def __setitem__(self, item: Any, value: Any) -> None:
        """Set the state of a generator."""
        self._of(item).set_value(value)

    def _of(self, item: Any) -> Any:
        for old, new in self.state_updates:
            if item is old or item is new:
                return old
        raise ArgumentError(
            f"{item} is not a generator of these streams. Pass one from `state_updates`.",
            got=item,
            wanted="a generator",
        )
