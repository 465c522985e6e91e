"""A pair that was not unpacked, and positions of other axes: errors, never a wrong result."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import disconnected_grad
from pytensor.graph.replace import vectorize_graph

import pytensor_unpool as pu
from pytensor_unpool.errors import ArgumentError, ShapeError

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


class TestPositionsOfOtherAxes:
    """All values of a batch landed in its first image, at positions meant for their own."""

    match = r"shape must have 2 lengths.* over the last 2 axes: got 4.*`x.shape\[-2:\]`"

    def test_the_shape_of_a_batch(self) -> None:
        x = pt.tensor4("x", dtype="float64")
        values, positions = pu.max_pool(x, (2, 2))
        with pytest.raises(ShapeError, match=self.match) as caught:
            pu.max_unpool(values, positions, x.shape)
        assert (caught.value.got, caught.value.wanted) == (4, 2)
        back = pu.max_unpool(values, positions, x.shape[-2:])
        array = np.arange(96.0).reshape(2, 3, 4, 4)
        ends = np.array([[0, 0], [0, 1]])
        wanted = array * np.kron(np.ones((2, 2)), ends)
        np.testing.assert_array_equal(back.eval({x: array}), wanted)

    @pytest.mark.parametrize(
        "change",
        [
            lambda p: p.astype("int32"),
            lambda p: p.copy(),
            disconnected_grad,
            lambda p: pt.specify_shape(p, (2, 3, 2, 2)),
            lambda p: p[:1],
            lambda p: p[0][None],
        ],
        ids=["cast", "copy", "disconnected", "specified", "some items", "one item"],
    )
    def test_positions_are_followed(self, change: Any) -> None:
        x = pt.tensor4("x", dtype="float64")
        positions = change(pu.max_pool(x, (2, 2)).positions)
        values = pt.tensor4("values", dtype="float64")
        with pytest.raises(ShapeError, match=self.match):
            pu.max_unpool(values, positions, x.shape)

    @pytest.mark.parametrize("name", pu.symbolic.__all__)
    def test_plain_graphs(self, name: str) -> None:
        x = pt.tensor4("x", dtype="float64", shape=(2, 3, 4, 4))
        values, positions = pu.max_pool(x, (2, 2))
        with pytest.raises(ShapeError, match=self.match):
            getattr(pu.symbolic, name)(values, positions, x.shape)

    def test_fewer_lengths_than_pooled_axes(self) -> None:
        x = pt.matrix("x", dtype="float64")
        values, positions = pu.max_pool(x, (2, 2))
        with pytest.raises(ShapeError, match=r"shape must have 2 lengths.*: got 1"):
            pu.max_unpool(values, positions, x.shape[-1])

    def test_other_positions_are_not_judged(self) -> None:
        """Four axes may have been pooled, and positions be computed."""
        x = pt.tensor4("x", dtype="float64")
        values, positions = pu.max_pool(x, (2, 2))
        flat = positions.flatten(3)
        pu.max_unpool(values.flatten(3), flat, x.shape[-2] * x.shape[-1])
        pu.max_unpool(values, pt.tensor4(dtype="int64"), x.shape)
        pu.max_unpool(values, positions + 1, x.shape)
