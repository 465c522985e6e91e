"""What `max_pool` returns has names, and a pair that was not unpacked is an error everywhere."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import vectorize_graph

import pytensor_unpool as pu
from pytensor_unpool.errors import ArgumentError

UNPACK = r"got a (tuple|list|MaxPooled) .*Unpack it \(`values, positions = "


def pair() -> Any:
    return pu.max_pool(pt.tensor4("x", dtype="float64"), (2, 2))


def test_maxima_and_positions_have_names():
    pooled = pair()
    values, positions = pooled
    assert pooled.values is values
    assert pooled.positions is positions
    assert pooled == (values, positions)
    assert pooled._fields == ("values", "positions")
    assert type(pickle.loads(pickle.dumps(pooled))) is type(pooled)


@pytest.mark.parametrize("mode", ["FAST_COMPILE"])
def test_a_pair_can_be_what_a_function_returns(mode: str) -> None:
    x = pt.vector("x", dtype="float64")
    values, positions = pytensor.function([x], pu.max_pool(x, 2), mode=mode)([3.0, 4.0, 2.0, 1.0])
    assert (values.tolist(), positions.tolist()) == ([4, 2], [1, 2])
    xs = pt.matrix("xs", dtype="float64")
    batch = vectorize_graph(pu.max_pool(x, 2), {x: xs})
    values, positions = pytensor.function([xs], batch, mode=mode)([[3.0, 4.0, 2.0, 1.0]])
    assert (values.tolist(), positions.tolist()) == ([[4, 2]], [[1, 2]])


PYTENSOR = {
    "maximum": lambda both: pt.maximum(both, 0),
    "maximum, second": lambda both: pt.maximum(0, both),
    "sum": pt.sum,
    "as_tensor": pt.as_tensor_variable,
    "variable plus pair": lambda both: pt.scalar("s") + both,
    "pair plus variable": lambda both: both + pt.scalar("s"),
    "variable times pair": lambda both: pt.scalar("s") * both,
    "pair times number": lambda both: both * 2,
    "number times pair": lambda both: 2 * both,
    "stack": lambda both: pt.stack([both, both]),
}


@pytest.mark.parametrize("use", PYTENSOR.values(), ids=PYTENSOR)
def test_pytensor_stacks_no_pair(use: Any) -> None:
    """`pt.maximum(pu.max_pool(x, 2), 0)` was the maximum of positions, too."""
    with pytest.raises((ArgumentError, TypeError), match=UNPACK):
        use(pair())


OURS = {
    "max_pool": lambda both: pu.max_pool(both, (2, 2)),
    "pool": lambda both: pu.pool(both, (2, 2)),
    "sums": lambda both: pu.pool(both, (2, 2), mode="sum"),
    "max_unpool, values": lambda both: pu.max_unpool(both, both[1], (4, 4)),
    "max_unpool, positions": lambda both: pu.max_unpool(both[0], both, (4, 4)),
    "conv": lambda both: pu.conv(both, np.ones((1, 1, 2, 2))),
    "conv, kernel": lambda both: pu.conv(np.ones((1, 1, 2, 2)), both),
    "conv_input_grad": lambda both: pu.conv_input_grad(both, both[0], (4, 4)),
    "conv_kernel_grad": lambda both: pu.conv_kernel_grad(both[0], both, (4, 4)),
    "helix_convolve": lambda both: pu.helix_convolve(both, np.ones(2)),
    "helix_convolve, kernel": lambda both: pu.helix_convolve(both[0], both),
    "adaptive_pool": lambda both: pu.adaptive_pool(both, 2),
    "global_pool": lambda both: pu.global_pool(both, 2),
    "windows_to_rows": lambda both: pu.windows_to_rows(both, 2),
    "rows_to_windows": lambda both: pu.rows_to_windows(both, 4, 2),
    "upsample_nearest": lambda both: pu.upsample_nearest(both, 2),
    "upsample_linear": lambda both: pu.upsample_linear(both, 2),
    "upsample_dilate": lambda both: pu.upsample_dilate(both, 2),
    "unpool_loop": lambda both: pu.symbolic.unpool_loop(both, both[1], (4, 4)),
    "unpool_flat": lambda both: pu.symbolic.unpool_flat(both, both[1], (4, 4)),
    "unpool_arange": lambda both: pu.symbolic.unpool_arange(both[0], both, (4, 4)),
}


@pytest.mark.parametrize("kind", [lambda both: both, tuple, list], ids=["named", "tuple", "list"])
@pytest.mark.parametrize("use", OURS.values(), ids=OURS)
def test_no_function_takes_several_variables(use: Any, kind: Any) -> None:
    with pytest.raises(ArgumentError, match=UNPACK) as caught:
        use(kind(pair()))
    assert caught.value.wanted == "one tensor"


def test_numbers_and_scalars_may_stand_in_lists() -> None:
    """That is how a vector is written."""
    a, b = pt.scalar("a", dtype="float64"), pt.scalar("b", dtype="float64")
    assert pu.pool([a, b, 3.0], 3).eval({a: 4.0, b: 5.0}).tolist() == [5]
    assert pu.pool(([1.0, 2.0], [3.0, 4.0]), 2).eval().tolist() == [[2], [4]]
    with pytest.raises(ArgumentError, match=UNPACK):
        pu.pool((a, b), 2)
