"""Derivatives of `helix_convolve` with respect to both operands, of any order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytensor.gradient import pushforward, verify_grad
from pytensor.graph.replace import vectorize_graph

import pytensor_unpool as pu
from pytensor_unpool.geometry.helix import MODES as WINDOWS
from pytensor_unpool.ops import HelixConvolve, HelixWindow
from tests.support.helix_cases import shapes
from tests.support.modes import ALL, MODES_OF_MANY, PYTHON, REWRITTEN, compiled_modes
from tests.support.strategies import repeatable, seeds

CASES = [
    ((5,), (3,)),
    ((2,), (5,)),
    ((3, 4), (2, 3)),
    ((2, 3, 4), (2, 2)),  # items
    ((1, 3, 3, 2), (2, 2, 1)),
    ((2, 2, 3, 2, 2), (1, 2, 2, 1, 2)),
]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("lengths", CASES, ids=str)
def test_gradients_are_those_of_finite_differences(
    lengths: Any, window: str, rng: np.random.Generator
) -> None:
    x, kernel = (rng.normal(size=shape) for shape in lengths)

    def convolve(x: Any, kernel: Any) -> Any:
        return pu.helix_convolve(x, kernel, window)

    verify_grad(convolve, [x, kernel], rng=rng, mode=PYTHON)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("lengths", CASES[1:4], ids=str)
def test_gradients_of_gradients(lengths: Any, window: str, rng: np.random.Generator) -> None:
    """The loss is quadratic in each operand, so that no term vanishes."""
    x, kernel = (rng.normal(size=shape) for shape in lengths)

    def gradients(x: Any, kernel: Any) -> Any:
        y = pu.helix_convolve(x, kernel, window)
        return pt.concatenate([g.ravel() for g in pt.grad((y**2).sum(), [x, kernel])])

    verify_grad(gradients, [x, kernel], rng=rng, mode=PYTHON)


@repeatable(max_examples=40)
@given(shapes(range(1, 6)), seeds, st.sampled_from(["direct", "fft"]))
def test_gradients_are_adjoint(case: Any, seed: int, method: str) -> None:
    """dy . conv(v, k) = v . dx, and dy . conv(x, w) = w . dk, whichever array is longer."""
    *lengths, window = case
    rng = np.random.default_rng(seed)
    x, kernel, v, w = (rng.normal(size=shape) for shape in (*lengths, *lengths))
    variables = [pt.tensor(n, shape=(None,) * x.ndim, dtype="float64") for n in "xk"]
    y = pu.helix_convolve(*variables, window, method=method)
    dy = y.type("dy")
    gradients = pt.grad(None, variables, known_grads={y: dy})
    cotangent = rng.normal(size=y.eval({variables[0]: x, variables[1]: kernel}, mode=PYTHON).shape)
    run = pytensor.function([*variables, dy], [y, *gradients], mode="FAST_COMPILE")
    _, dx, dk = run(x, kernel, cotangent)
    assert (dx.shape, dk.shape) == (x.shape, kernel.shape)
    for got, wanted in (
        ((cotangent * run(v, kernel, cotangent)[0]).sum(), (v * dx).sum()),
        ((cotangent * run(x, w, cotangent)[0]).sum(), (w * dk).sum()),
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-10)


@compiled_modes
def test_compiled_gradients(mode: str, rng: np.random.Generator) -> None:
    """Of first and second order, with items that share the kernel, all in one function."""
    x, kernel = pt.dtensor3("x"), pt.dmatrix("k")
    y = pu.helix_convolve(x, kernel, "same", method="direct")
    gradients = pt.grad((y**2).sum(), [x, kernel])
    outputs = [*gradients, pt.grad((gradients[1] ** 2).sum(), x)] if ALL else gradients
    arrays = rng.normal(size=(2, 5, 8)), rng.normal(size=(3, 4))
    wanted = pytensor.function([x, kernel], outputs, mode="FAST_COMPILE")(*arrays)
    got = pytensor.function([x, kernel], outputs, mode=mode)(*arrays)
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


def test_the_change_in_a_direction(rng: np.random.Generator) -> None:
    """conv(x + t v, k + t w) changes by conv(v, k) + conv(x, w)."""
    x, kernel, v, w = (pt.dmatrix(name) for name in ("x", "k", "v", "w"))
    y = pu.helix_convolve(x, kernel, "same")
    change = pushforward(y, [x, kernel], [v, w], use_op_pushforward=True)
    wanted = pu.helix_convolve(v, kernel, "same") + pu.helix_convolve(x, w, "same")
    run = pytensor.function([x, kernel, v, w], [change, wanted], mode="FAST_COMPILE")
    got, expected = run(*(rng.normal(size=(4, 3)) for _ in range(4)))
    np.testing.assert_allclose(got, expected)


@pytest.mark.parametrize("window", WINDOWS)
def test_complex_pullbacks_are_adjoint(window: str, rng: np.random.Generator) -> None:
    """PyTensor refuses gradients of complex graphs, but the Op's pullback can be used directly."""
    lengths = (4, 5), (2, 3), (4, 5)
    x, kernel, v = (rng.normal(size=n) + 1j * rng.normal(size=n) for n in lengths)
    variables = [pt.zmatrix("x"), pt.zmatrix("k")]
    y = pu.helix_convolve(*variables, window)
    dy = y.type("dy")
    dx, dk = y.owner.op.pullback(variables, [y], [dy])
    run = pytensor.function([*variables, dy], [y, dx, dk], mode="FAST_COMPILE")
    w = kernel[::-1] * (2 - 1j)
    shape = run(x, kernel, x)[0].shape
    cotangent = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    _, of_x, of_kernel = run(x, kernel, cotangent)
    for changed, wanted in (
        (run(v, kernel, cotangent)[0], np.vdot(of_x, v)),
        (run(x, w, cotangent)[0], np.vdot(of_kernel, w)),
    ):
        np.testing.assert_allclose(np.vdot(cotangent, changed), wanted)


