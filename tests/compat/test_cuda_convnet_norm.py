"""Normalisation across channels, probabilistic, stochastic and weighted pooling of cuda-convnet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import verify_grad

from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.pool import MaxPoolGrad
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.probabilistic_max_pooling import (
    ProbMaxPool,
    ProbMaxPoolGrad,
    prob_max_pool_c01b,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.response_norm import (
    CrossMapNorm,
    CrossMapNormUndo,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.stochastic_pool import (
    StochasticMaxPool,
    WeightedMaxPool,
    stochastic_max_pool_c01b,
    weighted_max_pool_c01b,
)
from pytensor_unpool.compat.theano.sandbox.cuda.basic_ops import gpu_contiguous
from tests.support.cases import Array
from tests.support.modes import ALL, PYTHON
from tests.support.oracle import cuda_convnet as oracle
from tests.support.whole import run

# Normalisation.

NORMS = [(3, False), (4, False), (5, False), (1, False), (3, True), (4, True), (12, False)]


def norm_by_loop(x: Array, size: int, add: float, power: float, blocked: bool) -> list[Array]:
    denoms = np.empty_like(x)
    for f in range(len(x)):
        first = f // size * size if blocked else f - size // 2
        denoms[f] = 1 + add * (x[max(0, first) : max(0, first + size)] ** 2).sum(axis=0)
    return [x * denoms**-power, denoms]


@pytest.mark.parametrize(("size", "blocked"), NORMS)
def test_cross_map_norm(size: int, blocked: bool, rng: np.random.Generator) -> None:
    """Seven channels: windows of an even size have one more before than behind."""
    x = rng.normal(size=(7, 2, 3, 2))
    numbers = (size, 0.3, 0.75, blocked)
    got = run(CrossMapNorm(*numbers)(x))
    for a, b in zip(got, norm_by_loop(x, *numbers), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(("size", "blocked"), NORMS)
def test_undoing_is_the_gradient(size: int, blocked: bool, rng: np.random.Generator) -> None:
    images, g = rng.normal(size=(2, 7, 2, 2, 2))
    numbers = (size, 0.3, 0.75, blocked)
    x = pt.dtensor4("x")
    acts, denoms = CrossMapNorm(*numbers)(x)
    undone, _ = CrossMapNormUndo(*numbers)(x, acts, denoms, g)
    got, wanted = run([undone, pt.grad((acts * g).sum(), x)], x=images)
    np.testing.assert_allclose(got, wanted, rtol=1e-10)


def test_response_norm() -> None:
    """pylearn2's test_response_norm: one block of 16 ones, with its scale, is 1 / 16."""
    y = CrossMapNorm(16, 15 / 16.0, 1, True)(np.ones((16, 2, 2, 2), "float32"))[0]
    assert y.type.dtype == "float32"
    np.testing.assert_allclose(run(y), 0.0625)


@pytest.mark.parametrize("images", ["ones", "normal"])
def test_gradient_of_response_norm(images: str) -> None:
    """pylearn2's own, on fewer pixels, in double precision; and through the denominators."""
    draw = np.random.RandomState([2013, 2, 10])
    x = np.ones((16, 1, 1, 1)) if images == "ones" else draw.normal(size=(32, 1, 2, 2))
    for i in (0, 1):
        verify_grad(
            lambda x, i=i: CrossMapNorm(16, 15 / 16.0, 1, True)(x)[i],
            [x],
            rng=np.random.default_rng(1),
            mode=PYTHON,
        )


def test_norm_of_shuffled_axes() -> None:
    images = np.random.RandomState([2013, 2, 10]).normal(size=(2, 16, 2, 2))
    x = pt.dtensor4("x")
    shuffled = gpu_contiguous(x.dimshuffle(1, 2, 3, 0))
    y = CrossMapNorm(16, 15 / 16.0, 1, True)(shuffled)[0].dimshuffle(3, 0, 1, 2)
    gradient = run(pt.grad(y.sum(), x), x=images)
    assert gradient.shape == images.shape


def test_undo_in_place() -> None:
    undo = CrossMapNormUndo(3, 1.0, 1.0, False)
    assert not undo.inplace
    assert undo.as_inplace().inplace
    assert undo.as_inplace() != undo
    with pytest.raises(ValueError, match="already in-place"):
        undo.as_inplace().as_inplace()
    for size in (0, -1):
        with pytest.raises(ValueError, match="size_f must be at least 1"):
            CrossMapNorm(size, 1, 1, True)


# Probabilistic pooling.


def probabilities(z: Array, t: Array, ds: int, start: int = 0) -> list[Array]:
    p, h = np.empty_like(t), np.zeros_like(z)
    for window, pixels in oracle.windows(z.shape[1:3], ds, ds, start):
        odds = np.exp(z[:, *pixels])
        total = np.exp(-t[:, *window]) + odds.sum(axis=(1, 2))
        h[:, *pixels] = odds / total[:, None, None]
        p[:, *window] = 1 - np.exp(-t[:, *window]) / total
    return [p, h]


