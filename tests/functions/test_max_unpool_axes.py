"""Positions belong to the axes that were pooled: lengths of others are an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.gradient import disconnected_grad

import pytensor_unpool as pu
from pytensor_unpool.errors import ShapeError


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
