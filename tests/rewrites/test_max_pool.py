"""The rewrite that replaces positions by taps: where it applies, and where it must not."""

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import get_mode

import pytensor_unpool as pu
from pytensor_unpool.ops import MaxGather, MaxPool, MaxUnpool, TapGather, TapUnpool
from tests.support.modes import MODES

OURS = (MaxPool, MaxUnpool, MaxGather, TapUnpool, TapGather)
X = np.array([[3.0, 1.0, 4.0, 1.0], [5.0, 9.0, 2.0, 6.0]])


def reconstruction(x: Any, **options: Any) -> Any:
    """Return `x` un-pooled from its maxima: a graph that reads the positions."""
    values, positions = pu.max_pool(x, 2, **options)
    return pu.max_unpool(values, positions, x.shape[-1])


def op_names(function: Any) -> list[str]:
    """Return the sorted names of our Ops in a compiled graph, poolings with their output."""
    found = [node for node in function.maker.fgraph.apply_nodes if isinstance(node.op, OURS)]
    names = [type(node.op).__name__ for node in found]
    return sorted(
        f"MaxPool {node.op.output}" if name == "MaxPool" else name
        for name, node in zip(names, found, strict=True)
    )


def gradient(y: Any, x: Any, order: int = 1) -> Any:
    return y if order == 0 else pt.grad((gradient(y, x, order - 1) ** 2).sum(), x)


def tangent(x: Any, along: Any) -> Any:
    return pytensor.gradient.pushforward(
        pu.max_pool(x, 2)[0] ** 2, x, along, use_op_pushforward=True
    )


# Graphs of a matrix whose positions become taps, by the readers of the positions.
TAPPED = {
    "gradient": (lambda x: gradient(pu.max_pool(x, 2)[0], x), ["TapUnpool"]),
    "all ties": (lambda x: reconstruction(x, ties="all"), ["TapUnpool"]),
    "narrow": (lambda x: reconstruction(x, positions_dtype="int16"), ["TapUnpool"]),
    "un-pooling": (reconstruction, ["TapUnpool"]),
    "un-pooling, duplicates add up": (
        lambda x: pu.max_unpool(*pu.max_pool(x, 2), x.shape[-1], duplicates="sum"), ["TapUnpool"],
    ),
    "un-pooling of something else": (
        lambda x: pu.max_unpool(pt.sin(pu.max_pool(x, 2)[0]), pu.max_pool(x, 2)[1], x.shape[-1:]),
        ["TapUnpool"],
    ),
    "un-pooling of booleans": (
        lambda x: pu.max_unpool(pu.max_pool(x, 2)[0] > 2, pu.max_pool(x, 2)[1], x.shape[-1:]),
        ["TapUnpool"],
    ),
    "un-pooling and its gradient": (
        lambda x: gradient(reconstruction(x), x), ["TapGather", "TapUnpool", "TapUnpool"],
    ),
    "one after the other": (
        lambda x: gradient(pu.max_pool(x, 2)[0], x, order=2),
        ["TapGather", "TapUnpool", "TapUnpool"],
    ),
    "tangent": (lambda x: tangent(x, pt.exp(x)), ["TapGather"]),
    "two axes": (lambda x: gradient(pu.max_pool(x, (2, 3))[0], x), ["TapUnpool"]),
    "of a slice": (lambda x: gradient(pu.max_pool(x[1:, 2:], 2)[0], x), ["TapUnpool"]),
    "gaps": (lambda x: gradient(pu.max_pool(x, 2, 3)[0], x), ["TapUnpool"]),
}  # fmt: skip


@pytest.mark.parametrize("shape", [(None, None), (4, 12)], ids=["unknown lengths", "static"])
@pytest.mark.parametrize(
    ("name", "mode"),
    # All modes have the same rewrites.
    [(name, "FAST_COMPILE") for name in TAPPED]
    + [(name, mode) for name in ("gradient", "one after the other") for mode in MODES[:-1]],
)
def test_taps_take_the_place_of_positions(name, mode, shape, rng):
    x = pt.tensor("x", dtype="float64", shape=shape)
    build, readers = TAPPED[name]
    run = pytensor.function([x], build(x), mode=mode)
    assert op_names(run) == ["MaxPool taps", *readers]
    plain = get_mode(mode).excluding("local_max_pool_positions_to_taps")
    reference = pytensor.function([x], build(x), mode=plain)
    assert "MaxPool taps" not in op_names(reference)
    array = rng.integers(0, 4, size=(4, 12)).astype("float64")
    np.testing.assert_array_equal(run(array), reference(array), strict=True)


def test_taps_of_one_pooling_after_another(rng):
    """The lengths of the second input are computed from those of the first."""
    x = pt.tensor("x", dtype="float64", shape=(None, None))
    hidden = pu.max_pool(pt.exp(pu.max_pool(x, 2)[0]), 3, pad=1)[0]
    run = pytensor.function([x], gradient(hidden, x), mode="FAST_COMPILE")
    assert op_names(run) == ["MaxPool taps"] * 2 + ["TapUnpool"] * 2
    plain = get_mode("FAST_COMPILE").excluding("pytensor_unpool")
    array = rng.normal(size=(2, 13))
    wanted = pytensor.function([x], gradient(hidden, x), mode=plain)(array)
    np.testing.assert_array_equal(run(array), wanted)


def test_values_need_not_be_read(rng):
    x, cotangent = pt.dmatrix("x"), pt.dmatrix("cotangent")
    values, _ = pu.max_pool(x, 2)
    slope = pt.grad(None, x, known_grads={values: cotangent})
    run = pytensor.function([x, cotangent], slope, mode="FAST_COMPILE")
    assert op_names(run) == ["MaxPool taps", "TapUnpool"]
    assert run(X, [[10.0, 20], [30, 40]]).tolist() == [[10, 0, 20, 0], [0, 30, 0, 40]]


