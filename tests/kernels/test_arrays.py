"""What NumPy's kernels give, those on whole arrays give, on every backend that is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.geometry.helix import METHODS
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels import arrays, reference
from pytensor_unpool.kernels.reference import conv as reference_conv
from pytensor_unpool.kernels.reference import neighbours as reference_neighbours
from pytensor_unpool.kernels.reference import upsampling as reference_upsampling
from pytensor_unpool.kernels.reference.helix import convolve_by_products
from tests.support.backends import INSTALLED, Backend, at_its_precision, every_backend, marks
from tests.support.cases import CASES, DATA, Array, PoolCase, distinct, tied
from tests.support.conv_cases import CASES as CONVOLUTIONS
from tests.support.conv_cases import Case
from tests.support.helix_cases import assert_close
from tests.support.whole import whole

__all__ = ["at_its_precision"]
pytestmark = marks

# Some cases that go every way.
SOME = [case for case in CASES if 0 not in case.shape][:8:2]


def forward(xp: Any, kernels: Any, case: PoolCase) -> Callable[..., list[Any]]:
    """Return the function that pools in every way, by `arrays` or by `reference`."""
    where = (case.rows, case.partial_windows)

    def run(x: Any) -> list[Any]:
        call = _caller(xp)
        pooled = [*call(kernels.max_pool, x, *where), call(kernels.max_pool, x, *where, "taps")[1]]
        modes = ("sum", "average_inc_pad", "average_exc_pad")
        pooled.append(pooled[0] if xp is None else kernels.max_values(xp, x, *where))
        return [*pooled, *(call(kernels.pool, x, *where, mode) for mode in modes)]

    return run


def backward(xp: Any, kernels: Any, case: PoolCase) -> Callable[..., list[Any]]:
    """Return the function that goes from windows to elements, and from there back, every way."""
    where, lengths = (case.rows, case.partial_windows), case.lengths

    def run(x: Any, values: Any, positions: Any, taps: Any, g: Any) -> list[Any]:
        call = _caller(xp)
        results = [
            call(kernels.pool_input_grad, g, lengths, *where, mode)
            for mode in ("sum", "average_inc_pad", "average_exc_pad")
        ]
        for duplicates in ("last", "sum"):
            results.append(call(kernels.max_unpool, g, positions, lengths, duplicates))
            results.append(call(kernels.max_gather, x, positions, len(lengths), duplicates))
        if xp is None:
            results.append(kernels.max_unpool(g, positions, lengths, "sum"))
        else:
            results.append(kernels.window_unpool(xp, g, positions, lengths, *where))
        results.append(call(kernels.tap_unpool, g, taps, lengths, *where))
        results.append(call(kernels.tap_gather, x, taps, *where))
        results.append(call(kernels.tied_unpool, x, values, g, *where))
        results.append(call(kernels.tied_gather, x, values, x, *where))
        return results

    return run


def _caller(xp: Any) -> Callable[..., Any]:
    return lambda kernel, *arguments: kernel(*([] if xp is None else [xp]), *arguments)


def assert_same(got: list[Array], wanted: list[Array], backend: Backend) -> None:
    # Averages are divided in single precision, or their sums made in another order.
    tolerance = 1e-5 if backend.precision == "float32" else 1e-12
    for i, (one, other) in enumerate(zip(got, wanted, strict=True)):
        assert one.dtype == other.dtype, i
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance, err_msg=str(i))


@every_backend
@pytest.mark.parametrize("case", CASES, ids=str)
def test_pooling(backend: Backend, case: PoolCase, rng: np.random.Generator) -> None:
    run = forward(backend.xp, arrays, case)
    for data in DATA:
        x = data(rng, case.shape, backend.precision)
        assert_same(backend.run(run, x), forward(None, reference, case)(x), backend)


@every_backend
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_way_back(backend: Backend, case: PoolCase, rng: np.random.Generator) -> None:
    run = backward(backend.xp, arrays, case)
    for data in (distinct, tied):
        x = data(rng, case.shape, backend.precision)
        values, positions = reference.max_pool(x, case.rows, case.partial_windows)
        _, taps = reference.max_pool(x, case.rows, case.partial_windows, "taps")
        given = (x, values, positions, taps, distinct(rng, values.shape, backend.precision))
        assert_same(backend.run(run, *given), backward(None, reference, case)(*given), backend)


@every_backend
@pytest.mark.parametrize("duplicates", ["last", "sum"])
def test_positions_anywhere(backend: Backend, duplicates: str, rng: np.random.Generator) -> None:
    """Repeated, in other windows' blocks, in fewer elements than values; of booleans too."""
    for shape, lengths in (((2, 3, 4), (6, 9)), ((5, 7), (3,)), ((1, 2, 2), (5, 5))):
        values = distinct(rng, shape, backend.precision)
        positions = rng.integers(0, np.prod(lengths), size=shape)
        for v in (values, values > 0, values.astype("int32")):
            kernel = partial(arrays.max_unpool, backend.xp, shape=lengths, duplicates=duplicates)
            (got,) = backend.run(lambda v, p, kernel=kernel: [kernel(v, p)], v, positions)
            wanted = reference.max_unpool(v, positions, lengths, duplicates)
            np.testing.assert_array_equal(got, wanted, strict=True)


