"""Ops as PyTensor handles them: merged, pickled, printed, asked for shapes, run in DebugMode."""

import copy
import pickle
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.debug.debugmode import DebugMode

import pytensor_unpool as pu
from pytensor_unpool.geometry import Windows
from pytensor_unpool.ops import (
    Interpolate,
    InterpolateInputGrad,
    MaxGather,
    MaxPool,
    MaxUnpool,
    Pool,
    PoolInputGrad,
    RowsToWindows,
    TiedGather,
    TiedUnpool,
    WindowsToRows,
    WindowUnpool,
)
from tests.support.cases import PAIRS
from tests.support.modes import C_OR_PYTHON, every_mode

WIDE = Windows((2, None), (1, 3), (0, 1), (1, 1), (1, 2), partial_windows=True)
SUMS = ("sum", "average_inc_pad", "average_exc_pad")


def make_ops() -> list[Any]:
    """Make Ops that all differ; called twice, they are equal but not the same."""
    return [
        *(
            MaxPool(w, **options)
            for w in (PAIRS, WIDE)
            for options in ({}, {"dtype": "int8"}, {"output": "values"})
        ),
        MaxPool(PAIRS, "all"),
        *(kind(n, d) for kind in (MaxUnpool, MaxGather) for n in (1, 2) for d in ("last", "sum")),
        *(kind(w) for kind in (TiedUnpool, TiedGather, WindowUnpool) for w in (PAIRS, WIDE)),
        *(kind(w, m) for kind in (Pool, PoolInputGrad) for w in (PAIRS, WIDE) for m in SUMS),
        *(
            kind(a, p)
            for kind in (Interpolate, InterpolateInputGrad)
            for a in (-1, -2)
            for p in (2, 3)
        ),
        *(kind(PAIRS, b) for kind in (WindowsToRows, RowsToWindows) for b in ("zeros", "wrap")),
    ]


def test_ops_of_equal_properties_are_equal_and_others_are_not():
    """Catches an Op that PyTensor cannot merge, or merges with another."""
    ops, twins = make_ops(), make_ops()
    for i, op in enumerate(ops):
        for j, twin in enumerate(twins):
            assert (op == twin) == (i == j), (op, twin)
        assert hash(op) == hash(twins[i])
    assert len(set(ops + twins)) == len(ops)


@pytest.mark.parametrize("op", make_ops(), ids=str)
def test_ops_pickle_and_copy(op):
    for twin in (pickle.loads(pickle.dumps(op)), copy.copy(op), copy.deepcopy(op)):
        assert twin == op
        assert hash(twin) == hash(op)
        assert str(twin) == str(op)


def test_ops_say_what_they_do():
    assert [str(op) for op in make_ops()[:4]] == [
        "MaxPool{2}",
        "MaxPool{2, positions int8}",
        "MaxPool{2, values only}",
        "MaxPool{2x?, stride 1x3, pad 0+1x1, dilation 1x2, partial windows}",
    ]
    assert str(MaxPool(PAIRS, "all")) == "MaxPool{2, ties=all}"
    assert str(MaxUnpool(2, "sum")) == "MaxUnpool{ndim=2, duplicates='sum'}"
    assert str(MaxGather(1, "last")) == "MaxGather{ndim=1, duplicates='last'}"
    assert str(TiedUnpool(PAIRS)) == "TiedUnpool{2}"
    assert str(WindowUnpool(PAIRS)) == "WindowUnpool{2}"


def picture() -> Any:
    return pt.tensor("picture", dtype="float64", shape=(None, 4, 6))


def reconstruction(x: Any) -> Any:
    values, positions = pu.max_pool(x, (2, 2), stride=(1, 2), pad=((0, 1), 0))
    return pu.max_unpool(values, positions, x.shape[-2:])