def static(*lengths: int | None) -> Any:
    return pt.tensor("x", dtype="float64", shape=lengths)


def unpooled_to(length: Any, x: Any) -> Any:
    return pu.max_unpool(*pu.max_pool(x, 2), length)


def hessian_product(x: Any) -> Any:
    """Read at the positions of an array that has the lengths of x only if the caller ensures it."""
    along = pt.dmatrix("along")
    return pt.grad((gradient(pu.max_pool(x, 2)[0], x) * along).sum(), x), along


ANY = pt.matrix("x", dtype="float64")
LENGTH = pt.lscalar("length")

# The input, what is built of it, and what stands there in the end.
NOT_TAPPED = {
    "an output": (
        ANY, lambda x: [pu.max_pool(x, 2)[1], reconstruction(x)],
        ["MaxPool positions", "MaxUnpool"],
    ),
    "read by another op": (
        ANY,
        lambda x: [pu.max_pool(x, 2)[1] * 2, reconstruction(x)],
        ["MaxPool positions", "MaxUnpool"],
    ),
    "un-pooled themselves": (
        ANY,
        lambda x: pu.max_unpool(pu.max_pool(x, 2)[1], pu.max_pool(x, 2)[1], x.shape[-1]),
        ["MaxPool positions", "MaxUnpool"],
    ),
    "windows that overlap": (
        ANY, lambda x: gradient(pu.max_pool(x, 3, 2)[0], x), ["MaxPool positions", "MaxUnpool"],
    ),
    "windows far apart": (
        ANY, lambda x: gradient(pu.max_pool(x, 2, 9)[0], x), ["MaxPool positions", "MaxUnpool"],
    ),
    "symbolic windows": (
        ANY,
        lambda x: gradient(pu.max_pool(x, pt.as_tensor_variable(x.shape[0]))[0], x),
        ["MaxPool positions", "MaxUnpool"],
    ),
    "another number of axes": (
        ANY,
        lambda x: MaxUnpool(1, "last")(*pu.max_pool(x, (2, 2)), [x.shape[0] * x.shape[1]]),
        ["MaxPool positions", "MaxUnpool"],
    ),
    "gathered along another number of axes": (
        ANY,
        lambda x: MaxGather(1, "sum")(x[:1], pu.max_pool(x[:1], (1, 2))[1]),
        ["MaxGather", "MaxPool positions"],
    ),
    "a longer axis": (
        ANY, lambda x: unpooled_to(x.shape[-1] + 1, x), ["MaxPool positions", "MaxUnpool"],
    ),
    "a longer static axis": (
        static(2, 6), lambda x: unpooled_to(7, x), ["MaxPool positions", "MaxUnpool"],
    ),
    "a length that may be another one": (
        ANY, lambda x: unpooled_to(6, x), ["MaxPool positions", "MaxUnpool"],
    ),
    "the length of another axis": (
        static(None, 6), lambda x: unpooled_to(x.shape[0] + 4, x),
        ["MaxPool positions", "MaxUnpool"],
    ),
    "one length known to be another one": (
        static(None, 6),
        lambda x: pu.max_unpool(*pu.max_pool(x, (1, 2)), (x.shape[0], 7)),
        ["MaxPool positions", "MaxUnpool"],
    ),
    "the length of another array": (
        ANY,
        lambda x: unpooled_to(pytensor.shared(np.zeros((2, 7))).shape[-1], x),
        ["MaxPool positions", "MaxUnpool"],
    ),
    "lengths in another order": (
        ANY,
        lambda x: pu.max_unpool(*pu.max_pool(x, (2, 2)), x.shape[::-1]),
        ["MaxPool positions", "MaxUnpool"],
    ),
    "one reader of two to other lengths": (
        ANY,
        lambda x: [unpooled_to(x.shape[-1], x), unpooled_to(x.shape[-1] + 1, x)],
        ["MaxPool positions", "MaxUnpool", "MaxUnpool"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_TAPPED)
def test_positions_stay(case, rng):
    """Catches a rewrite that changes visible results."""
    x, build, names = NOT_TAPPED[case]
    outputs = build(x)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    run = pytensor.function([x], outputs, mode="FAST_COMPILE")
    assert op_names(run) == names
    plain = get_mode("FAST_COMPILE").excluding("pytensor_unpool")
    array = rng.normal(size=(2, 6))
    wanted = pytensor.function([x], outputs, mode=plain)(array)
    for got, expected in zip(run(array), wanted, strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


def test_positions_stay_where_an_array_of_other_lengths_may_be_read():
    x = pt.dmatrix("x")
    product, along = hessian_product(x)
    run = pytensor.function([x, along], product, mode="FAST_COMPILE")
    assert op_names(run) == ["MaxGather", "MaxPool positions", "MaxUnpool"]
    assert run(X, np.ones((2, 4))).tolist() == [[2, 0, 2, 0], [0, 2, 0, 2]]


def test_lengths_that_come_with_the_data_may_be_others():
    """Taps would refer to the windows of those lengths."""
    x, length = pt.dmatrix("x"), pt.lscalar("length")
    run = pytensor.function([x, length], unpooled_to(length, x), mode="FAST_COMPILE")
    assert op_names(run) == ["MaxPool positions", "MaxUnpool"]
    assert run(X, 5).tolist() == [[3, 0, 4, 0, 0], [0, 9, 0, 6, 0]]