@every_backend
@pytest.mark.parametrize("border", ["zeros", "wrap"])
@pytest.mark.parametrize("case", SOME, ids=str)
def test_rows(backend: Backend, case: PoolCase, border: str, rng: np.random.Generator) -> None:
    x = distinct(rng, case.shape, backend.precision)
    arguments = (case.rows, case.partial_windows, border)
    rows = reference_neighbours.windows_to_rows(x, *arguments)
    got = backend.run(
        lambda x, rows: [
            arrays.windows_to_rows(backend.xp, x, *arguments),
            arrays.rows_to_windows(backend.xp, rows, case.lengths, *arguments),
        ],
        x, rows,
    )  # fmt: skip
    back = reference_neighbours.rows_to_windows(rows, case.lengths, *arguments)
    assert_same(got, [rows, back], backend)


@every_backend
@pytest.mark.parametrize("axis", [-1, -2, -3])
@pytest.mark.parametrize(("p", "q"), [(2, 1), (5, 1), (5, 3), (2, 5)])
def test_interpolation(
    backend: Backend, axis: int, p: int, q: int, rng: np.random.Generator
) -> None:
    for length in (0, 1, 7):
        shape = [2, 3, 4]
        shape[axis] = length
        x = rng.normal(size=shape).astype(backend.precision)
        wanted = reference_upsampling.interpolate(x, axis, p, q)
        back = reference_upsampling.interpolate_input_grad(wanted, [length], axis, p, q)
        got = backend.run(
            lambda x, y, n=length: [
                arrays.interpolate(backend.xp, x, axis, p, q),
                arrays.interpolate_input_grad(backend.xp, y, [n], axis, p, q),
            ],
            x, wanted,
        )  # fmt: skip
        assert_same(got, [wanted, back], backend)


# Shapes of x and kernel, where a window begins, and how long it is.
HELICES: list[tuple[tuple[int, ...], ...]] = [
    ((9,), (4,), (0,), (12,)),
    ((2, 9), (2, 40), (19,), (9,)),  # a batch of kernels, longer than x
    ((7, 40), (3, 20), (1, 9), (7, 40)),
    ((2, 5, 6), (5, 6), (4, 5), (1, 1)),  # one sum
    ((5, 6, 7), (5, 6, 4), (4, 2, 3), (1, 3, 4)),
    ((4, 5, 6), (2, 2, 2), (-2, 1, 6), (3, 9, 0)),
    ((4, 5, 6), (2, 2, 2), (-2, 1, 6), (3, 9, 2)),
    ((2, 4, 3, 4, 5), (2, 3, 2, 3), (0, 1, 1, 1), (5, 3, 4, 5)),
    ((3, 3, 4, 2, 3, 4), (2, 2, 2, 2, 2, 2), (0, 0, 1, 0, 0, 1), (3, 3, 4, 2, 3, 4)),
]


