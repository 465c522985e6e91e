"""Averages and their gradients against PyTorch, over random settings; skipped without torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.kernels import reference
from tests.support.cases import Array, PoolCase, distinct
from tests.support.torch_cases import CASES, compiled_modes_and_ranks, one_thread, torch

__all__ = ["one_thread"]

AVERAGE = {1: "avg_pool1d", 2: "avg_pool2d", 3: "avg_pool3d"}

# PyTorch's averages know no dilation, and `avg_pool3d`, unlike the others, refuses an axis that is
# shorter than its window without the padding.
AVERAGE_CASES = {
    ndim: [
        case
        for case in cases
        if case.dilation == (1,) * ndim
        and (ndim < 3 or all(n >= row[0] for n, row in zip(case.lengths, case.rows, strict=True)))
    ]
    for ndim, cases in CASES.items()
}

# Our word for each value of PyTorch's `count_include_pad`.
AVERAGES = {True: "average_inc_pad", False: "average_exc_pad"}


def torch_averages(x: Array, cotangent: Callable[..., Array], case: PoolCase) -> list[list[Array]]:
    """Return values, a cotangent of whole numbers and the gradient, once for each mode.

    With `ceil_mode` PyTorch has our windows and our divisors: what a partial window has beyond the
    padding counts in neither mode.
    """
    window, stride, before, *_ = (list(column) for column in zip(*case.rows, strict=True))
    function = getattr(torch.nn.functional, AVERAGE[case.ndim])
    results = []
    for count_include_pad in AVERAGES:
        leaf = torch.tensor(x, requires_grad=True)
        y = function(leaf, window, stride, before, case.partial_windows, count_include_pad)
        g = cotangent(tuple(y.shape))
        y.backward(torch.tensor(g))
        results.append([y.detach().numpy(), g, leaf.grad.numpy()])
    return results


def assert_close(got: Array, wanted: Array, case: PoolCase) -> None:
    """Where windows overlap, gradients are sums of quotients, in an order of one's own."""
    assert got.dtype == wanted.dtype
    atol = 1e-14 * np.abs(wanted).max(initial=1)
    np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=atol, err_msg=str(case))


def float64(rng: np.random.Generator) -> Callable[..., Array]:
    return lambda shape: distinct(rng, shape, "float64")


@pytest.mark.parametrize("case", [c for cases in AVERAGE_CASES.values() for c in cases], ids=str)
def test_reference_averages_equal_torch(case: PoolCase, rng: np.random.Generator) -> None:
    x = distinct(rng, case.shape, "float64")
    results = torch_averages(x, float64(rng), case)
    for name, (y, g, gradient) in zip(AVERAGES.values(), results, strict=True):
        options = (case.rows, case.partial_windows, name)
        assert_close(reference.pool(x, *options), y, case)
        assert_close(reference.pool_input_grad(g, case.lengths, *options), gradient, case)


@pytest.mark.parametrize("partial_windows", [False, True])
@compiled_modes_and_ranks
def test_compiled_averages_equal_torch(
    ndim: int, partial_windows: bool, mode: str, rng: np.random.Generator
) -> None:
    """One function for all cases with the same rank: its windows are symbolic."""
    cases = [c for c in AVERAGE_CASES[ndim] if c.partial_windows == partial_windows]
    assert len(cases) > 20
    numbers = [pt.tensor(dtype="int64", shape=(ndim,)) for _ in range(3)]
    x, *cotangents = (pt.tensor(dtype="float64", shape=(None,) * (ndim + 2)) for _ in range(3))
    values = [
        pu.pool(x, *numbers, mode=name, partial_windows=partial_windows)
        for name in AVERAGES.values()
    ]
    known = zip(values, cotangents, strict=True)
    gradients = [pt.grad(None, x, known_grads={y: g}) for y, g in known]
    function = pytensor.function([x, *cotangents, *numbers], [*values, *gradients], mode=mode)
    for case in cases:
        array = distinct(rng, case.shape, "float64")
        results = torch_averages(array, float64(rng), case)
        columns = [np.array(column) for column in zip(*case.rows, strict=True)]
        wanted, wanted_g, wanted_gradients = zip(*results, strict=True)
        got = function(array, *wanted_g, *columns[:3])
        for one, other in zip(got, (*wanted, *wanted_gradients), strict=True):
            assert_close(one, other, case)
