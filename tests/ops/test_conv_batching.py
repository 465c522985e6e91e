"""Batches of convolutions are one convolution."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import vectorize_graph
from pytensor.tensor.blockwise import Blockwise

import pytensor_unpool as pu
from tests.support.cases import Array
from tests.support.whole import whole

NUMBERS: dict[str, Any] = {"stride": (2, 3), "pad": (1, 2), "dilation": (2, 1), "groups": 2}
SHAPES = {"x": (3, 4, 9, 7), "kernel": (6, 2, 3, 2), "dy": (3, 6, 4, 4)}


def graphs(x: Any, kernel: Any, dy: Any) -> list[Any]:
    y = pu.conv(x, kernel, **NUMBERS)
    return [y, *pt.grad(None, [x, kernel], known_grads={y: dy})]


def loops(function: Any) -> bool:
    return any(isinstance(node.op, Blockwise) for node in function.maker.fgraph.apply_nodes)


def run(batch: tuple[int, ...], which: tuple[bool, ...], *, is_static: bool) -> tuple[Any, ...]:
    """Return the outputs for a batch of some arrays, those of its items, and the function."""
    rng = np.random.default_rng(1)
    items = [pt.tensor(name, shape=(None,) * 4) for name in SHAPES]
    values: list[Array] = []
    inputs = []
    for item, shape, has_batch in zip(items, SHAPES.values(), which, strict=True):
        full = (*batch, *shape) if has_batch else shape
        values.append(whole(rng, full))
        known = full if is_static else (None,) * len(full)
        inputs.append(pt.tensor(item.name, shape=known) if has_batch else item)
    outputs = graphs(*items)
    batched = vectorize_graph(outputs, dict(zip(items, inputs, strict=True)))
    arguments: dict[str, Any] = {"mode": "FAST_COMPILE", "on_unused_input": "ignore"}
    function = pytensor.function(inputs, batched, **arguments)
    one = pytensor.function(items, outputs, **arguments)
    expected = {
        place: one(*(v[place] if b else v for v, b in zip(values, which, strict=True)))
        for place in np.ndindex(*batch)
    }
    return function(*values), expected, function


@pytest.mark.parametrize("batch", [(5,), (2, 3)], ids=str)
@pytest.mark.parametrize("which", [w for w in product([False, True], repeat=3) if any(w)], ids=str)
def test_a_batch_is_one_call(batch: tuple[int, ...], which: tuple[bool, ...]) -> None:
    results, expected, function = run(batch, which, is_static=True)
    assert not loops(function)
    for i, result in enumerate(results):
        if result.ndim == 4:  # does not depend on what has a batch
            result = np.broadcast_to(result, (*batch, *result.shape))
        for place, wanted in expected.items():
            np.testing.assert_array_equal(result[place], wanted[i])


@pytest.mark.parametrize("which", [(True, False, True), (True, True, True)], ids=str)
def test_batches_of_unknown_length(which: tuple[bool, ...]) -> None:
    """Only a batch of kernels, which become groups, then needs a loop."""
    results, expected, function = run((2,), which, is_static=False)
    assert loops(function)
    for i, result in enumerate(results):
        for place, wanted in expected.items():
            np.testing.assert_array_equal(result[place], wanted[i])
