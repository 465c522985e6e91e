"""MaxPool, MaxPoolGrad and MaxPoolRop of cuda-convnet: pylearn2's own cases, against loops."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.gradient import verify_grad

from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.pool import (
    MaxPool,
    MaxPoolGrad,
    MaxPoolRop,
    max_pool_c01b,
)
from pytensor_unpool.compat.theano.tensor.signal.pool import pool_2d
from tests.support.cases import Array
from tests.support.modes import ALL, PYTHON
from tests.support.oracle import cuda_convnet as oracle
from tests.support.whole import run, whole

# (batch, channels, length) of pylearn2's test_pool.
SHAPES = [
    (1, 1, 2), (1, 1, 1), (1, 1, 4), (1, 2, 2), (3, 1, 4), (1, 5, 4), (3, 5, 4), (25, 1, 7),
    (1, 1, 12), (1, 1, 14), (1, 1, 16), (1, 1, 18), (1, 1, 24), (1, 6, 24), (10, 1, 24),
    (10, 6, 24), (30, 6, 12), (30, 2, 24), (30, 6, 24), (65536, 1, 10), (30, 3, 40),
]  # fmt: skip
OF_PYLEARN2 = [
    (batch, channels, n, ds, stride)
    for batch, channels, n in SHAPES
    for ds in range(1, min(3, n) + 1)
    for stride in range(1, ds + 1)
    if ALL or (batch * channels * n < 2000 and (n < 12 or ds == 3))
]
# (length, ds, stride, start, windows).
COUNTS = [
    (5, 3, 2, 0, 2), (6, 3, 2, 0, 3), (24, 3, 2, 0, 12), (7, 3, 3, 0, 3), (4, 2, 2, 1, 2),
    (4, 2, 2, -1, 3), (5, 3, 2, -1, 3), (9, 4, 1, 2, 4), (9, 4, 3, -3, 4), (9, 4, 3, 4, 2),
]  # fmt: skip


@pytest.mark.parametrize(("batch", "channels", "n", "ds", "stride"), OF_PYLEARN2)
def test_values_and_gradients(
    batch: int, channels: int, n: int, ds: int, stride: int, rng: np.random.Generator
) -> None:
    """test_pool and its gradient: of the sum, so that overlapping windows add up exactly."""
    images = rng.random((channels, n, n, batch)).astype("float32")
    x = pt.ftensor4("x")
    y = MaxPool(ds, stride)(x)
    values, gradient = run([y, pt.grad(y.sum(), x)], x=images)
    wanted = oracle.max_pool(images, ds, stride)
    np.testing.assert_array_equal(values, wanted)
    ones = np.ones_like(wanted)
    np.testing.assert_array_equal(
        gradient, oracle.max_pool_grad(images, wanted, ones, ds, stride), strict=True
    )


@pytest.mark.parametrize(("n", "ds", "stride", "start", "wanted"), COUNTS)
def test_start(
    n: int, ds: int, stride: int, start: int, wanted: int, rng: np.random.Generator
) -> None:
    """Few different numbers: windows have several maxima, each of which gets the gradient."""
    images = rng.integers(0, 3, size=(2, n, n, 3)).astype("float64")
    x = pt.dtensor4("x")
    op, gradient = MaxPool(ds, stride, start), MaxPoolGrad(ds, stride, start)
    assert op(images).type.shape == (2, wanted, wanted, 3)
    gz = whole(rng, (2, wanted, wanted, 3))
    y = op(x)
    values, by_grad, by_op = run([y, pt.grad((y * gz).sum(), x), gradient(x, y, gz)], x=images)
    maxima = oracle.max_pool(images, ds, stride, start)
    np.testing.assert_array_equal(values, maxima)
    unpooled = oracle.max_pool_grad(images, maxima, gz, ds, stride, start)
    np.testing.assert_array_equal(by_grad, unpooled)
    np.testing.assert_array_equal(by_op, unpooled)


def test_partial_windows_are_theanos_with_ignore_border_false(rng: np.random.Generator) -> None:
    for n in range(3, 12):
        images = rng.normal(size=(2, n, n + 1, 2))
        wanted = pool_2d(
            pt.as_tensor(images).dimshuffle(3, 0, 1, 2), (3, 3), stride=(2, 2), ignore_border=False
        )
        got = run([MaxPool(3, 2)(images), wanted.dimshuffle(1, 2, 3, 0)])
        np.testing.assert_array_equal(*got)
        assert got[0].shape[1] == ceil((n - 3) / 2) + 1


def test_all_equal_elements_get_the_gradient_of_all_their_windows() -> None:
    images = np.ones((1, 3, 3, 1))
    maxima = MaxPool(ds=2, stride=1)(images)
    unpooled = MaxPoolGrad(ds=2, stride=1, start=0)(images, maxima, pt.ones_like(maxima))
    assert run(unpooled)[0, :, :, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


def test_unpooling_what_was_not_pooled_finds_nothing(rng: np.random.Generator) -> None:
    images = whole(rng, (2, 4, 4, 3))
    unpooled = MaxPoolGrad(2, 2, 0)(images, np.full((2, 2, 2, 3), 9.0), np.ones((2, 2, 2, 3)))
    assert not run(unpooled).any()


@pytest.mark.parametrize("start", [-1, 0, 1])
def test_the_gradient_of_unpooling_gathers(start: int, rng: np.random.Generator) -> None:
    """The old Op had none: a window sums over its maxima, and places have no gradient."""
    images = rng.integers(0, 4, size=(1, 6, 6, 2)).astype("float64")
    x, gz = pt.dtensor4("x"), pt.dtensor4("gz")
    maxima = MaxPool(3, 2, start)(x)
    unpooled = MaxPoolGrad(3, 2, start)(x, maxima, gz)
    values = whole(rng, run(maxima, x=images).shape)
    weights = whole(rng, (1, 6, 6, 2))
    cost = (unpooled * weights).sum()
    dx, dgz, total = run([*pt.grad(cost, [x, gz]), cost], x=images, gz=values)
    assert not dx.any()
    assert (dgz * values).sum() == total != 0


@pytest.mark.parametrize("start", [-1, 0, 1])
def test_tangents_at_the_last_maximum(start: int, rng: np.random.Generator) -> None:
    """test_rop_pool, with values: on ties the last element in C order counts."""
    images = -rng.integers(1, 4, size=(2, 6, 6, 3)).astype("float64")
    evals = whole(rng, (2, 6, 6, 3))
    tangent = run(MaxPoolRop(3, 2, start)(images, evals))
    for window, pixels in oracle.windows((6, 6), 3, 2, start):
        x, v = (a[:, *pixels].reshape(2, -1, 3)[:, ::-1] for a in (images, evals))
        last = x.argmax(axis=1)[:, None]
        wanted = np.take_along_axis(v, last, 1)[:, 0]
        np.testing.assert_array_equal(tangent[:, *window], wanted)


def test_max_pool_c01b(rng: np.random.Generator) -> None:
    images = rng.normal(size=(2, 7, 7, 3))
    np.testing.assert_array_equal(
        run(max_pool_c01b(images, (3, 3), (2, 2))), oracle.max_pool(images, 3, 2)
    )
    with pytest.warns(UserWarning, match="image_shape is ignored"):
        max_pool_c01b(images, (3, 3), (2, 2), (7, 7))
    with pytest.warns(UserWarning, match="outputs=4 is ignored"):
        MaxPool(3, 2, 0, 4)


def test_windows_and_images_of_any_shape(rng: np.random.Generator) -> None:
    """What the old code refused: rectangles, and steps longer than windows."""
    images = rng.normal(size=(2, 7, 9, 3))
    got = run(max_pool_c01b(images, (3, 2), (2, 1)))
    assert got.shape == (2, 3, 8, 3)
    np.testing.assert_array_equal(got[:, 1, 2], images[:, 2:5, 2:4].max(axis=(1, 2)))
    apart = run(MaxPool(2, 3)(images))
    assert apart.shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(apart[:, 2, 1], images[:, 6:, 3:5].max(axis=(1, 2)))


def test_second_derivatives(rng: np.random.Generator) -> None:
    def gradient(x: Any) -> Any:
        return pt.grad((MaxPool(3, 2, 1)(x) ** 3).sum(), x)

    verify_grad(gradient, [rng.permutation(72).reshape(1, 6, 6, 2) / 36], rng=rng, mode=PYTHON)


def test_too_small_an_image() -> None:
    """Four pixels from 3 on have no window of three: it was an index out of bounds."""
    x, images = pt.dtensor4("x"), np.zeros((1, 4, 4, 1))
    for ds, start in ((3, 3), (5, 0)):
        with pytest.raises(ValueError, match="window"):
            run(MaxPool(ds, 1, start)(x), x=images)
    with pytest.raises(ValueError, match="MaxPool: images must not be smaller than the windows"):
        MaxPool(5, 1)(images)
    with pytest.raises(ValueError, match="nor end before `start`"):
        MaxPool(1, 1, 4)(images)
    with pytest.raises(ValueError, match="pad must be smaller than the window"):
        MaxPool(2, 2, -2)


def unpool_mean(x: Array, ds: int, stride: int, values: Array) -> Any:
    """Un-pool as a public script does, which divides by how many windows gave."""
    maxima = MaxPool(ds, stride)(x)
    op = MaxPoolGrad(ds=ds, stride=stride, start=0)
    summed, counts = op(x, maxima, values), op(x, maxima, pt.ones_like(maxima))
    return summed / pt.maximum(counts, 1)


def test_unpooling_by_the_mean_of_windows(rng: np.random.Generator) -> None:
    images = rng.permutation(49).reshape(1, 7, 7, 1).astype("float64")
    maxima = oracle.max_pool(images, 3, 2)
    unpooled = run(unpool_mean(images, 3, 2, maxima))
    np.testing.assert_array_equal(unpooled, images * (np.isin(images, maxima)))