def test_a_printed_graph_reads_well():
    assert pytensor.dprint(reconstruction(picture()), file="str").splitlines() == [
        "MaxUnpool{ndim=2, duplicates='last'} [id A]",
        " ├─ MaxPool{2x2, stride 1x2, pad 0+1x0}.0 [id B]",
        " │  └─ picture [id C]",
        " ├─ MaxPool{2x2, stride 1x2, pad 0+1x0}.1 [id B]",
        " │  └─ ···",
        " └─ [4 6] [id D]",
    ]


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_compiled_functions_pickle(mode, rng):
    x = picture()
    run = pytensor.function([x], reconstruction(x), mode=mode)
    array = rng.normal(size=(2, 4, 6))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(run))(array), run(array))


@pytest.mark.parametrize("mode", C_OR_PYTHON)
def test_shared_variables_are_read_and_updated(mode):
    x = pytensor.shared(np.arange(24.0).reshape(1, 4, 6), name="x")
    values, _ = pu.max_pool(x, (2, 3))
    step = pytensor.function([], values, updates={x: x - pt.grad(values.sum(), x)}, mode=mode)
    assert step().tolist() == [[[8, 11], [20, 23]]]
    assert step().tolist() == [[[7, 10], [19, 22]]]
    # Other lengths than those that the function was compiled with.
    x.set_value(np.arange(12.0).reshape(2, 2, 3))
    assert step().tolist() == [[[5]], [[11]]]
    assert x.get_value()[:, 1, 2].tolist() == [4, 10]


@every_mode
def test_a_graph_of_shapes_alone_computes_no_pooling(mode):
    """Catches an `infer_shape` of the wrong form, which PyTensor drops in silence."""
    x, window = pt.tensor("x", dtype="float64", shape=(None, None, 6)), pt.lscalar("window")
    pooled = [
        *pu.max_pool(x, (3, 2), (2, 1), ((0, 2), 1), partial_windows=True),
        pu.max_pool(x, [window, 2])[0],
        pu.max_unpool(*pu.max_pool(x, 2), x.shape[-1]),
        *(pt.grad(pu.max_pool(x, (2, 2), ties=ties)[0].sum(), x) for ties in ("first", "all")),
        MaxGather(1, "last")(x, pt.cast(x[:, :, :2], "int64")),
        TiedGather(PAIRS)(x, x[:, :, :3], x),
    ]
    run = pytensor.function([x, window], [y.shape for y in pooled], mode=mode)
    ops = [node.op for node in run.maker.fgraph.apply_nodes]
    assert [op for op in ops if type(op).__module__.startswith("pytensor_unpool")] == []
    got = [tuple(shape) for shape in run(np.zeros((2, 5, 6)), 5)]
    unchanged = (2, 5, 6)
    assert got == [(2, 3, 7), (2, 3, 7), (2, 1, 3), *[unchanged] * 3, (2, 5, 2), (2, 5, 3)]


def test_debug_mode_finds_nothing(rng):
    """PyTensor's own check: C against Python, inputs untouched, storage reused, views declared."""
    x, window = picture(), pt.lscalar("window")
    values, positions = pu.max_pool(x, (2, 3), 2, 1, positions_dtype="int32")
    unpooled = pu.max_unpool(values, positions, x.shape[-2:])
    tied = pu.max_pool(x, [window, 2], ties="all")[0]
    cotangents = {unpooled: unpooled.type("g"), tied: tied.type("h")}
    gradients = pt.grad(None, x, known_grads=cotangents)
    inputs = [x, window, *cotangents.values()]
    outputs = [values, positions, unpooled, tied, gradients]
    run = pytensor.function(inputs, outputs, mode=DebugMode(check_isfinite=False))
    plain = pytensor.function(inputs, outputs, mode="FAST_COMPILE")
    arrays = [rng.normal(size=shape) for shape in ((2, 4, 6), (2, 4, 6), (2, 2, 3))]
    arguments = (arrays[0], 2, *arrays[1:])
    for got, wanted in zip(run(*arguments), plain(*arguments), strict=True):
        np.testing.assert_allclose(got, wanted)