@every_backend
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolution(backend: Backend, case: Case, rng: np.random.Generator) -> None:
    x, kernel = whole(rng, case.x, backend.precision), whole(rng, case.kernel, backend.precision)
    where, xp = (case.rows, case.groups, case.flip), backend.xp
    y = reference_conv.conv(x, kernel, *where)
    dy = whole(rng, y.shape, backend.precision)
    got = backend.run(
        lambda x, kernel, dy: [
            arrays.conv(xp, x, kernel, *where),
            arrays.conv_input_grad(xp, kernel, dy, case.x, *where),
            arrays.conv_kernel_grad(xp, x, dy, case.kernel, *where),
        ],
        x, kernel, dy,
    )  # fmt: skip
    dx = reference_conv.conv_input_grad(kernel, dy, case.x, *where)
    dk = reference_conv.conv_kernel_grad(x, dy, case.kernel, *where)
    assert_same(got, [y, dx, dk], backend)


@every_backend
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", HELICES, ids=str)
def test_windows_of_convolutions(
    backend: Backend, case: Any, method: str, rng: np.random.Generator
) -> None:
    *lengths, starts, outputs = case
    x, kernel = (whole(rng, shape, backend.precision) for shape in lengths)
    wanted = np.empty((*x.shape[: -len(starts)], *outputs), x.dtype)
    convolve_by_products(x, kernel, starts, wanted)
    run = lambda x, k: [arrays.helix(backend.xp, x, k, starts, outputs, method)]  # noqa: E731
    (got,) = backend.run(run, x, kernel)
    assert got.dtype == x.dtype
    tolerance = 1e-12 if backend.precision == "float64" else 1e-5
    assert_close(got, wanted, tolerance)


@every_backend
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "bool", "float16"])
def test_dtypes(backend: Backend, dtype: str, rng: np.random.Generator) -> None:
    where = ([AxisWindows(3, 2, 1, 1, 1)] * 2, False)
    x = rng.integers(0, 2 if dtype == "bool" else 100, size=(2, 7, 9)).astype(dtype)
    (got, places) = backend.run(lambda x: arrays.max_pool(backend.xp, x, *where), x)
    wanted, positions = reference.max_pool(x, *where)
    np.testing.assert_array_equal(got, wanted, strict=True)
    np.testing.assert_array_equal(places, positions, strict=True)
    if dtype != "bool":
        run = lambda x: [arrays.pool(backend.xp, x, *where, "average_exc_pad")]  # noqa: E731
        (average,) = backend.run(run, x)
        np.testing.assert_allclose(average, reference.pool(x, *where, "average_exc_pad"), rtol=1e-3)
        assert average.dtype == x.dtype


@every_backend
def test_windows_of_many_taps(backend: Backend, rng: np.random.Generator) -> None:
    """A whole axis and half of another one, with ties and NaN."""
    case = PoolCase((90, 7), (80, 3), stride=(5, 2), pad=((0, 0), (1, 0)))
    x = tied(rng, case.shape, backend.precision)
    x[0, 3:9, 2] = np.nan
    got = backend.run(forward(backend.xp, arrays, case), x)[:3]
    values, positions = reference.max_pool(x, case.rows, False)
    assert_same(got[:2], [values, positions], backend)


@every_backend
def test_no_cotangents_spread_to_no_elements(backend: Backend) -> None:
    def spread(g: Any) -> list[Any]:
        rows = [AxisWindows(2, 2, 0, 0, 1), AxisWindows(3, 3, 0, 0, 1)]
        return [arrays.pool_input_grad(backend.xp, g, (0, 9), rows, False, "sum")]

    (got,) = backend.run(spread, np.zeros((5, 0, 3), backend.precision))
    assert got.shape == (5, 0, 9)
    assert got.dtype == backend.precision


# Derivatives that the backends take themselves.


def loss(xp: Any, x: Any, positions: Any) -> Any:
    """Return a number to which maxima, sums and un-pooled elements contribute."""
    rows = [AxisWindows(2, 2, 0, 0, 1), AxisWindows(3, 2, 1, 1, 1)]
    values, _ = arrays.max_pool(xp, x, rows, False)
    average = arrays.pool(xp, x, rows, False, "average_exc_pad")
    unpooled = arrays.max_unpool(xp, values, positions, (4, 7), "last")
    return (values**3).sum() + (average**2).sum() + (unpooled**3 * x).sum()


