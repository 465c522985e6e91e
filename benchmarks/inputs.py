"""The inputs of a case, and its expected result, by NumPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.cases import SEED, Case
from benchmarks.idioms import IDIOMS

Arrays = dict[str, np.ndarray[Any, Any]]


def make_inputs(case: Case) -> Arrays:
    """Return the arrays of a case by name; ``_last`` is the same data channels-last."""
    rng = np.random.default_rng(SEED)
    if case.work in ("conv", "conv_gradients"):
        return _conv_inputs(rng, case)
    if case.work == "helix":
        # Whole numbers have whole sums, so rounding removes the errors of transforms.
        lengths = {"x": case.shape, "kernel": case.window}
        return {name: rng.integers(-9, 10, size).astype(float) for name, size in lengths.items()}
    x = rng.standard_normal(case.shape, dtype=np.float32)
    if case.work in ("pool", "pool_gradient"):
        return _sum_inputs(x, rng, case)
    values, positions = _max_pool(x, case)
    cotangent = rng.standard_normal(values.shape, dtype=np.float32)
    arrays = {"x": x, "values": values, "positions": positions, "cotangent": cotangent}
    for name in ("x", "values", "cotangent"):
        arrays[name + "_last"] = np.ascontiguousarray(np.moveaxis(arrays[name], 1, -1))
    return arrays


def _conv_inputs(rng: np.random.Generator, case: Case) -> Arrays:
    """Return small whole numbers, whose sums are exact in any order."""
    steps = zip(case.lengths, case.window, case.stride, strict=True)
    outputs = [(n + 2 * case.pad - k) // s + 1 for n, k, s in steps]
    shapes = {
        "x": case.shape,
        "kernel": case.kernel,
        "cotangent": (case.shape[0], case.channels[0], *outputs),
    }
    return {name: rng.integers(-2, 3, size).astype(np.float32) for name, size in shapes.items()}


def _conv_results(inputs: Arrays, case: Case) -> tuple[np.ndarray[Any, Any], ...]:
    """Return the convolution, or both of its gradients, tap by tap."""
    x, kernel, cotangent = inputs["x"], inputs["kernel"], inputs["cotangent"]
    pads = [(0, 0), (0, 0), *[(case.pad, case.pad)] * 2]
    groups = (case.groups, -1)
    padded = np.pad(x, pads).reshape(len(x), *groups, *(n + 2 * case.pad for n in case.lengths))
    weights = kernel.reshape(*groups, *case.kernel[1:])
    dy = cotangent.reshape(len(x), *groups, *cotangent.shape[2:])
    y, dx, dk = np.zeros_like(dy), np.zeros_like(padded), np.zeros_like(weights)
    for i, j in np.ndindex(case.window):
        tap = (
            ...,
            slice(i, i + (dy.shape[-2] - 1) * case.stride[0] + 1, case.stride[0]),
            slice(j, j + (dy.shape[-1] - 1) * case.stride[1] + 1, case.stride[1]),
        )
        y += np.einsum("goc,ngcxy->ngoxy", weights[..., i, j], padded[tap], optimize=True)
        dx[tap] += np.einsum("goc,ngoxy->ngcxy", weights[..., i, j], dy, optimize=True)
        dk[..., i, j] = np.einsum("ngoxy,ngcxy->goc", dy, padded[tap], optimize=True)
    if case.work == "conv":
        return (y.reshape(cotangent.shape),)
    inside = slice(case.pad, -case.pad or None)
    return dx[..., inside, inside].reshape(x.shape), dk.reshape(kernel.shape)


def _helix_result(x: np.ndarray[Any, Any], kernel: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the middle of the convolution, one row of taps at a time."""
    *taps, last = kernel.shape
    pads = [(n - 1 - (n - 1) // 2, (n - 1) // 2) for n in kernel.shape]
    rows = sliding_window_view(np.pad(x, pads), last, axis=-1)
    y = np.zeros_like(x)
    for tap in np.ndindex(*taps):
        at = [slice(n - 1 - i, n - 1 - i + m) for n, i, m in zip(taps, tap, x.shape, strict=False)]
        y += rows[tuple(at)] @ kernel[tap][::-1]
    return y


def _sum_inputs(x: np.ndarray[Any, Any], rng: np.random.Generator, case: Case) -> Arrays:
    """Return whole numbers, whose sums and averages are the same in any order.

    Few are equal, so that ties are as frequent as in real data.
    """
    x = np.round(x * 1000)
    windows = _windows(x, case)
    cotangent = np.round(rng.standard_normal(windows.shape[:-1], dtype=np.float32) * 100)
    return {"x": x, "cotangent": cotangent * np.float32(np.prod(case.window))}


def _pooled(x: np.ndarray[Any, Any], case: Case) -> np.ndarray[Any, Any]:
    windows = _windows(x, case)
    if case.pooling == "old max":
        return windows.max(-1)
    sums = windows.sum(-1, dtype=np.float32)
    return sums if case.pooling == "sum" else sums / np.float32(windows.shape[-1])


def _pooled_gradient(inputs: Arrays, case: Case) -> np.ndarray[Any, Any]:
    x, cotangent = inputs["x"], inputs["cotangent"]
    gradient = np.zeros_like(x)
    maxima = _pooled(x, case)
    if case.pooling != "old max":
        cotangent = cotangent / np.float32(np.prod(case.window))
    (rows, columns), (row_step, column_step) = maxima.shape[-2:], case.stride
    for i, j in np.ndindex(case.window):
        tap = (
            ...,
            slice(i, i + rows * row_step, row_step),
            slice(j, j + columns * column_step, column_step),
        )
        share = cotangent
        if case.pooling == "old max":
            share = np.where(x[tap][..., :rows, :columns] == maxima, cotangent, 0)
        gradient[tap][..., :rows, :columns] += share
    return gradient


def expected(case: Case, inputs: Arrays) -> tuple[np.ndarray[Any, Any], ...]:
    """Return what every contender must compute."""
    if case.work == "max_pool":
        return inputs["values"], inputs["positions"]
    if case.work == "max_unpool":
        return (_scatter(inputs["values"], inputs["positions"], case),)
    if case.work == "gradient":
        return inputs["values"], _scatter(inputs["cotangent"], inputs["positions"], case)
    if case.work == "channels_last":
        return (inputs["values_last"],)
    if case.work == "pool":
        return (_pooled(inputs["x"], case),)
    if case.work == "pool_gradient":
        return _pooled(inputs["x"], case), _pooled_gradient(inputs, case)
    if case.work in ("conv", "conv_gradients"):
        return _conv_results(inputs, case)
    if case.work == "helix":
        return (_helix_result(inputs["x"], inputs["kernel"]),)
    if case.work == "idiom":
        idiom = IDIOMS[case.idiom]
        return (idiom.expected(*(inputs[name] for name in idiom.names)),)
    raise ValueError(f"no such work: {case.work}")


def _windows(x: np.ndarray[Any, Any], case: Case) -> np.ndarray[Any, Any]:
    """Return the taps of all windows along a last axis."""
    ndim = len(case.window)
    steps = [slice(None, None, stride) for stride in case.stride]
    starts: tuple[Any, ...] = (..., *steps, *[slice(None)] * ndim)
    windows = sliding_window_view(x, case.window, tuple(range(-ndim, 0)))[starts]
    return windows.reshape(*windows.shape[:-ndim], -1)


def _max_pool(
    x: np.ndarray[Any, Any], case: Case
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    ndim = len(case.window)
    taps = _windows(x, case)
    winners = taps.argmax(axis=-1)
    values = np.take_along_axis(taps, winners[..., None], axis=-1)[..., 0]
    numbers = np.indices(winners.shape[-ndim:])
    tap_indices = np.unravel_index(winners, case.window)
    coordinates = [
        number * stride + tap
        for number, stride, tap in zip(numbers, case.stride, tap_indices, strict=True)
    ]
    return values, np.ravel_multi_index(coordinates, case.lengths).astype(np.int64)


def _scatter(
    values: np.ndarray[Any, Any], positions: np.ndarray[Any, Any], case: Case
) -> np.ndarray[Any, Any]:
    ndim = len(case.window)
    leading = values.shape[:-ndim]
    flat = np.zeros((*leading, int(np.prod(case.lengths))), values.dtype)
    places = positions.reshape(*leading, -1)
    # Windows that do not overlap have distinct winners, so writing and adding are the same.
    np.put_along_axis(flat, places, values.reshape(*leading, -1), axis=-1)
    return flat.reshape(*leading, *case.lengths)
