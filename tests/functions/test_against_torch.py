"""Pooling and un-pooling against PyTorch, over random settings.

PyTorch is large, so the `test` extra leaves it out: without it, this file is skipped.
`python -m pip install torch` brings it in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.kernels import reference
from pytensor_unpool.kernels.window_taps import window_taps
from tests.support import oracle_pool as oracle
from tests.support.cases import Array, PoolCase, assert_same, distinct, tied
from tests.support.modes import COMPILED, compiled_modes, every_mode

torch = pytest.importorskip("torch")

Function = Callable[..., Any]

POOL = {1: "max_pool1d", 2: "max_pool2d", 3: "max_pool3d"}
AVERAGE = {1: "avg_pool1d", 2: "avg_pool2d", 3: "avg_pool3d"}
UNPOOL = {1: "max_unpool1d", 2: "max_unpool2d", 3: "max_unpool3d"}


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


def torch_max_unpool(values: Any, positions: Array, lengths: tuple[int, ...]) -> Any:
    """Un-pool to any lengths: PyTorch wants a kernel that fits, but does not use it."""
    kernel = [n - pooled + 1 for n, pooled in zip(lengths, values.shape[2:], strict=True)]
    function = getattr(torch.nn.functional, UNPOOL[len(lengths)])
    return function(values, torch.tensor(positions), kernel, stride=1, output_size=lengths)


@every_case
def test_un_pooling_equals_torch(case: PoolCase, rng: np.random.Generator) -> None:
    """Values also where positions repeat; gradients where they do not, for torch is wrong there."""
    x = distinct(rng, case.shape)
    _, repeated = reference.max_pool(x, case.rows, case.partial_windows)
    pooled = [min(n, count) for n, count in zip(case.lengths, repeated.shape[2:], strict=True)]
    unique = np.argsort(rng.random(case.shape).reshape(*case.leading, -1), axis=-1)
    unique = unique[..., : int(np.prod(pooled))].reshape(*case.leading, *pooled)
    for positions in (repeated, unique):
        leaf = torch.tensor(distinct(rng, positions.shape), requires_grad=True)
        unpooled = torch_max_unpool(leaf, positions, case.lengths)
        got = reference.max_unpool(leaf.detach().numpy(), positions, case.lengths)
        assert_same(got, unpooled.detach().numpy())
    g = distinct(rng, case.shape)
    unpooled.backward(torch.tensor(g))
    gathered = reference.max_gather(g, unique, case.ndim, "last")
    assert_same(gathered, leaf.grad.numpy())


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


# How many cases each mode compiles: Numba takes seconds for each.
SAMPLE = {"NUMBA": 12, "CVM": 48}


@pytest.mark.parametrize(
    ("mode", "case"),
    [(mode, CASES[1 + i % 3][i]) for mode in COMPILED for i in range(SAMPLE[mode])],
    ids=str,
)
def test_compiled_windows_equal_torch(mode: str, case: PoolCase, rng: np.random.Generator) -> None:
    function = pytensor.function(*graph(case.window, case, case.stride, case.pad), mode=mode)
    assert_equals_torch(function, case, rng)


@pytest.mark.parametrize("partial_windows", [False, True])
@pytest.mark.parametrize("ndim", CASES)
@every_mode
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


@pytest.mark.parametrize("ndim", UNPOOL)
@every_mode
def test_compiled_un_pooling_equals_torch(ndim: int, mode: str, rng: np.random.Generator) -> None:
    """Overlapping windows repeat positions; the values here differ."""
    axes = (None,) * (ndim + 2)
    values = pt.tensor("values", dtype="float32", shape=axes)
    positions = pt.tensor("positions", dtype="int64", shape=axes)
    lengths = [pt.lscalar() for _ in range(ndim)]
    unpooled = pu.max_unpool(values, positions, lengths)
    function = pytensor.function([values, positions, *lengths], unpooled, mode=mode)
    for case in CASES[ndim]:
        x = distinct(rng, case.shape)
        _, places = reference.max_pool(x, case.rows, case.partial_windows)
        numbers = distinct(rng, places.shape)
        wanted = torch_max_unpool(torch.tensor(numbers), places, case.lengths).numpy()
        assert_same(function(numbers, places, *case.lengths), wanted, case)


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
@pytest.mark.parametrize("ndim", AVERAGE_CASES)
@compiled_modes
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


def test_the_last_of_several_nan_is_torchs_own_rule() -> None:
    """When this fails, PyTorch has changed, and the documentation of positions with it."""
    x = np.array([[[1, np.nan, np.nan]]])
    _, positions = torch_max_pool(torch.tensor(x), PoolCase((3,), 3))
    assert positions.tolist() == [[[2]]]
    assert reference.max_pool(x, [(3, 3, 0, 0, 1)], False)[1].tolist() == [[[1]]]