@pytest.fixture
def arguments(rng: np.random.Generator) -> tuple[Array, Array]:
    x = distinct(rng, (4, 7), "float64") / 10
    return x, np.array([[1, 2, 1, 6], [22, 22, 27, 0]])


def gradients_by_pytensor(array: Array, places: Array) -> tuple[Array, Array]:
    """Return gradient and matrix of second derivatives of `loss`, in Python."""
    x = pt.dmatrix("x")
    windows = {"window": (2, 3), "stride": (2, 2), "pad": ((0, 0), (1, 1))}
    values, _ = pu.max_pool(x, **windows)
    average = pu.pool(x, **windows, mode="average_exc_pad")
    unpooled = pu.max_unpool(values, places, (4, 7))
    cost = (values**3).sum() + (average**2).sum() + (unpooled**3 * x).sum()
    gradient = pytensor.grad(cost, x)
    rows = [pytensor.grad(gradient.flatten()[i], x) for i in range(array.size)]
    run = pytensor.function([x], [gradient, pt.stack(rows)], mode="FAST_COMPILE")
    gradient, hessian = run(array)
    return gradient, hessian.reshape(*array.shape, *array.shape)


@pytest.mark.parametrize("backend", [b for b in INSTALLED if b.name == "jax"], ids=str)
def test_derivatives_by_jax(backend: Backend, arguments: tuple[Array, Array]) -> None:
    import jax

    gradient, hessian = gradients_by_pytensor(*arguments)
    x, positions = map(backend.array, arguments)
    cost = jax.jit(partial(loss, backend.xp))
    np.testing.assert_allclose(jax.grad(cost)(x, positions), gradient, rtol=1e-12)
    np.testing.assert_allclose(jax.hessian(cost)(x, positions), hessian, atol=1e-12)
    _, change = jax.jvp(lambda x: cost(x, positions), [x], [x])
    np.testing.assert_allclose(change, (gradient * arguments[0]).sum(), rtol=1e-12)
    batch = jax.vmap(jax.grad(cost), in_axes=(0, None))(jax.numpy.stack([x, 2 * x]), positions)
    np.testing.assert_allclose(batch[0], gradient, rtol=1e-12)
    np.testing.assert_allclose(batch[1], gradients_by_pytensor(2 * arguments[0], arguments[1])[0])


@pytest.mark.parametrize("backend", [b for b in INSTALLED if b.name == "torch"], ids=str)
def test_derivatives_by_torch(backend: Backend, arguments: tuple[Array, Array]) -> None:
    import torch

    gradient, hessian = gradients_by_pytensor(*arguments)
    x, positions = map(backend.array, arguments)
    cost = partial(loss, backend.xp)
    np.testing.assert_allclose(torch.func.grad(cost)(x, positions), gradient, rtol=1e-12)
    np.testing.assert_allclose(torch.func.hessian(cost)(x, positions), hessian, atol=1e-12)
    _, change = torch.func.jvp(lambda x: cost(x, positions), (x,), (x,))
    np.testing.assert_allclose(change, (gradient * arguments[0]).sum(), rtol=1e-12)
    batch = torch.func.vmap(torch.func.grad(cost), in_dims=(0, None))(
        torch.stack([x, 2 * x]), positions
    )
    np.testing.assert_allclose(batch[0], gradient, rtol=1e-12)


@pytest.mark.parametrize("backend", [b for b in INSTALLED if b.name == "mlx"], ids=str)
def test_derivatives_by_mlx(backend: Backend, arguments: tuple[Array, Array]) -> None:
    import mlx.core as mx

    gradient, _ = gradients_by_pytensor(*arguments)
    x, positions = map(backend.array, (arguments[0].astype("float32"), arguments[1]))
    got = mx.grad(partial(loss, backend.xp))(x, positions)
    np.testing.assert_allclose(np.asarray(got), gradient, rtol=1e-4, atol=1e-4)
