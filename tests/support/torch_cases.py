"""Random poolings that PyTorch knows, for the tests that compare with it.

PyTorch is large, so the `test` extra leaves it out: what imports this is skipped without it.
`python -m pip install torch` brings it in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.support import oracle
from tests.support.cases import PoolCase
from tests.support.modes import ALL, MODES

torch = pytest.importorskip("torch")

POOL = {1: "max_pool1d", 2: "max_pool2d", 3: "max_pool3d"}


def random_case(rng: np.random.Generator, ndim: int) -> PoolCase:
    """Draw windows that PyTorch takes: padding of at most half of a window."""
    while True:
        window, stride, dilation = (
            tuple(rng.integers(1, most, size=ndim).tolist()) for most in (5, 5, 4)
        )
        if rng.random() < 0.5:
            dilation = (1,) * ndim
        pad = tuple(int(rng.integers(0, w // 2 + 1)) for w in window)
        spans = [(w - 1) * d + 1 - 2 * p for w, d, p in zip(window, dilation, pad, strict=True)]
        lengths = tuple(max(1, span) + int(rng.integers(0, 9)) for span in spans)
        leading = tuple(rng.integers(1, 4, size=2).tolist())
        partial_windows = bool(rng.random() < 0.5)
        case = PoolCase(lengths, window, stride, pad, dilation, partial_windows, leading)
        axes = zip(lengths, case.rows, strict=True)
        if all(all(oracle.elements_of_axis(n, row, partial_windows)) for n, row in axes):
            return case


def random_cases(count: int) -> dict[int, list[PoolCase]]:
    rng = np.random.default_rng(2022)
    return {ndim: [random_case(rng, ndim) for _ in range(count)] for ndim in POOL}


CASES = random_cases(100)

every_case = pytest.mark.parametrize(
    "case", [c for cases in CASES.values() for c in cases], ids=str
)


# Compiled modes take images alone, unless all tests are asked for.
RANKS = [
    (mode, ndim) for mode in MODES for ndim in POOL if ALL or mode == "FAST_COMPILE" or ndim == 2
]

every_mode_and_rank = pytest.mark.parametrize(("mode", "ndim"), RANKS)
compiled_modes_and_ranks = pytest.mark.parametrize(
    ("mode", "ndim"), [(mode, ndim) for mode, ndim in RANKS if mode != "FAST_COMPILE"]
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """With several, PyTorch writes any of the values whose positions repeat."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def torch_max_pool(x: Any, case: PoolCase) -> tuple[Any, Any]:
    window, stride, before, _, dilation = (list(column) for column in zip(*case.rows, strict=True))
    function = getattr(torch.nn.functional, POOL[case.ndim])
    return function(  # type: ignore[no-any-return]
        x,
        window,
        stride,
        before,
        dilation,
        ceil_mode=case.partial_windows,
        return_indices=True,
    )
