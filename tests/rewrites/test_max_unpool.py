"""The rewrite for JAX that marks positions as lying in their windows: where it applies or not.

It is asked for by name in a mode that compiles nothing; `tests/dispatch/test_arrays.py` and
`tests/dispatch/test_sharding.py` run it in JAX.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import get_mode

import pytensor_unpool as pu
from pytensor_unpool.dispatch import static
from pytensor_unpool.dispatch.backends import BACKENDS
from pytensor_unpool.ops import MaxUnpool, TapUnpool, WindowUnpool

MODE = get_mode("FAST_COMPILE").including("local_max_unpool_to_windows")

OVERLAPPING: dict[str, Any] = {"window": (3, 2), "stride": (2, 1), "pad": (1, 0)}


def gradient(x: Any, **windows: Any) -> Any:
    return pt.grad((pu.max_pool(x, **windows)[0] ** 2).sum(), x)


def with_positions(x: Any, lengths: Any, duplicates: str = "last", **windows: Any) -> list[Any]:
    """Return positions as well as what is un-pooled to them, so that no rewrite drops them."""
    values, positions = pu.max_pool(x, **windows)
    return [positions, pu.max_unpool(values, positions, lengths, duplicates=duplicates)]


CASES: dict[str, tuple[Callable[[Any], Any], type]] = {
    "overlapping": (lambda x: [gradient(x, **OVERLAPPING)], WindowUnpool),
    "far apart": (lambda x: [gradient(x, window=2, stride=9)], WindowUnpool),
    "of a gradient": (
        lambda x: [pt.grad((gradient(x, **OVERLAPPING) ** 2).sum(), x)], WindowUnpool,
    ),
    "positions are read": (lambda x: with_positions(x, x.shape[-1], window=2), WindowUnpool),
    "overlapping ones add up": (
        lambda x: with_positions(x, x.shape[-2:], "sum", **OVERLAPPING), WindowUnpool,
    ),
    "only un-pooled": (lambda x: [gradient(x, window=2)], TapUnpool),
    "the last of overlapping ones": (
        lambda x: with_positions(x, x.shape[-2:], "last", **OVERLAPPING), MaxUnpool,
    ),
    "other lengths": (lambda x: with_positions(x, x.shape[-1] + 1, window=2), MaxUnpool),
    "run-time windows": (
        lambda x: with_positions(x, x.shape[-1], window=[x.shape[0] - 2]), MaxUnpool,
    ),
    "positions of something else": (
        lambda x: [pu.max_unpool(x, pt.argsort(x, axis=-1), x.shape[-1])], MaxUnpool,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_unpooling_to_windows(case: str, rng: np.random.Generator) -> None:
    build, wanted = CASES[case]
    x = pt.dmatrix("x")
    outputs = build(x)
    run = pytensor.function([x], outputs, mode=MODE)
    ops = [type(node.op) for node in run.maker.fgraph.apply_nodes]
    assert {op for op in ops if issubclass(op, MaxUnpool | TapUnpool)} == {wanted}
    plain = pytensor.function([x], outputs, mode=MODE.excluding("pytensor_unpool"))
    array = rng.integers(0, 5, size=(5, 7)).astype("float64")
    for got, expected in zip(run(array), plain(array), strict=True):
        np.testing.assert_array_equal(got, expected, strict=True)


ASKING = {backend.mode for backend in BACKENDS if backend.unpools_to_windows}


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE", *(b.mode for b in BACKENDS)])
def test_only_jax_asks_for_it(mode: str) -> None:
    assert {"JAX"} == ASKING
    x = pt.dmatrix("x")
    # Neither belongs to a graph that nothing is compiled of, nor without its backend.
    optimizer = get_mode(mode).excluding("inplace", *static.REWRITES.values()).optimizer
    graph = pytensor.graph.FunctionGraph([x], [gradient(x, **OVERLAPPING)], clone=False)
    optimizer.rewrite(graph)
    ops = {type(node.op) for node in graph.apply_nodes}
    assert (WindowUnpool in ops) == (mode in ASKING)
