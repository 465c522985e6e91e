"""Every Op on arrays whose neighbours in memory are neighbours on a leading axis.

Channels-last images and cuda-convnet's (channels, rows, columns, batch) come so through
``dimshuffle``. Results must not depend on it, and outputs have the layout of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.errors import PositionError
from pytensor_unpool.ops import TapUnpool
from tests.support import oracle
from tests.support.cases import Array, PoolCase, distinct, innermost, tied
from tests.support.modes import ALL, compiled_modes

Function = Callable[..., Any]


CASES = (
    PoolCase((7, 9), (3, 2), stride=(2, 2), pad=((1, 0), (0, 1)), partial_windows=True),
    PoolCase((8, 7), (6, 6), stride=(2, 1), pad=2),  # more taps than are unrolled
)

# Which of the two leading axes is innermost in memory, and what is done to the array then.
LAYOUTS: dict[str, tuple[int, Callable[[Array], Array]]] = {
    "channels last": (1, lambda x: x),
    "batch last": (0, lambda x: x),
    "an inner part": (1, lambda x: x[:, 1:, 1:, :-1]),
    "rows reversed": (0, lambda x: x[:, :, ::-1]),
    "every second channel": (1, lambda x: x[:, ::2]),
    "few channels": (1, lambda x: x[:, :5]),
}


# Sums are averages but for a division, in the code that is compiled.
SUMS = ("sum", "average_exc_pad") if ALL else ("average_exc_pad",)


@cache
def compiled(case: PoolCase, mode: str) -> Function:
    """Compile all that is pooled, each with its gradient."""
    x, g = (pt.tensor(name, dtype="float32", shape=(None,) * 4) for name in "xg")
    pooled = [
        pu.max_pool(x, **case.arguments)[0],
        pu.max_pool(x, **case.arguments, ties="all")[0],
        *(pu.pool(x, **case.arguments, mode=pooling) for pooling in SUMS),
    ]
    gradients = [pt.grad(None, x, known_grads={y: g}) for y in pooled]
    # The maxima are computed once: as an output again, they would be copied.
    return pytensor.function([x, g], [pooled[0], *pooled[2:], *gradients], mode=mode)


def expected(x: Array, g: Array, case: PoolCase) -> list[Array]:
    arguments = (case.rows, case.partial_windows)
    lengths = x.shape[2:]
    maxima, positions = oracle.max_pool(x, *arguments)
    return [
        maxima,
        *(oracle.pool(x, *arguments, pooling) for pooling in SUMS),
        oracle.max_unpool(g, positions, lengths, "sum"),
        oracle.tied_unpool(x, g, *arguments),
        *(oracle.pool_input_grad(g, lengths, *arguments, pooling) for pooling in SUMS),
    ]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(
    ("mode", "case"), [("CVM", CASES[0]), ("CVM", CASES[1]), ("NUMBA", CASES[0])], ids=str
)
def test_values_and_gradients(
    mode: str,
    case: PoolCase,
    layout: tuple[int, Callable[[Array], Array]],
    rng: np.random.Generator,
) -> None:
    axis, view = layout
    function = compiled(case, mode)
    for data in (distinct, tied):
        x = view(innermost(data(rng, (9, 11, *case.lengths)), axis))
        here = PoolCase(x.shape[2:], **case.arguments)
        shape = oracle.pooled_shape(x.shape, here.rows, here.partial_windows)
        g = innermost(distinct(rng, shape), axis)
        results = function(x, g)
        for i, (result, wanted) in enumerate(zip(results, expected(x, g, here), strict=True)):
            np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-3, err_msg=str(i))
    # Windows of many taps find their maxima plane by plane.
    if case is CASES[0] and x.shape[axis] >= 8 and x.strides[axis] == x.itemsize:
        for result in results:
            assert np.moveaxis(result, axis, -1).flags.c_contiguous


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("duplicates", ["last", "sum"])
@compiled_modes
def test_un_pooling(mode: str, duplicates: str, mixed: bool, rng: np.random.Generator) -> None:
    """`mixed`: values and positions are laid out in different ways, which is read as it comes."""
    values, positions = pt.ftensor3("values"), pt.ltensor3("positions")
    y = pu.max_unpool(values, positions, 6, duplicates=duplicates)
    function = pytensor.function([values, positions], y, mode=mode)
    v = innermost(distinct(rng, (10, 12, 5)), 0)
    p = innermost(rng.integers(0, 6, size=(10, 12, 5)), 1 if mixed else 0)
    wanted = oracle.max_unpool(v, p, (6,), duplicates)
    np.testing.assert_array_equal(function(v, p), wanted, strict=True)
    for bad in (-1, 6, 2**62):
        p[9, 11, 4] = bad
        with pytest.raises(PositionError, match=f"positions holds {bad}"):
            function(v, p)


# Windows that have no element in common: one after the other, and with gaps and padding.
APART = (
    PoolCase((6, 8), (2, 2)),
    PoolCase((7, 9), (2, 3), stride=(3, 4), pad=1, partial_windows=True),
)


@cache
def gradient_by_taps(case: PoolCase, mode: str) -> Function:
    x, g = (pt.tensor(name, dtype="float32", shape=(None,) * 4) for name in "xg")
    gradient = pt.grad(None, x, known_grads={pu.max_pool(x, **case.arguments)[0]: g})
    function = pytensor.function([x, g], gradient, mode=mode)
    assert any(isinstance(node.op, TapUnpool) for node in function.maker.fgraph.apply_nodes)
    return function


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(
    ("mode", "case"), [("CVM", APART[0]), ("CVM", APART[1]), ("NUMBA", APART[1])], ids=str
)
def test_gradients_by_taps(
    mode: str,
    case: PoolCase,
    layout: tuple[int, Callable[[Array], Array]],
    rng: np.random.Generator,
) -> None:
    axis, view = layout
    x = view(innermost(distinct(rng, (9, 11, *case.lengths)), axis))
    here = PoolCase(x.shape[2:], **case.arguments)
    _, positions = oracle.max_pool(x, here.rows, here.partial_windows)
    for g_axis in (axis, 1 - axis):  # cotangents of another layout are read as they come
        g = innermost(distinct(rng, positions.shape), g_axis)
        result = gradient_by_taps(case, mode)(x, g)
        wanted = oracle.max_unpool(g, positions, x.shape[2:], "sum")
        np.testing.assert_array_equal(result, wanted, strict=True)
        if g_axis == axis and x.shape[axis] >= 8 and x.strides[axis] == x.itemsize:
            assert np.moveaxis(result, axis, -1).flags.c_contiguous


@pytest.mark.parametrize("mode", ["CVM"])
def test_integers_that_wrap(mode: str, rng: np.random.Generator) -> None:
    x = pt.tensor4("x", dtype="int8")
    case = CASES[0]
    outputs = [pu.pool(x, **case.arguments, mode=m) for m in ("sum", "average_exc_pad")]
    function = pytensor.function([x], outputs, mode=mode)
    array = rng.integers(-128, 128, size=(3, 17, *case.lengths)).astype("int8")
    for result, wanted in zip(function(innermost(array, 1)), function(array), strict=True):
        np.testing.assert_array_equal(result, wanted, strict=True)
