"""Names of `pylearn2.utils.rng`: a random number generator, made if there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.sandbox.rng_mrg import MRG_RandomStreams

__all__ = ["make_np_rng", "make_rng", "make_theano_rng"]

__getattr__, __dir__ = fall_back(__name__)


def make_rng(
    rng_or_seed: Any = None,
    default_seed: Any = None,
    which_method: str | Sequence[str] | None = None,
    constructor: Callable[[Any], Any] = np.random.RandomState,
) -> Any:
    """Return a random number generator.

    Parameters
    ----------
    rng_or_seed : generator, int, or sequence of ints; optional
        A generator with all methods is returned as it is.
    default_seed : int, or sequence of ints, optional
        The seed where there is none. Without it, 42.
    which_method : str, or sequence of str, optional
        The methods that are needed.
    constructor : function of a seed
    """
    methods = [which_method] if isinstance(which_method, str) else which_method or []
    if rng_or_seed is None:
        return constructor(42 if default_seed is None else default_seed)
    is_seed = isinstance(rng_or_seed, int | np.integer | list | tuple)
    if not is_seed and all(hasattr(rng_or_seed, method) for method in methods):
        return rng_or_seed
    return constructor(rng_or_seed)


def make_np_rng(rng_or_seed: Any = None, default_seed: Any = None, which_method: Any = None) -> Any:
    """Return a ``numpy.random.RandomState``; see `make_rng`.

    >>> make_np_rng(None, 5, which_method="uniform").uniform() < 1
    True
    """
    return make_rng(rng_or_seed, default_seed, which_method, np.random.RandomState)


def make_theano_rng(
    rng_or_seed: Any = None, default_seed: Any = None, which_method: Any = None
) -> Any:
    """Return an `MRG_RandomStreams`; see `make_rng`."""
    return make_rng(rng_or_seed, default_seed, which_method, MRG_RandomStreams)
