"""Un-pooling with nothing but the gradient of max-pooling: the idiom of Lasagne's InverseLayer.

``grad(None, wrt=x, known_grads={pooled: y})`` asks for the gradient of pooling alone, at x, for
any y: it puts y where the maxima of x are.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from tests.support import oracle
from tests.support.cases import CORE, PoolCase, distinct, tied
from tests.support.modes import every_mode

PAIRS = PoolCase((4, 6), (2, 2), leading=(2,))
OVERLAPPING = CORE[2]


def unpool_by_gradient(x: Any, y: Any, case: PoolCase, ties: str) -> Any:
    pooled, _ = pu.max_pool(x, **case.arguments, ties=ties)
    return pt.grad(None, wrt=x, known_grads={pooled: y})


@cache
def compiled(case: PoolCase, ties: str, mode: str) -> Any:
    """Compile the idiom, and the gradient of its product with weights."""
    x, y, weights = (pt.dtensor3(name) for name in ("x", "y", "weights"))
    unpooled = unpool_by_gradient(x, y, case, ties)
    gradient = pt.grad((unpooled * weights).sum(), y)
    return pytensor.function([x, y, weights], [unpooled, gradient], mode=mode)


@every_mode
def test_the_docstrings_example(mode: str) -> None:
    x = np.array([[[1.0, 5.0, 2.0, 0.0], [4.0, 3.0, 8.0, 7.0]]])
    unpooled, _ = compiled(PAIRS, "first", mode)(x, np.array([[[10.0, 20.0]]]), np.zeros_like(x))
    assert unpooled.tolist() == [[[0, 10, 0, 0], [0, 0, 20, 0]]]


@every_mode
@pytest.mark.parametrize("case", [PAIRS, OVERLAPPING], ids=str)
def test_it_is_un_pooling_at_the_positions(
    case: PoolCase, mode: str, rng: np.random.Generator
) -> None:
    """Where windows overlap, what they put at one place adds up. Its gradient reads there."""
    x, weights = tied(rng, case.shape, "float64"), distinct(rng, case.shape, "float64")
    _, positions = oracle.max_pool(x, case.rows)
    y = distinct(rng, positions.shape, "float64")
    unpooled, gradient = compiled(case, "first", mode)(x, y, weights)
    wanted = oracle.max_unpool(y, positions, case.lengths, "sum")
    np.testing.assert_array_equal(unpooled, wanted, strict=True)
    read = oracle.max_gather(weights, positions, case.ndim)
    np.testing.assert_array_equal(gradient, read, strict=True)


@every_mode
def test_every_maximum_gets_it_as_in_theano(mode: str, rng: np.random.Generator) -> None:
    """With ties="all"; its gradient is the sum over all of them."""
    x, weights = tied(rng, PAIRS.shape, "float64"), distinct(rng, PAIRS.shape, "float64")
    y = distinct(rng, (2, 2, 3), "float64")
    unpooled, gradient = compiled(PAIRS, "all", mode)(x, y, weights)
    wanted = oracle.tied_unpool(x, y, PAIRS.rows)
    np.testing.assert_array_equal(unpooled, wanted, strict=True)
    read = oracle.tied_gather(x, weights, PAIRS.rows)
    np.testing.assert_array_equal(gradient, read, strict=True)
    unpooled, _ = compiled(PAIRS, "all", mode)(np.zeros(PAIRS.shape), y, weights)
    np.testing.assert_array_equal(unpooled, y.repeat(2, axis=1).repeat(2, axis=2), strict=True)


def test_the_layer_between_may_be_anything() -> None:
    """As InverseLayer: the gradient of what a layer does, at its input, for any array."""
    x, y = pt.dtensor3("x"), pt.dtensor3("y")
    layer = pu.max_pool(2 * x, (2, 2))[0] + 1
    inverse = pt.grad(None, wrt=x, known_grads={layer: y})
    image = np.arange(8.0).reshape(1, 2, 4)
    got = inverse.eval({x: image, y: np.array([[[1.0, 10.0]]])}, mode="FAST_COMPILE")
    assert got.tolist() == [[[0, 0, 0, 0], [0, 2, 0, 20]]]