def test_gradients_that_nobody_reads_are_not_computed() -> None:
    x, kernel = pt.dmatrix("x"), pt.dmatrix("k")
    gradient = pt.grad(pu.helix_convolve(x, kernel).sum(), kernel)
    function = pytensor.function([x, kernel], gradient, mode=REWRITTEN)
    ours = [n.op for n in function.maker.fgraph.apply_nodes if "Helix" in type(n.op).__name__]
    assert ours == [HelixWindow(2, turned=True)]


@pytest.mark.parametrize("mode", MODES_OF_MANY)
def test_a_batch_of_kernels_is_one_call(mode: str, rng: np.random.Generator) -> None:
    """The gradients are one call too, and equal those of each item alone."""
    x, kernel = pt.dvector("x"), pt.dvector("k")
    y = pu.helix_convolve(x, kernel, "same", method="direct")
    outputs = [y, *pt.grad((y**2).sum(), [x, kernel])]
    xs, kernels = pt.dmatrix("xs"), pt.dmatrix("ks")
    some_x, some_kernels = rng.normal(size=(3, 5)), rng.normal(size=(3, 2))
    one_by_one = pytensor.function([x, kernel], outputs, mode="FAST_COMPILE")
    for replaced, inputs in (
        ({x: xs, kernel: kernels}, (some_x, some_kernels)),
        ({kernel: kernels}, (some_x[0], some_kernels)),
        ({x: xs}, (some_x, some_kernels[0])),
    ):
        batch = vectorize_graph(outputs, replaced)
        arguments = [replaced.get(variable, variable) for variable in (x, kernel)]
        run = pytensor.function(arguments, batch, mode=mode)
        ours = [node.op for node in run.maker.fgraph.apply_nodes]
        assert sum(isinstance(op, HelixConvolve | HelixWindow) for op in ours) == 3
        assert not any("Blockwise" in type(op).__name__ and "Helix" in str(op) for op in ours)
        items = [
            array if variable in replaced else [array] * 3
            for variable, array in zip((x, kernel), inputs, strict=True)
        ]
        wanted = [one_by_one(*item) for item in zip(*items, strict=True)]
        for i, got in enumerate(run(*inputs)):
            np.testing.assert_allclose(got, [item[i] for item in wanted], rtol=1e-10)
