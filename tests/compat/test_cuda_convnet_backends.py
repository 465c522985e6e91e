"""The names of cuda-convnet in compiled modes, and on JAX, PyTorch and MLX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.filter_acts import (
    FilterActs,
    ImageActs,
    WeightActs,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.pool import MaxPool, MaxPoolGrad
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.probabilistic_max_pooling import (
    prob_max_pool_c01b,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.response_norm import CrossMapNorm
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.stochastic_pool import (
    stochastic_max_pool_c01b,
    weighted_max_pool_c01b,
)
from pytensor_unpool.compat.theano.sandbox.cuda.basic_ops import gpu_contiguous
from pytensor_unpool.errors import ShapeError
from tests.support.backends import at_its_precision, every_backend, marks
from tests.support.cuda_convnet_cases import REFUSED
from tests.support.modes import ALL, compiled_modes

__all__ = ["at_its_precision"]

pytestmark = marks


def network() -> tuple[list[Any], list[Any]]:
    """Return inputs, and outputs that all of the Ops take part in.

    Lengths are known: PyTensor's PyTorch has no arithmetic of lengths in slices.
    """
    x, w = (
        pt.tensor(n, dtype="float32", shape=a.shape) for n, a in zip("xw", arrays(), strict=True)
    )
    y = FilterActs(pad=1, partial_sum=1, stride=2)(gpu_contiguous(x.dimshuffle(1, 2, 3, 0)), w)
    pooled = MaxPool(ds=3, stride=2, start=-1)(gpu_contiguous(y))
    normal = CrossMapNorm(5, 0.1, 0.75, False)(pooled)[0]
    unpooled = MaxPoolGrad(ds=3, stride=2, start=-1)(y, pooled, normal)
    images = ImageActs(1, 1, 2)(unpooled, w, (9, 8))
    weights = WeightActs(1, 1, 2)(images, y, w.shape[1:3])[0]
    p, h = prob_max_pool_c01b(images, (3, 3))
    cost = (images**2).sum() + (weights**2).sum() + (p.sum() + (h**2).sum()) * 100
    mean = weighted_max_pool_c01b(abs(y), (3, 3), (2, 2))
    return [x, w], [normal, images, weights, p, mean, *pt.grad(cost + mean.sum(), [x, w])]


def arrays() -> list[Any]:
    rng = np.random.default_rng(8)
    return [rng.normal(size=s).astype("float32") / 4 for s in [(3, 4, 9, 8), (4, 3, 3, 6)]]


@pytest.fixture(scope="module")
def wanted() -> list[Any]:
    """Return what the slow implementations give."""
    return list(pytensor.function(*network(), mode="FAST_COMPILE")(*arrays()))


def check(mode: str, wanted: list[Any]) -> None:
    got = pytensor.function(*network(), mode=mode)(*arrays())
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


# Numba compiles all of them for minutes.
@pytest.mark.parametrize("mode", ["NUMBA", "CVM"] if ALL else ["CVM"])
def test_compiled_modes(mode: str, wanted: list[Any]) -> None:
    check(mode, wanted)


@every_backend
def test_array_backends(backend: Any, wanted: list[Any]) -> None:
    if backend.name == "torch" and not ALL:
        pytest.skip("it compiles for minutes")
    check(backend.mode, wanted)


# Of a convolution and of a normalization; the next test has the gradients.
FEW = (0, 10)


@every_backend
@pytest.mark.parametrize("is_static", [True, False])
@pytest.mark.parametrize("i", range(len(REFUSED)) if ALL else FEW)
def test_rules(backend: Any, is_static: bool, i: int) -> None:
    op, arrays, message = REFUSED[i]
    given = [x for x in arrays if isinstance(x, np.ndarray)]
    inputs = [
        pt.tensor(dtype="float32", shape=x.shape if is_static else (None,) * 4) for x in given
    ]
    if is_static and "mismatch" in message:
        with pytest.raises(ValueError, match="channels"):
            op(strict=True)(*inputs)
        return
    result = op(strict=True)(*inputs, *arrays[len(given) :])
    # The second output of WeightActs is cut in steps that JAX does not know.
    first = result[0] if isinstance(result, list) else result
    run = pytensor.function(inputs, first, mode=backend.mode)
    with pytest.raises(ShapeError, match=message):
        run(*given)


@every_backend
def test_rules_that_are_kept(backend: Any) -> None:
    """Of shapes that are not known, and of the gradient in filters."""
    x, w = pt.ftensor4("x"), pt.ftensor4("w")
    y = FilterActs(1, 1, strict=True)(gpu_contiguous(x.dimshuffle(1, 2, 3, 0)), w)
    pooled = MaxPool(2, 2, strict=True)(y)
    outputs = pt.grad((pooled**2).sum(), [x, w])
    rng = np.random.default_rng(3)
    given = [rng.normal(size=s).astype("f") for s in [(2, 4, 6, 6), (4, 3, 3, 16)]]
    wanted = pytensor.function([x, w], outputs, mode="FAST_COMPILE")(*given)
    run = pytensor.function([x, w], outputs, mode=backend.mode)
    for a, b in zip(run(*given), wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    with pytest.raises(ShapeError, match="multiple of 4 channels"):
        run(np.ones((2, 6, 6, 6), "f"), np.ones((6, 3, 3, 16), "f"))


@compiled_modes
def test_drawing_in_compiled_modes(mode: str) -> None:
    images = np.arange(1.0, 10).reshape(1, 3, 3, 1)
    draw = pytensor.function([], stochastic_max_pool_c01b(images, (3, 3), (3, 3)), mode=mode)
    drawn = [draw().item() for _ in range(20)]
    assert len(set(drawn)) > 1
    assert set(drawn) <= set(range(1, 10))
