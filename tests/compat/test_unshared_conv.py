"""Kernels of their own for each output, which old convolutions take with ``unshared=True``."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.compat.theano.tensor import nnet
from pytensor_unpool.compat.theano.tensor.nnet import abstract_conv
from pytensor_unpool.errors import DTypeError, ShapeError
from tests.support.whole import run, whole

UNSHARED = (
    {},
    {"border_mode": (3, 1), "subsample": (2, 1)},
    {"border_mode": "half", "filter_dilation": (1, 2), "num_groups": 2},
    {"border_mode": ((1, 0), (0, 2)), "filter_flip": False, "num_groups": 2},
)


def unshared_case(rng: np.random.Generator, arguments: dict[str, Any]) -> tuple[Any, ...]:
    x, kernel = whole(rng, (2, 4, 5, 6)), whole(rng, (6, 4 // arguments.get("num_groups", 1), 3, 2))
    y = run(abstract_conv.conv2d(x, kernel, **arguments))
    return x, kernel, y, whole(rng, (6, *y.shape[2:], *kernel.shape[1:]))


@pytest.mark.parametrize("arguments", UNSHARED, ids=str)
def test_equal_kernels_make_a_shared_one(
    arguments: dict[str, Any], rng: np.random.Generator
) -> None:
    x, kernel, y, own = unshared_case(rng, arguments)
    same = np.broadcast_to(kernel[:, None, None], own.shape)
    got = abstract_conv.conv2d(x, same, unshared=True, **arguments)
    np.testing.assert_array_equal(run(got), y)


@pytest.mark.parametrize("arguments", UNSHARED, ids=str)
def test_each_output_has_its_own_kernel(
    arguments: dict[str, Any], rng: np.random.Generator
) -> None:
    x, _, y, own = unshared_case(rng, arguments)
    got = run(abstract_conv.conv2d(x, own, unshared=True, **arguments))
    for i, j in product(range(y.shape[2]), range(y.shape[3])):
        shared = run(abstract_conv.conv2d(x, own[:, i, j], **arguments))
        np.testing.assert_array_equal(got[:, :, i, j], shared[:, :, i, j])


@pytest.mark.parametrize("static", [True, False], ids=["static", "dynamic"])
@pytest.mark.parametrize("arguments", UNSHARED, ids=str)
def test_unshared_gradient_functions_are_the_gradients(
    arguments: dict[str, Any], static: bool, rng: np.random.Generator
) -> None:
    x, _, y, own = unshared_case(rng, arguments)
    dy = whole(rng, y.shape)
    arrays = (x, own, dy)
    variables = [
        pt.tensor(dtype="float64", shape=a.shape if static else (None,) * a.ndim) for a in arrays
    ]
    xv, wv, dyv = variables
    loss = (abstract_conv.conv2d(xv, wv, unshared=True, **arguments) * dyv).sum()
    results = [
        *pt.grad(loss, [xv, wv]),
        abstract_conv.conv2d_grad_wrt_inputs(
            dyv, wv, (None, None, xv.shape[2], xv.shape[3]), unshared=True, **arguments
        ),
        abstract_conv.conv2d_grad_wrt_weights(
            xv, dyv, (6, None, None, own.shape[3], 3, 2), unshared=True, **arguments
        ),
    ]
    dx, dk, dx_function, dk_function = pytensor.function(
        variables, results, mode="FAST_COMPILE", on_unused_input="ignore"
    )(*arrays)
    np.testing.assert_array_equal(dx_function, dx)
    np.testing.assert_array_equal(dk_function, dk)


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_unshared_kernels_for_other_outputs_are_an_error(mode: str) -> None:
    x, w = pt.dtensor4("x"), pt.tensor("w", dtype="float64", shape=(None,) * 6)
    function = pytensor.function([x, w], nnet.conv2d(x, w, unshared=True), mode=mode)
    assert function(np.ones((1, 2, 5, 5)), np.ones((3, 4, 4, 2, 2, 2))).shape == (1, 3, 4, 4)
    for shape in ((3, 1, 1, 2, 2, 2), (3, 5, 5, 2, 2, 2)):
        with pytest.raises(ShapeError, match="a kernel for each output"):
            function(np.ones((1, 2, 5, 5)), np.ones(shape))
    with pytest.raises(ShapeError, match="the channels of the images"):
        function(np.ones((1, 2, 5, 5)), np.ones((3, 4, 4, 3, 2, 2)))
    with pytest.raises(ShapeError, match="a kernel for each output: got length 5, wanted 4"):
        nnet.conv2d(np.ones((1, 2, 5, 5)), np.ones((3, 5, 4, 2, 2, 2)), unshared=True)
    with pytest.raises(DTypeError, match="img must be float: got dtype int64"):
        nnet.conv2d(np.ones((1, 2, 5, 5), int), np.ones((3, 4, 4, 2, 2, 2)), unshared=True)