@pytest.mark.parametrize(
    ("n", "ds", "batch", "top_down"),
    [(2, 2, 1, True), (24, 3, 5, False)]
    + ALL * [(2, 2, 1, False), (2, 2, 5, True), (24, 3, 1, True), (24, 3, 5, True)],
)
def test_probabilistic(n: int, ds: int, batch: int, top_down: bool) -> None:
    """pylearn2's test_probabilistic, and other cotangents than ones."""
    draw = np.random.RandomState([2012, 7, 19])
    z = draw.randn(16, n, n, batch).astype("float32")
    t = draw.randn(16, n // ds, n // ds, batch).astype("float32") * top_down
    x, above = pt.ftensor4("x"), pt.ftensor4("above")
    p, h = prob_max_pool_c01b(x, (ds, ds), above if top_down else None)
    given = {"x": z, "above": t} if top_down else {"x": z}
    got = run([p, h], **given)
    for a, b in zip(got, probabilities(z.astype("float64"), t, ds), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    gp, gh = draw.randn(*t.shape).astype("float32"), draw.randn(*z.shape).astype("float32")
    p, h = ProbMaxPool(ds)(x, above)
    for cotangents in ((gp, gh), (np.ones_like(gp), np.ones_like(gh))):
        cost = (p * cotangents[0]).sum() + (h * cotangents[1]).sum()
        by_op = ProbMaxPoolGrad(ds, ds, 0)(p, h, *cotangents)
        dz, dt, dz_by_op, dt_by_op = run([*pt.grad(cost, [x, above]), *by_op], x=z, above=t)
        np.testing.assert_allclose(dz_by_op, dz, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(dt_by_op, dt, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("start", [-1, 0, 1])
def test_gradient_of_probabilistic_pooling(start: int, rng: np.random.Generator) -> None:
    """Windows that are cut off too, and large numbers, whose exponentials are infinite."""
    z = rng.normal(size=(1, 7, 7, 2))
    op = ProbMaxPool(3, start)
    t = rng.normal(size=op(z)[0].type.shape)
    for got, wanted in zip(run(op(z, t)), probabilities(z, t, 3, start), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10)
    for i in (0, 1):
        verify_grad(lambda z, t, i=i: op(z, t)[i], [z, t], rng=rng, mode=PYTHON)
    p, h = run(op(z * 0 + 1e4, t))
    assert p.min() == 1
    assert np.isfinite(h).all()


# Stochastic and weighted pooling.


def test_stochastic() -> None:
    """pylearn2's test_stochastic: larger elements are drawn more often."""
    images = np.random.RandomState(220).uniform(0, 10, size=(1, 3, 3, 1)).astype("float32")
    draw = pytensor.function([], stochastic_max_pool_c01b(images, (3, 3), (3, 3)), mode=PYTHON)
    drawn = np.array([draw().item() for _ in range(300)])
    counts = [(drawn == x).sum() for x in np.sort(images.ravel())]
    assert sum(counts) == 300
    expected = np.sort(images.ravel()) / images.sum() * 300
    assert (abs(counts - expected) <= 4 * np.sqrt(expected) + 1).all()


def test_seeds_are_heard(rng: np.random.Generator) -> None:
    """The old helper passed its seed as another argument: all seeds gave the same."""
    images = rng.random((1, 12, 12, 4))
    drawn = [run(stochastic_max_pool_c01b(images, (3, 3), (3, 3), seed=n)) for n in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()
    assert StochasticMaxPool(3, 3, seed=1) == StochasticMaxPool(3, 3, seed=2)


@pytest.mark.parametrize("start", [-1, 0, 1])
def test_gradient_of_stochastic_pooling(start: int, rng: np.random.Generator) -> None:
    """It goes to all elements that equal the drawn one."""
    images = rng.integers(0, 3, size=(2, 6, 6, 3)).astype("float64")
    x = pt.dtensor4("x")
    y = StochasticMaxPool(3, 2, start)(x)
    g = rng.normal(size=y.eval({x: images}, mode="FAST_COMPILE").shape)
    drawn, by_grad = run([y, pt.grad((y * g).sum(), x)], x=images)
    by_op = run(MaxPoolGrad(3, 2, start)(images, drawn, g))
    np.testing.assert_allclose(by_grad, by_op)
    for window, pixels in oracle.windows((6, 6), 3, 2, start):
        in_window = images[:, *pixels].reshape(2, -1, 3)
        assert ((in_window == drawn[:, *window][:, None]).any(axis=1)).all()


@pytest.mark.parametrize("channels", [1, 10, 16])
@pytest.mark.parametrize("ds", [2, 9])
def test_weighted(channels: int, ds: int) -> None:
    images = np.random.RandomState(220).uniform(0, 10, size=(channels, 9, 9, 10))
    images[:, :2, :2, 0] = 0
    got = run(weighted_max_pool_c01b(images, (ds, ds), (ds, ds)))
    for window, pixels in oracle.windows((9, 9), ds, ds):
        x = images[:, *pixels]
        total = x.sum(axis=(1, 2))
        wanted = (x**2).sum(axis=(1, 2)) / np.where(total == 0, 1, total)
        np.testing.assert_allclose(got[:, *window], wanted)


def test_windows_of_zeros_give_zero() -> None:
    zeros: Any = np.zeros((1, 4, 4, 1))
    for op in (WeightedMaxPool(2, 2), StochasticMaxPool(2, 2)):
        assert run(op(zeros)).tolist() == np.zeros((1, 2, 2, 1)).tolist()


def test_weighted_pooling_has_a_gradient(rng: np.random.Generator) -> None:
    verify_grad(WeightedMaxPool(3, 2, 1), [rng.random((2, 6, 6, 1)) + 0.5], rng=rng, mode=PYTHON)
