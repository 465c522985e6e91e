"""Every Op with three items for each of its arguments, for the tests of batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pytensor_unpool.ops import (
    HelixConvolve,
    HelixWindow,
    Interpolate,
    InterpolateInputGrad,
    MaxGather,
    MaxPool,
    MaxUnpool,
    Pool,
    PoolInputGrad,
    RowsToWindows,
    RuntimeBroadcast,
    TapGather,
    TapUnpool,
    TiedGather,
    TiedUnpool,
    WindowsToRows,
    WindowUnpool,
)
from tests.support.cases import PAIRS

# Three items, one row of which is one item of a batch.
X = np.array([[3.0, 1.0, 4.0, 1.0], [5.0, 9.0, 2.0, 6.0], [7.0, 7.0, 8.0, 9.0]])
PLACES = np.array([[0, 2], [1, 3], [3, 3]])
PAIR_TAPS = np.array([[0, 0], [1, 1], [1, 0]], "uint8")
PAIR_VALUES = X.reshape(3, 2, 2).max(-1)


class Batched(NamedTuple):
    """An Op of one item, and its arguments: each one is stacked along a new first axis."""

    op: Any
    arguments: tuple[Any, ...]


CASES = {
    "MaxPool": Batched(MaxPool(PAIRS, "first"), (X,)),
    "MaxPool values only": Batched(MaxPool(PAIRS, "all", "values"), (X,)),
    "MaxUnpool last": Batched(MaxUnpool(1, "last"), (X[:, :2], PLACES)),
    "MaxUnpool sum": Batched(MaxUnpool(1, "sum"), (X[:, :2], PLACES)),
    "WindowUnpool": Batched(WindowUnpool(PAIRS), (X[:, :2], PLACES)),
    "MaxGather last": Batched(MaxGather(1, "last"), (X, PLACES)),
    "MaxGather sum": Batched(MaxGather(1, "sum"), (X, PLACES)),
    "RuntimeBroadcast": Batched(RuntimeBroadcast((0,)), (X[:, :1], X)),
    "TapUnpool": Batched(TapUnpool(PAIRS), (X[:, :2], PAIR_TAPS)),
    "TapGather": Batched(TapGather(PAIRS), (X, PAIR_TAPS)),
    "TiedUnpool": Batched(TiedUnpool(PAIRS), (X, PAIR_VALUES, X[:, 1:3])),
    "TiedGather": Batched(TiedGather(PAIRS), (X, PAIR_VALUES, X[:, ::-1])),
    "HelixConvolve": Batched(HelixConvolve(1, "full", "direct"), (X, X[:, :2])),
    "HelixWindow": Batched(HelixWindow(1, "direct", True), (X, X[:, 1:3])),
    "Interpolate": Batched(Interpolate(-1, 2), (X,)),
    "InterpolateInputGrad": Batched(InterpolateInputGrad(-1, 3, 4), (X[:, 1:],)),
    "Pool": Batched(Pool(PAIRS, "average_inc_pad"), (X,)),
    "PoolInputGrad": Batched(PoolInputGrad(PAIRS, "average_exc_pad"), (X[:, :2],)),
    "WindowsToRows": Batched(WindowsToRows(PAIRS, "zeros"), (X,)),
    "RowsToWindows": Batched(RowsToWindows(PAIRS, "zeros"), (X.reshape(3, 2, 2),)),
}

TO_LENGTHS = (
    HelixWindow, InterpolateInputGrad, MaxUnpool, PoolInputGrad, RowsToWindows, TapUnpool
)  # fmt: skip


def output_of(op: Any, inputs: Sequence[Any]) -> Any:
    if isinstance(op, HelixWindow):
        inputs = [*inputs, np.array([1])]
    if isinstance(op, TO_LENGTHS):
        inputs = [*inputs, np.array([4])]
    outputs = op(*inputs)
    return outputs[0] + outputs[1] if isinstance(outputs, list) else outputs
