"""Layers as Lasagne and Keras write them, of which some have failed: values and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytest

from pytensor_unpool.compat import theano
from pytensor_unpool.compat.theano import tensor

MODE = "FAST_COMPILE"


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape)


def like(array: np.ndarray, known: bool) -> Any:
    """Return a variable for an array: with its lengths, as of a shared one, or without."""
    return theano.shared(array) if known else tensor.tensor("float64", (False,) * array.ndim)


# Products of the items of a batch, along axes that are counted from 0, batch included.


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize(
    ("x", "y", "axes", "wanted"),
    [
        ((3, 4), (3, 4), (1, 1), "ni,ni->n"),
        ((3, 4), (3, 4, 5), (1, 1), "ni,nij->nj"),
        ((3, 5, 4), (3, 4), (2, 1), "nji,ni->nj"),
        ((3, 2, 4), (3, 4, 5), (2, 1), "nij,njk->nik"),
        ((3, 2, 4), (3, 5, 4), (2, 2), "nij,nkj->nik"),
        ((3, 4, 2), (3, 4, 5), (1, 1), "nji,njk->nik"),
        ((1, 2, 4), (1, 4, 5), (2, 1), "nij,njk->nik"),
        ((3, 2, 4), (3, 2, 4, 5), (2, 2), "nij,nkjl->nikl"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_products_of_items(x: Any, y: Any, axes: Any, wanted: str, known: bool) -> None:
    arrays = normal(*x), normal(*y)
    a, b = (like(array, known) for array in arrays)
    product = tensor.batched_tensordot(a, b, axes=axes)
    gradients = tensor.grad((product**2).sum(), [a, b])
    inputs = [] if known else [a, b]
    run = theano.function(inputs, [product, *gradients], mode=MODE)
    got, of_a, of_b = run(*(() if known else arrays))
    expected = np.einsum(wanted, *arrays)
    np.testing.assert_allclose(got, expected)
    assert product.ndim == expected.ndim
    # Of the sum of squares in a direction: twice the product with what the direction gives.
    for given, gradient, other in ((0, of_a, of_b), (1, of_b, of_a)):
        assert gradient.shape == arrays[given].shape
        assert other.shape == arrays[1 - given].shape
        np.testing.assert_allclose((gradient * arrays[given]).sum(), 2 * (expected**2).sum())


# Recurrent layers.


def cell(rows: Any, last: Any, w: Any, lib: Any, sigmoid: Callable[[Any], Any]) -> Any:
    """Step a gated cell whose products with its inputs have been computed for all steps."""
    n = last.shape[1]
    gate = sigmoid(rows[:, :n] + lib.dot(last, w[:, :n]))
    new = lib.tanh(rows[:, n:] + lib.dot(gate * last, w[:, n:]))
    return gate * last + (1 - gate) * new


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "whole"])
def test_recurrent_layers_that_multiply_all_inputs_at_once(known: bool, masked: bool) -> None:
    """The `consume_less="cpu"` of Keras 1: one product for all steps, then a scan over them."""
    batch, times, features, units = 2, 3, 4, 5
    array, mask = normal(batch, times, features), np.array([[1, 1, 0], [1, 0, 1]], "int8")
    u, w, b = normal(features, 2 * units), normal(units, 2 * units), normal(2 * units)
    x = like(array, known)
    weights = [theano.shared(value) for value in (u, w, b)]
    flat = tensor.dot(x.reshape((-1, features)), weights[0]) + weights[2]
    rows = flat.reshape((x.shape[0], x.shape[1], 2 * units)).dimshuffle(1, 0, 2)
    keep = tensor.constant(mask).dimshuffle(1, 0, "x") if masked else None
    # The state starts as zeros with the batch of the inputs, as Keras and Lasagne make it.
    start = tensor.zeros_like(x).sum(axis=(1, 2)).dimshuffle(0, "x") + tensor.zeros((1, units))

    def step(row: Any, *rest: Any) -> Any:
        *on, last, matrix = rest
        new = cell(row, last, matrix, tensor, tensor.nnet.sigmoid)
        return tensor.switch(on[0], new, last) if on else new

    states, _ = theano.scan(
        step,
        sequences=[rows, keep] if masked else [rows],
        outputs_info=start,
        non_sequences=[weights[1]],
    )
    cost = (states[-1] ** 2).sum()
    gradients = tensor.grad(cost, weights)
    # PyTensor compiles the steps of scans in C, whatever the mode is.
    with pytensor.config.change_flags(cxx=""):
        run = theano.function([] if known else [x], [states, cost, *gradients], mode=MODE)
    got, value, *slopes = run(*(() if known else (array,)))

    def by_loop(u: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        last, all_states = np.zeros((batch, units)), []
        for t in range(times):
            new = cell(array[:, t] @ u + b, last, w, np, lambda z: 1 / (1 + np.exp(-z)))
            last = np.where(mask[:, t, None] == 1, new, last) if masked else new
            all_states.append(last)
        return np.array(all_states)

    np.testing.assert_allclose(got, by_loop(u, w, b))
    np.testing.assert_allclose(value, (got[-1] ** 2).sum())
    for i, slope in enumerate(slopes):
        parts = [u, w, b]
        direction = normal(*parts[i].shape)
        ends = []
        for sign in (1, -1):
            moved = [p + sign * 1e-6 * direction if j == i else p for j, p in enumerate(parts)]
            ends.append((by_loop(*moved)[-1] ** 2).sum())
        np.testing.assert_allclose((slope * direction).sum(), (ends[0] - ends[1]) / 2e-6, rtol=1e-5)
