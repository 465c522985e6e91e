"""`conv` and its two gradients, in every mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from pytensor.gradient import pushforward, verify_grad

import pytensor_unpool as pu
from pytensor_unpool.geometry.conv import padding
from pytensor_unpool.kernels.reference import conv as reference_conv
from tests.support.conv_cases import CASES, PLAIN, Case, convolutions
from tests.support.conv_checks import IN_C, check, check_large_arrays, compiled, with_gaps
from tests.support.modes import ALL, PYTHON, REWRITTEN, compiled_modes
from tests.support.oracle import conv as oracle_conv
from tests.support.strategies import repeatable, seeds
from tests.support.whole import whole


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_hand_written(mode: str) -> None:
    """1 2 3 4 with 1 10: neighbours, the first plus ten times the second."""
    x, kernel = np.array([[[1.0, 2.0, 3.0, 4.0]]]), np.array([[[1.0, 10.0]]])
    forward, backward = compiled(1, 1, False, "float64", mode)
    rows = np.array([PLAIN])
    np.testing.assert_array_equal(forward(x, kernel, rows), [[[21.0, 32.0, 43.0]]])
    dx, dk = backward(x, kernel, np.array([[[1.0, 0.0, 2.0]]]), rows)
    np.testing.assert_array_equal(dx, [[[1.0, 10.0, 2.0, 20.0]]])
    np.testing.assert_array_equal(dk, [[[7.0, 10.0]]])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_against_loops(case: Case, rng: np.random.Generator) -> None:
    check(case, "FAST_COMPILE", rng)


@pytest.mark.parametrize("kind", IN_C, ids=str)
def test_c_against_loops(kind: tuple[int, int, bool], rng: np.random.Generator) -> None:
    cases = [c for c in CASES if (len(c.rows), c.groups, c.flip) == kind]
    assert cases
    for case in cases:
        check(case, "CVM", rng)


# Numba takes up to half a minute for each, and again for arrays without gaps, as empty ones are:
# tests of errors have those.
@pytest.mark.parametrize("ndim", [1, 2, 3] if ALL else [2])
def test_numba_against_loops(ndim: int, rng: np.random.Generator) -> None:
    groups, flip = (1, False) if ndim < 3 else (2, True)
    cases = [c for c in CASES if (len(c.rows), c.groups, c.flip) == (ndim, groups, flip)]
    assert cases
    for case in cases:
        if ALL:
            check(case, "NUMBA", rng)
        if 0 not in case.x + case.kernel:
            check(case, "NUMBA", rng, laid_out=with_gaps)
    if ndim == 2:
        check_large_arrays("NUMBA", rng)


def test_large_arrays_in_c(rng: np.random.Generator) -> None:
    check_large_arrays("CVM", rng)


def test_the_fewest_multiplications(rng: np.random.Generator) -> None:
    """In groups and in single precision: errors are of the order of its rounding."""
    case = Case((2, 64, 18, 17), (66, 32, 3, 3), ((1, 1, 1, 1), (1, 0, 3, 1)), 2)
    # Loops take minutes over so many channels.
    check(case, "CVM", rng, oracle=reference_conv)
    forward, backward = compiled(2, 2, False, "float32", "CVM")
    x, kernel = (rng.normal(size=shape).astype("float32") for shape in (case.x, case.kernel))
    dy = rng.normal(size=(2, 66, 18, 18)).astype("float32")
    rows, arguments = np.array(case.rows), (case.rows, 2, False)
    double = [a.astype("float64") for a in (x, kernel, dy)]
    dx, dk = backward(x, kernel, dy, rows)
    for got, wanted in (
        (forward(x, kernel, rows), reference_conv.conv(*double[:2], *arguments)),
        (dx, reference_conv.conv_input_grad(*double[1:], x.shape, *arguments)),
        (dk, reference_conv.conv_kernel_grad(*double[::2], kernel.shape, *arguments)),
    ):
        assert np.abs(got - wanted).max() < 16 * np.finfo("float32").eps * np.abs(wanted).max()


@compiled_modes
@pytest.mark.parametrize("place", [(0, 0), (5, 8), (6, 9), (13, 20)], ids=str)
def test_nan_gets_no_farther_than_the_taps(
    mode: str, place: tuple[int, int], rng: np.random.Generator
) -> None:
    x, kernel = with_gaps(whole(rng, (3, 32, 14, 21))), with_gaps(np.ones((32, 32, 3, 3)))
    forward, backward = compiled(2, 1, False, "float64", mode)
    rows = np.array([(1, 1, 1, 1)] * 2)
    x[(1, 7, *place)] = np.nan
    reads_it = np.zeros(x.shape[2:], bool)
    reads_it[max(0, place[0] - 1) : place[0] + 2, max(0, place[1] - 1) : place[1] + 2] = True
    y = forward(x, kernel, rows)
    np.testing.assert_array_equal(np.isnan(y[1]), np.broadcast_to(reads_it, y[1].shape))
    assert np.isfinite(y[::2]).all()
    dx, _ = backward(with_gaps(np.zeros(x.shape)), kernel, x, rows)
    np.testing.assert_array_equal(np.isnan(dx[1]), np.broadcast_to(reads_it, dx[1].shape))
    assert np.isfinite(dx[::2]).all()


@repeatable(max_examples=100)
@given(convolutions(), seeds)
def test_the_reference_equals_loops(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, kernel = whole(rng, case.x), whole(rng, case.kernel)
    arguments = (case.rows, case.groups, case.flip)
    wanted = oracle_conv.conv(x, kernel, *arguments)
    np.testing.assert_array_equal(reference_conv.conv(x, kernel, *arguments), wanted, strict=True)
    dy = whole(rng, wanted.shape)
    np.testing.assert_array_equal(
        reference_conv.conv_input_grad(kernel, dy, x.shape, *arguments),
        oracle_conv.conv_input_grad(kernel, dy, x.shape, *arguments),
        strict=True,
    )
    np.testing.assert_array_equal(
        reference_conv.conv_kernel_grad(x, dy, kernel.shape, *arguments),
        oracle_conv.conv_kernel_grad(x, dy, kernel.shape, *arguments),
        strict=True,
    )


@repeatable(max_examples=150)
@given(convolutions(), seeds)
def test_c_equals_loops(case: Case, seed: int) -> None:
    ndim = len(case.rows)
    groups, flip = next(kind[1:] for kind in IN_C if kind[0] == ndim)
    x = (case.x[0], case.kernel[1] * groups, *case.x[2:])
    kernel = (case.kernel[0] // case.groups * groups, *case.kernel[1:])
    check(Case(x, kernel, case.rows, groups, flip), "CVM", np.random.default_rng(seed))


@pytest.mark.parametrize("word", ["valid", "same", "half", "full"])
@pytest.mark.parametrize("is_static", [True, False], ids=["static", "unknown"])
def test_words_for_pads(word: str, is_static: bool, rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (2, 3, 7, 8)), whole(rng, (2, 3, 3, 2))
    variables = [
        pt.tensor(n, shape=a.shape if is_static else (None,) * 4)
        for n, a in (("x", x), ("k", kernel))
    ]
    y = pu.conv(*variables, (2, 1), word, (1, 3))
    result = y.eval(dict(zip(variables, (x, kernel), strict=True)), mode="FAST_COMPILE")
    rows = [(s, *padding(word, n, span, s), d) for s, n, span, d in ((2, 7, 3, 1), (1, 8, 4, 3))]
    np.testing.assert_array_equal(result, oracle_conv.conv(x, kernel, rows, 1, False))
    if word == "same":
        assert result.shape[2:] == (4, 8)
    if is_static:
        assert y.type.shape == result.shape


SMOOTH = [
    Case((2, 2, 7), (3, 2, 3), ((2, 1, 0, 1),)),
    Case((1, 4, 4, 5), (4, 2, 2, 3), ((1, 1, 0, 2), (2, 0, 1, 1)), 2, True),
    Case((1, 1, 3, 3, 2), (2, 1, 2, 2, 1), (PLAIN, (2, 0, 0, 1), PLAIN)),
]


def keywords(case: Case) -> dict[str, Any]:
    stride, before, after, dilation = zip(*case.rows, strict=True)
    pads = list(zip(before, after, strict=True))
    return {
        "stride": stride, "pad": pads, "dilation": dilation, "groups": case.groups,
        "flip": case.flip,
    }  # fmt: skip


TINY = [
    Case((1, 1, 4), (2, 1, 2), ((2, 1, 0, 1),)),
    Case((1, 2, 2, 3), (2, 1, 1, 2), (PLAIN, (1, 0, 1, 2)), 2, True),
    Case((1, 1, 2, 2, 2), (1, 1, 2, 1, 1), (PLAIN, (2, 0, 0, 1), PLAIN)),
]


@pytest.mark.parametrize("case", TINY if ALL else TINY[1:2], ids=str)
def test_gradients(case: Case, rng: np.random.Generator) -> None:
    """Of each function in both of its arguments, so of second order too."""
    x, kernel = rng.normal(size=case.x), rng.normal(size=case.kernel)
    dy = rng.normal(size=oracle_conv.output_shape(case.x, case.kernel, case.rows))
    numbers = keywords(case)

    def input_grad(kernel: Any, dy: Any) -> Any:
        return pu.conv_input_grad(kernel, dy, case.x, **numbers)

    def kernel_grad(x: Any, dy: Any) -> Any:
        return pu.conv_kernel_grad(x, dy, case.kernel, **numbers)

    for function, arguments in (
        (lambda x, kernel: pu.conv(x, kernel, **numbers), [x, kernel]),
        (input_grad, [kernel, dy]),
        (kernel_grad, [x, dy]),
    ):
        verify_grad(function, arguments, rng=rng, mode=PYTHON)


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_gradients_are_the_public_functions(case: Case, rng: np.random.Generator) -> None:
    x, kernel = (pt.tensor(n, shape=(None,) * len(case.x)) for n in "xk")
    y = pu.conv(x, kernel, **keywords(case))
    dy = y.type("dy")
    got = pt.grad(None, [x, kernel], known_grads={y: dy})
    wanted = [
        pu.conv_input_grad(kernel, dy, x.shape, **keywords(case)),
        pu.conv_kernel_grad(x, dy, kernel.shape, **keywords(case)),
    ]
    shape = oracle_conv.output_shape(case.x, case.kernel, case.rows)
    values = {x: whole(rng, case.x), kernel: whole(rng, case.kernel), dy: whole(rng, shape)}
    function = pytensor.function(list(values), [*got, *wanted], mode="FAST_COMPILE")
    results = function(*values.values())
    for one, other in zip(results[:2], results[2:], strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


def test_the_change_in_a_direction(rng: np.random.Generator) -> None:
    """conv(x + t v, k + t w) changes by conv(v, k) + conv(x, w)."""
    case = SMOOTH[1]
    x, kernel, v, w = (pt.tensor4(n) for n in ("x", "k", "v", "w"))
    y = pu.conv(x, kernel, **keywords(case))
    change = pushforward(y, [x, kernel], [v, w], use_op_pushforward=True)
    wanted = pu.conv(v, kernel, **keywords(case)) + pu.conv(x, w, **keywords(case))
    shapes = (case.x, case.kernel, case.x, case.kernel)
    values = [whole(rng, shape) for shape in shapes]
    got, expected = pytensor.function([x, kernel, v, w], [change, wanted], mode="FAST_COMPILE")(
        *values
    )
    np.testing.assert_array_equal(got, expected, strict=True)


def test_a_gradient_that_nobody_reads_is_not_computed() -> None:
    x, kernel = pt.tensor4("x"), pt.tensor4("kernel")
    gradient = pt.grad(pu.conv(x, kernel).sum(), kernel)
    function = pytensor.function([x, kernel], gradient, mode=REWRITTEN)
    names = [type(node.op).__name__ for node in function.maker.fgraph.apply_nodes]
    assert names.count("ConvKernelGrad") == 1
    assert not {"Conv", "ConvInputGrad"} & set(names)


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_mixed_precision_is_widened(mode: str, rng: np.random.Generator) -> None:
    """And the gradients have the shapes of what they belong to."""
    x, kernel = pt.dtensor4("x"), pt.ftensor4("kernel")
    y = pu.conv(x, kernel)
    assert y.dtype == "float64"
    function = pytensor.function([x, kernel], pt.grad(y.sum(), [x, kernel]), mode=mode)
    dx, dk = function(whole(rng, (1, 1, 3, 3)), whole(rng, (1, 1, 2, 2), "float32"))
    assert (dx.shape, dk.shape) == ((1, 1, 3, 3), (1, 1, 2, 2))
    assert dx.dtype == "float64"


def test_shapes_are_known_without_computing() -> None:
    x, kernel = pt.tensor("x", shape=(None, 3, None, 9)), pt.tensor("k", shape=(4, 3, 2, 3))
    y = pu.conv(x, kernel, pad=(1, 0), stride=(1, 2))
    assert y.type.shape == (None, 4, None, 4)
    function = pytensor.function([x, kernel], y.shape, on_unused_input="ignore", mode=REWRITTEN)
    assert not any("Conv" in type(n.op).__name__ for n in function.maker.fgraph.apply_nodes)
    shape = function(np.ones((2, 3, 5, 9)), np.ones((4, 3, 2, 3)))
    np.testing.assert_array_equal(shape, [2, 4, 6, 4])
    assert pu.conv_input_grad(kernel, y, (2, 3, 5, 9), (1, 2), (1, 0)).type.shape == (2, 3, 5, 9)
    assert pu.conv_kernel_grad(x, y, (2, 3), (1, 2), (1, 0)).type.shape == (4, 3, 2, 3)
