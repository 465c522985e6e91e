"""Windows as rows and back in graphs: shapes, derivatives, batches, bad input."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import pushforward, verify_grad
from pytensor.graph.replace import vectorize_graph

import pytensor_unpool as pu
from pytensor_unpool.errors import ArgumentError, DTypeError, LengthError, ShapeError, WindowError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.reference import neighbours as reference
from pytensor_unpool.ops import RowsToWindows, WindowsToRows
from tests.support import oracle
from tests.support.cases import CORE, PoolCase, assert_same
from tests.support.modes import PYTHON, every_mode
from tests.support.whole import whole

Function = Callable[..., Any]


either_border = pytest.mark.parametrize("border", ["zeros", "wrap"])


# Static shapes, and the Ops in a graph.


def test_static_shapes_are_those_of_the_result() -> None:
    x = pt.tensor("x", dtype="float32", shape=(None, 3, 5, 6))
    rows = pu.windows_to_rows(x, (2, 3), 1, pad=((0, 1), 0))
    assert rows.type == pt.TensorType("float32", (None, 3, 5, 4, 6))
    assert pu.rows_to_windows(rows, (5, 6), (2, 3), 1, ((0, 1), 0)).type.shape == (None, 3, 5, 6)
    back = pu.rows_to_windows(rows, x.shape[-2:], (2, 3), 1, ((0, 1), 0))
    assert back.type.shape == (None, 3, 5, 6)
    n = pt.lscalar("n")
    assert pu.windows_to_rows(x, (2, 3), n).type.shape == (None, 3, None, None, None)
    assert pu.rows_to_windows(rows, (5, n), (2, 3), 1, ((0, 1), 0)).type.shape[2:] == (5, None)


@every_mode
def test_a_graph_of_shapes_alone_moves_no_element(mode: str) -> None:
    """Catches an `infer_shape` of the wrong form, which PyTensor silently ignores."""
    x, n = pt.tensor("x", dtype="float64", shape=(None, None, 6)), pt.lscalar("n")
    rows = pu.windows_to_rows(x, (3, 2), (2, 1), ((0, 2), 1), partial_windows=True)
    symbolic = pu.windows_to_rows(x, [n, 2])
    back = pu.rows_to_windows(symbolic, x.shape[-2:], [n, 2])
    run = pytensor.function([x, n], [y.shape for y in (rows, symbolic, back)], mode=mode)
    ops = [node.op for node in run.maker.fgraph.apply_nodes]
    assert not any(isinstance(op, WindowsToRows | RowsToWindows) for op in ops)
    got = [tuple(shape) for shape in run(np.zeros((2, 5, 6)), 5)]
    assert got == [(2, 3, 7, 6), (2, 1, 3, 10), (2, 5, 6)]


def test_printed_ops_say_what_they_do() -> None:
    x = pt.matrix("x")
    rows = pu.windows_to_rows(x, (2, 3), 1, border="wrap")
    assert str(rows.owner.op) == "WindowsToRows{2x3, stride 1x1, wrap}"
    assert str(pu.rows_to_windows(rows, (4, 4), (2, 3)).owner.op) == "RowsToWindows{2x3}"


# Gradients.


@either_border
@pytest.mark.parametrize("case", [CORE[3], CORE[4], CORE[6]], ids=str)
def test_gradients_equal_finite_differences(
    case: PoolCase, border: str, rng: np.random.Generator
) -> None:
    options = {**case.arguments, "border": border}
    random = np.random.default_rng(0)
    x = rng.normal(size=case.shape)
    verify_grad(lambda v: pu.windows_to_rows(v, **options), [x], rng=random, mode=PYTHON)
    rows = reference.windows_to_rows(x, case.rows, case.partial_windows, border)
    verify_grad(
        lambda v: pu.rows_to_windows(v, case.lengths, **options), [rows], rng=random, mode=PYTHON
    )


@every_mode
def test_derivatives_are_the_same_maps_again(mode: str, rng: np.random.Generator) -> None:
    """Adjointness, forward mode, and second order, each with both Ops, one with run-time numbers.

    The inner products of the first two are equal, for whole numbers exactly.
    """
    x, stride = pt.tensor("x", dtype="float64", shape=(None, None)), pt.lscalar("stride")
    options: dict[str, Any] = {"window": 3, "pad": 1, "border": "wrap"}
    rows = pu.windows_to_rows(x, stride=stride, **options)
    r, v = rows.type("r"), x.type("v")
    back = pu.rows_to_windows(r, x.shape[-1], stride=stride, **options)
    gradient = pt.grad((rows * r).sum(), x)
    gradient_of_back = pt.grad((back * v).sum(), r)
    tangents = pushforward(rows, x, v), pushforward(back, r, r * 2)
    loss = (pu.rows_to_windows(rows**3, x.shape[-1], stride=stride, **options) * x).sum()
    second = pt.grad((pt.grad(loss, x) * v).sum(), x)
    outputs = [rows, back, gradient, gradient_of_back, *tangents, second]
    run = pytensor.function([x, r, v, stride], outputs, mode=mode)
    row = (3, 2, 1, 1, 1)
    x_value, v_value = (whole(rng, (2, 8)) for _ in range(2))
    r_value = whole(rng, (2, 4, 3))
    got = run(x_value, r_value, v_value, 2)
    rows_of_v = oracle.windows_to_rows(v_value, [row], False, "wrap")
    back_value = oracle.rows_to_windows(r_value, (8,), [row], False, "wrap")
    assert (got[0] * r_value).sum() == (x_value * got[1]).sum()
    taken = oracle.windows_to_rows(x_value, [row], False, "wrap")
    # With T the map to rows, the loss is x' T' (T x)^3; its Hessian is applied to v.
    hessian_v = oracle.rows_to_windows(12 * taken**2 * rows_of_v, (8,), [row], False, "wrap")
    wanted = [taken, back_value, back_value, rows_of_v, rows_of_v, 2 * back_value, hessian_v]
    for one, other in zip(got, wanted, strict=True):
        assert_same(one, other)


def test_integers_have_a_gradient_of_zeros() -> None:
    x = pt.lvector("x")
    rows = pu.windows_to_rows(x, 2)
    loss = pt.cast(rows, "float64").sum() + pt.cast(pu.rows_to_windows(rows, 4, 2), "float64").sum()
    gradient = pytensor.function([x], pt.grad(loss, x), mode=PYTHON)
    assert gradient([1, 2, 3, 4]).tolist() == [0, 0, 0, 0]


# Batching.


def test_lengths_that_differ_in_a_batch_are_refused() -> None:
    rows, length = pt.matrix("rows"), pt.lscalar("length")
    back = pu.rows_to_windows(rows, length, 2)
    lengths = pt.lvector("lengths")
    run = pytensor.function([rows, lengths], vectorize_graph(back, {length: lengths}), mode=PYTHON)
    assert run(np.ones((2, 2)), [4, 4]).tolist() == [[1, 1, 1, 1]] * 2
    with pytest.raises(ShapeError, match="items of a batch have different lengths"):
        run(np.ones((2, 2)), [4, 5])


def test_strides_that_differ_in_a_batch_are_looped_over() -> None:
    x, stride = pt.vector("x", dtype="float64"), pt.lscalar("stride")
    rows = pu.windows_to_rows(x, 2, stride)
    strides = pt.lvector("strides")
    run = pytensor.function([x, strides], vectorize_graph(rows, {stride: strides}), mode=PYTHON)
    assert run(np.arange(4.0), [3, 4]).tolist() == [[[0, 1]], [[0, 1]]]


# Bad input.

ROWS = pt.tensor("rows", dtype="float64", shape=(None, 3, 2))
BAD_AT_BUILD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: pu.windows_to_rows(pt.vector(), (2, 2)), ShapeError, "x needs at least the 2 pooled"),
    (lambda: pu.windows_to_rows(np.ones(3), 4), WindowError, "window=4 is too long for axis -1"),
    (lambda: pu.windows_to_rows(np.ones(3), 2, 0), WindowError, "stride must be at least 1"),
    (lambda: pu.windows_to_rows(np.ones(3), 0), WindowError, "window must be at least 1: got"),
    (lambda: pu.windows_to_rows(np.ones(3), 2, pad=2), WindowError, "pad must be smaller than"),
    (lambda: pu.windows_to_rows(np.ones(3), 2.0), DTypeError, "window must be integer: got 2.0"),
    (lambda: pu.windows_to_rows(np.ones(3) * 1j, 2), DTypeError, "x must hold real numbers: got"),
    (lambda: pu.windows_to_rows(np.ones(3), 2, border="same"), ArgumentError,
     "border must be 'zeros' or 'wrap': got 'same'"),
    (lambda: pu.rows_to_windows(ROWS, 6, 2, border=1), ArgumentError, "border must be"),
    (lambda: pu.windows_to_rows(np.ones((1, 1, 1)), (2**31 - 1,) * 3, partial_windows=True),
     LengthError, "overflows at axis -1 with window=2147483647. Pass shorter windows"),
    (lambda: pu.rows_to_windows(ROWS, 8, 2), ShapeError, "axis -2 has length 3, wanted 4"),
    (lambda: pu.rows_to_windows(ROWS, 6, 3, 2, 1), ShapeError, "axis -1 has length 2, wanted 3"),
    (lambda: pu.rows_to_windows(ROWS, (6, 6), 2), ShapeError, "shape must be a vector of 1"),
    (lambda: pu.rows_to_windows(ROWS, -1, 2), LengthError, "got -1 for axis -1, wanted 0 or more"),
    (lambda: pu.rows_to_windows(ROWS, 0, 2), WindowError, "axis -1 is empty"),
    (lambda: pu.rows_to_windows(ROWS, 6.0, 2), DTypeError, "shape must be integer"),
    (lambda: pu.rows_to_windows(ROWS > 0, 6, 2), DTypeError, "rows must hold numbers"),
    (lambda: pu.rows_to_windows(pt.vector(), 6, 2), ShapeError, "rows needs an axis for each"),
    (lambda: RowsToWindows(Windows((2,), (2,), (0,), (0,), (1,)), "zeros")(ROWS, pt.dvector()),
     DTypeError, "shape must be integer: got dtype float64"),
]  # fmt: skip


@pytest.mark.parametrize(("build", "error", "message"), BAD_AT_BUILD)
def test_what_is_wrong_in_a_graph_is_said_when_it_is_built(
    build: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        build()


@cache
def symbolic(mode: str) -> Function:
    """Compile everything that can be wrong at run time: lengths, and window parameters."""
    x, rows = (pt.tensor(n, dtype="float64", shape=(None,) * m) for n, m in (("x", 3), ("r", 4)))
    window, stride, shape = (pt.tensor(n, dtype="int64", shape=(3,)) for n in ("w", "s", "n"))
    options: dict[str, Any] = {"stride": stride, "partial_windows": True}
    outputs = [
        pu.windows_to_rows(x, window, **options),
        pu.rows_to_windows(rows, shape, window, **options),
    ]
    return pytensor.function([x, rows, window, stride, shape], outputs, mode=mode)


SMALL = np.ones((2, 2, 2))
GOOD = (SMALL, np.ones((1, 1, 2, 4)), [2, 2, 1], [2, 2, 1], [2, 2, 2])


def with_arguments(**changes: Any) -> tuple[Any, ...]:
    names = ("x", "rows", "window", "stride", "shape")
    return tuple(changes.get(name, good) for name, good in zip(names, GOOD, strict=True))


BAD_AT_RUN_TIME: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"window": [2, 0, 1]}, WindowError, "window must be at least 1: got window=0 for axis -2"),
    ({"stride": [2, 2, -1]}, WindowError, "stride must be at least 1: got stride=-1 for axis -1"),
    ({"x": SMALL[:, :0]}, WindowError, "axis -2 is empty"),
    ({"window": [2**31 - 1] * 3}, LengthError, "have more taps than an array can hold"),
    ({"shape": [2, -2, 2]}, LengthError, "got -2 for axis -2, wanted 0 or more"),
    ({"shape": [2, 0, 2]}, WindowError, "axis -2 is empty"),
    ({"shape": [2**31] * 3}, LengthError, "more elements than an array can hold"),
    ({"shape": [2, 2, 3]}, LengthError, "rows must have .* axis -2 has length 2, wanted 3"),
    ({"rows": np.ones((1, 1, 2, 3))}, LengthError, "rows must .* axis -1 has length 3, wanted 4"),
    ({"rows": np.ones((2, 1, 2, 4))}, LengthError, "rows must .* axis -4 has length 2, wanted 1"),
]


@every_mode
@pytest.mark.parametrize(("changes", "error", "message"), BAD_AT_RUN_TIME, ids=str)
def test_what_is_wrong_at_run_time_is_said_then(
    changes: dict[str, Any], error: type[Exception], message: str, mode: str
) -> None:
    """The function keeps working afterwards."""
    with pytest.raises(error, match=message):
        symbolic(mode)(*with_arguments(**changes))
    rows, back = symbolic(mode)(*GOOD)
    assert_same(rows, np.ones((1, 1, 2, 4)))
    assert_same(back, SMALL)


@every_mode
def test_a_vector_or_matrix_of_a_wrong_length_is_refused(mode: str) -> None:
    """Otherwise it would be read beyond its end. Only the Ops let users get here."""
    rows, shape = pt.dtensor3("rows"), pt.lvector("shape")
    back = RowsToWindows(Windows((2, 2), (2, 2), (0, 0), (0, 0), (1, 1)), "zeros")(rows, shape)
    run = pytensor.function([rows, shape], back, mode=mode)
    assert run(np.ones((1, 1, 4)), [2, 2]).tolist() == [[1, 1], [1, 1]]
    with pytest.raises(LengthError, match="shape must be a vector of 2 lengths: got 1"):
        run(np.ones((1, 1, 4)), [2])
