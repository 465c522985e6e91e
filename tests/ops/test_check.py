"""Conditions that are checked at run time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import vectorize_graph

from pytensor_unpool.errors import PositionError
from pytensor_unpool.symbolic import unpool_arange
from tests.support.checked import compare, some_lengths
from tests.support.modes import C_OR_PYTHON, every_mode


@every_mode
@some_lengths
def test_modes(mode: str, lengths: Any) -> None:
    compare(mode, lengths)


@pytest.mark.parametrize("mode", C_OR_PYTHON)
def test_batches(mode: str) -> None:
    """With several conditions, which PyTensor's own vectorization does not support."""
    values, positions = pt.vector("values"), pt.lvector("positions")
    batch = {values: pt.matrix("batch of values"), positions: pt.lmatrix("batch of positions")}
    batched = vectorize_graph(unpool_arange(values, positions, (3,)), batch)
    run = pytensor.function(list(batch.values()), batched, mode=mode)
    arrays = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0, 1], [2, -3]])
    np.testing.assert_array_equal(run(*arrays), [[1, 2, 0], [4, 0, 3]])
    with pytest.raises(PositionError, match="a position lies outside"):
        run(arrays[0], arrays[1] + 1)
