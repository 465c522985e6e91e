"""Shapes of arrays and kernels of any number of axes, for the tests of helix convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from pytensor_unpool.geometry.helix import MODES as WINDOWS
from pytensor_unpool.geometry.helix import window_length, window_start
from tests.support.cases import Array

LONGEST = {1: 200, 2: 24, 3: 12, 4: 7, 5: 5, 6: 4}


@st.composite
def shapes(draw: Callable[..., Any], ranks: Any) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Draw the shapes of x and kernel, either of them longer, and a mode that accepts them."""
    rank = draw(st.sampled_from(list(ranks)))
    lengths = st.lists(st.integers(1, LONGEST[rank]), min_size=rank, max_size=rank)
    x, kernel = tuple(draw(lengths)), tuple(draw(lengths))
    mode = draw(st.sampled_from(WINDOWS))
    signs = [n - m for n, m in zip(x, kernel, strict=True)]
    assume(mode != "valid" or min(signs) >= 0 or max(signs) <= 0)
    return x, kernel, mode


def drawn(x: tuple[int, ...], kernel: tuple[int, ...], seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=x), rng.normal(size=kernel)


def place(x: Array, kernel: Array, mode: str) -> tuple[list[int], list[int]]:
    pairs = list(zip(x.shape, kernel.shape, strict=True))
    return [window_start(mode, *p) for p in pairs], [window_length(mode, *p) for p in pairs]


def assert_close(got: Array, wanted: Array, tolerance: float = 1e-12) -> None:
    """Compare relative to the largest element: transforms spread rounding errors everywhere."""
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max(initial=0) <= tolerance * np.abs(wanted).max(initial=0)
