"""Every Op has its Numba kernel, and kernels that differ have keys that differ."""

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool import ops
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.conv import Convolution
from pytensor_unpool.geometry.helix import METHODS
from pytensor_unpool.geometry.helix import MODES as WINDOWS
from pytensor_unpool.ops import (
    Conv,
    ConvInputGrad,
    ConvKernelGrad,
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


def example(op: Any) -> tuple[list[Any], list[Any]]:
    """Return inputs of an Op, symbolic and as arrays."""
    if isinstance(op, Conv | ConvInputGrad | ConvKernelGrad):
        return convolution_example(op)
    if isinstance(op, HelixConvolve | HelixWindow):
        return helix_example(op)
    return pooling_example(op)


def convolution_example(op: Any) -> tuple[list[Any], list[Any]]:
    first, second = pt.tensor3("first"), pt.tensor3("second")
    some = [np.ones((2, 3, 4)), np.ones((3, 3, 2)), np.ones((2, 3, 3))]
    if isinstance(op, Conv):
        return [first, second], some[:2]
    if isinstance(op, ConvInputGrad):
        return [first, second, pt.lvector("n")], [*some[1:], [2, 3, 4]]
    return [first, second, pt.lvector("n")], [some[0], some[2], [3, 3, 2]]


def helix_example(op: Any) -> tuple[list[Any], list[Any]]:
    first, second = pt.matrix("first"), pt.vector("second")
    if isinstance(op, HelixConvolve):
        return [first, second], [np.ones((2, 4)), np.ones(3)]
    numbers = [pt.lvector("starts"), pt.lvector("lengths")]
    return [first, second, *numbers], [np.ones((2, 4)), np.ones(3), [1], [4]]


def pooling_example(op: Any) -> tuple[list[Any], list[Any]]:
    x, values, positions = pt.matrix("x"), pt.matrix("values"), pt.lmatrix("positions")
    an_x, some_values, some_positions = np.eye(2, 4), np.ones((2, 2)), np.array([[0, 2], [1, 2]])
    if isinstance(op, Interpolate | MaxPool | Pool | WindowsToRows):
        return [x], [an_x]
    if isinstance(op, PoolInputGrad | RowsToWindows):
        return [values, pt.lvector("n")], [some_values, [4]]
    if isinstance(op, InterpolateInputGrad):
        return [values, pt.lvector("n")], [some_values, [1]]
    if isinstance(op, MaxUnpool):
        return [values, positions, pt.lvector("n")], [some_values, some_positions, [4]]
    if isinstance(op, RuntimeBroadcast):
        return [values, x], [some_values[:1], an_x]
    if isinstance(op, MaxGather):
        return [x, positions], [an_x, some_positions]
    taps, some_taps = pt.matrix("taps", dtype="uint8"), np.array([[0, 1], [1, 0]], "uint8")
    if isinstance(op, TapUnpool):
        return [values, taps, pt.lvector("n")], [some_values, some_taps, [4]]
    if isinstance(op, TapGather):
        return [x, taps], [an_x, some_taps]
    third = pt.matrix("third")
    moved = some_values if isinstance(op, TiedUnpool) else an_x
    return [x, values, third], [an_x, some_values, moved]


PLAIN = Convolution((1,), (0,), (0,), (1,))
EXAMPLES = [
    Conv(PLAIN),
    ConvInputGrad(PLAIN),
    ConvKernelGrad(PLAIN),
    HelixConvolve(1, "same"),
    HelixWindow(1),
    Interpolate(-1, 2),
    InterpolateInputGrad(-1, 2),
    MaxPool(PAIRS, "first"),
    MaxUnpool(1, "last"),
    MaxGather(1, "last"),
    Pool(PAIRS, "sum"),
    PoolInputGrad(PAIRS, "sum"),
    RuntimeBroadcast((0,)),
    TapGather(PAIRS),
    TapUnpool(PAIRS),
    TiedUnpool(PAIRS),
    TiedGather(PAIRS),
    WindowsToRows(PAIRS, "zeros"),
    RowsToWindows(PAIRS, "zeros"),
    WindowUnpool(PAIRS),
]


def test_the_examples_hold_every_op():
    assert sorted(type(op).__name__ for op in EXAMPLES) == sorted(ops.__all__)


# `test_conv.py` runs convolutions under Numba, which takes long to compile them.
SHORT = [op for op in EXAMPLES if not isinstance(op, Conv | ConvInputGrad | ConvKernelGrad)]


@pytest.mark.parametrize("op", SHORT, ids=lambda op: type(op).__name__)
def test_no_op_falls_back_to_python_under_numba(op):
    """PyTensor warns when it would go on with a slow function; what it has runs in other tests."""
    inputs, _ = example(op)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pytensor.function(inputs, op(*inputs), mode="NUMBA")


def cache_key(op: Any) -> str:
    from pytensor.link.numba.dispatch.basic import numba_funcify_and_cache_key

    return numba_funcify_and_cache_key(op, node=None)[1]


def test_kernels_that_differ_have_keys_that_differ():
    several = [
        PAIRS,
        Windows((None,), (2,), (0,), (0,), (1,)),
        Windows((3,), (2,), (0,), (0,), (1,)),
        Windows((2,), (1,), (0,), (0,), (1,)),
        Windows((2,), (2,), (1,), (0,), (1,)),
        Windows((2,), (2,), (0,), (1,), (1,)),
        Windows((2,), (2,), (0,), (0,), (2,)),
        Windows((2,), (2,), (0,), (0,), (1,), partial_windows=True),
        Windows((2, 2), (2, 2), (0, 0), (0, 0), (1, 1)),
    ]
    different = [
        *(MaxPool(windows, "first") for windows in several),
        MaxPool(PAIRS, "first", dtype="int32"),
        MaxPool(PAIRS, "first", "values"),
        MaxPool(PAIRS, "first", "taps"),
        *(kind(n, d) for kind in (MaxUnpool, MaxGather) for n in (1, 2) for d in ("last", "sum")),
        *(RuntimeBroadcast(axes) for axes in ((0,), (0, 1))),
        *(
            kind(axis, p, q)
            for kind in (Interpolate, InterpolateInputGrad)
            for axis, p, q in ((-1, 2, 1), (-2, 2, 1), (-1, 3, 1), (-1, 3, 2))
        ),
        *(kind(1, "last", wraps=True) for kind in (MaxUnpool, MaxGather)),
        *(kind(windows) for kind in (TiedUnpool, TiedGather) for windows in several),
        *(
            kind(windows, mode)
            for kind in (Pool, PoolInputGrad)
            for windows in several
            for mode in ("sum", "average_inc_pad", "average_exc_pad")
        ),
        *(
            kind(windows, border)
            for kind in (WindowsToRows, RowsToWindows)
            for windows in several
            for border in ("zeros", "wrap")
        ),
        *(kind(w) for kind in (TapUnpool, TapGather) for w in several if w.has_taps),
        *(HelixConvolve(n, mode, m) for n in (1, 2) for mode in WINDOWS for m in METHODS),
        *(HelixWindow(n, m, t) for n in (1, 2) for m in METHODS for t in (False, True)),
        *(
            kind(Convolution(*numbers))
            for kind in (Conv, ConvInputGrad, ConvKernelGrad)
            for numbers in (
                ((1,), (0,), (0,), (1,)),
                ((None,), (0,), (0,), (1,)),
                ((2,), (0,), (0,), (1,)),
                ((1,), (1,), (0,), (1,)),
                ((1,), (0,), (1,), (1,)),
                ((1,), (0,), (0,), (2,)),
                ((1,), (0,), (0,), (1,), 2),
                ((1,), (0,), (0,), (1,), 1, True),
                ((1, 1), (0, 0), (0, 0), (1, 1)),
            )
        ),
    ]
    keys = [cache_key(op) for op in different]
    for (first, one), (second, other) in combinations(zip(different, keys, strict=True), 2):
        assert one != other, (first, second)
    assert keys[0] == cache_key(MaxPool(PAIRS, "first"))


def test_ops_with_one_kernel_have_one_key():
    """Only the gradient of a max-pooling depends on its ties."""
    first, every = (cache_key(MaxPool(PAIRS, ties)) for ties in ("first", "all"))
    assert first == every
    assert cache_key(WindowUnpool(PAIRS)) == cache_key(MaxUnpool(1, "sum"))
