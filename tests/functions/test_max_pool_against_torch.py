"""`max_pool` and its gradient against PyTorch, over random settings; skipped without torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels import reference
from pytensor_unpool.kernels.window_taps import window_taps
from tests.support.cases import Array, PoolCase, assert_same, distinct, tied
from tests.support.modes import ALL, COMPILED
from tests.support.torch_cases import (
    CASES,
    every_case,
    every_mode_and_rank,
    one_thread,
    torch,
    torch_max_pool,
)

__all__ = ["one_thread"]

Function = Callable[..., Any]


def torch_results(x: Array, cotangent: Callable[..., Array], case: PoolCase) -> list[Array]:
    """Return values, positions, a cotangent of whole numbers, and the gradient."""
    leaf = torch.tensor(x, requires_grad=True)
    values, positions = torch_max_pool(leaf, case)
    g = cotangent(tuple(values.shape))
    values.backward(torch.tensor(g))
    return [values.detach().numpy(), positions.numpy(), g, leaf.grad.numpy()]


@pytest.mark.parametrize("data", [distinct, tied])
@every_case
def test_reference_equals_torch(
    case: PoolCase, data: Callable[..., Array], rng: np.random.Generator
) -> None:
    x = data(rng, case.shape)
    values, positions, g, gradient = torch_results(x, lambda shape: distinct(rng, shape), case)
    got = reference.max_pool(x, case.rows, case.partial_windows)
    assert_same(got[0], values)
    assert_same(got[1], positions)
    assert_same(reference.max_unpool(g, positions, case.lengths, "sum"), gradient)


@every_case
def test_nan_goes_where_it_goes_in_torch(case: PoolCase, rng: np.random.Generator) -> None:
    """But of several in a window torch takes the last, where we and NumPy take the first."""
    x = distinct(rng, case.shape, "float64")
    x[rng.random(case.shape) < 0.15] = np.nan
    values, positions = (result.numpy() for result in torch_max_pool(torch.tensor(x), case))
    got = reference.max_pool(x, case.rows, case.partial_windows)
    assert_same(got[0], values)
    flat, inside = window_taps(case.lengths, case.rows, case.partial_windows)
    taps = x.reshape(*case.leading, -1)[..., flat]
    many = (np.isnan(taps) & inside).sum(-1) > 1
    assert_same(got[1][~many], positions[~many])
    assert (got[1][many] < positions[many]).all()


def test_the_last_of_several_nan_is_torchs_own_rule() -> None:
    """When this fails, PyTorch has changed, and the documentation of positions with it."""
    x = np.array([[[1, np.nan, np.nan]]])
    _, positions = torch_max_pool(torch.tensor(x), PoolCase((3,), 3))
    assert positions.tolist() == [[[2]]]
    assert reference.max_pool(x, [AxisWindows(3, 3, 0, 0, 1)], False)[1].tolist() == [[[1]]]


def assert_equals_torch(
    function: Function, case: PoolCase, rng: np.random.Generator, *numbers: Any
) -> None:
    """Compare values, positions and gradient for numbers without ties, and with many."""
    for data in (distinct, tied):
        x = data(rng, case.shape)
        results = torch_results(x, lambda shape: distinct(rng, shape), case)
        values, positions, g, gradient = results
        for got, wanted in zip(
            function(x, g, *numbers), (values, positions, gradient), strict=True
        ):
            assert_same(got, wanted, case)


def graph(window: Any, case: PoolCase, stride: Any, pad: Any) -> tuple[list[Any], list[Any]]:
    """Return inputs and outputs of pooling and its gradient, lengths unknown."""
    x = pt.tensor("x", dtype="float32", shape=(None,) * (case.ndim + 2))
    values, positions = pu.max_pool(
        x, window, stride, pad, case.dilation, partial_windows=case.partial_windows
    )
    g = values.type("g")
    return [x, g], [values, positions, pt.grad((values * g).sum(), x)]


# How many cases each mode compiles: it takes seconds for each.
SAMPLE = {"NUMBA": 12, "CVM": 48} if ALL else {"NUMBA": 2, "CVM": 4}


@pytest.mark.parametrize(
    ("mode", "case"),
    [(mode, CASES[1 + i % 3][i]) for mode in COMPILED for i in range(SAMPLE[mode])],
    ids=str,
)
def test_compiled_windows_equal_torch(mode: str, case: PoolCase, rng: np.random.Generator) -> None:
    function = pytensor.function(*graph(case.window, case, case.stride, case.pad), mode=mode)
    assert_equals_torch(function, case, rng)


@pytest.mark.parametrize("partial_windows", [False, True])
@every_mode_and_rank
def test_symbolic_windows_equal_torch(
    ndim: int, partial_windows: bool, mode: str, rng: np.random.Generator
) -> None:
    """One function for all cases with the same rank and without dilation."""
    cases = [
        case
        for case in CASES[ndim]
        if case.partial_windows == partial_windows and case.dilation == (1,) * ndim
    ]
    assert len(cases) > 20
    numbers = [pt.tensor(dtype="int64", shape=(ndim,)) for _ in range(3)]
    window, stride, pad = numbers
    inputs, outputs = graph(window, cases[0], stride, pad)
    function = pytensor.function([*inputs, *numbers], outputs, mode=mode)
    for case in cases:
        columns = [np.array(column) for column in zip(*case.rows, strict=True)]
        assert_equals_torch(function, case, rng, *columns[:3])
