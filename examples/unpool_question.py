"""Un-pool from stored positions: every way to do it, on the same small data.

Max-pooling gave 4 codes for each of 2 x 3 rows, and the position of each maximum. How are the codes
put back into rows of length 20, without a Python loop and differentiably? Run it with
``python examples/unpool_question.py [MODE]``, where MODE is a PyTensor mode such as ``CVM`` or
``FAST_COMPILE``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

import pytensor_unpool as pu

LENGTH = 20
CODES = np.arange(24.0).reshape(2, 3, 4)
# One position in each of the windows of 5 elements that were pooled.
POSITIONS = np.arange(24).reshape(2, 3, 4) % 5 + np.arange(4) * 5


def numpy_loop(codes: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Assign one row at a time."""
    unpooled = np.zeros((*codes.shape[:2], LENGTH))
    for n in range(codes.shape[0]):
        for c in range(codes.shape[1]):
            unpooled[n, c, positions[n, c]] = codes[n, c]
    return unpooled


def numpy_flat(codes: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Add the offset of its row in the flattened data to each position."""
    rows, channels, _ = codes.shape
    starts = np.arange(rows * channels).reshape(rows, channels, 1) * LENGTH
    unpooled = np.zeros(rows * channels * LENGTH)
    unpooled[(positions + starts).ravel()] = codes.ravel()
    return unpooled.reshape(rows, channels, LENGTH)


def numpy_arange(codes: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Index every axis: the three index arrays broadcast to the shape of `positions`."""
    rows, channels, _ = codes.shape
    unpooled = np.zeros((rows, channels, LENGTH))
    n = np.arange(rows)[:, None, None]
    c = np.arange(channels)[None, :, None]
    unpooled[n, c, positions] = codes
    return unpooled


NUMPY = {"NumPy, loop": numpy_loop, "NumPy, flat": numpy_flat, "NumPy, arange": numpy_arange}
SYMBOLIC = {
    "symbolic.unpool_loop": pu.symbolic.unpool_loop,
    "symbolic.unpool_flat": pu.symbolic.unpool_flat,
    "symbolic.unpool_arange": pu.symbolic.unpool_arange,
    "max_unpool, the Op": pu.max_unpool,
}


def compile_unpooling(unpool: Callable[..., Any], mode: str | None) -> Callable[..., Any]:
    """Compile the un-pooled array, and the gradient for a cotangent."""
    # The loop needs a static number of rows; the others do not.
    codes = pt.tensor("codes", dtype="float64", shape=CODES.shape)
    positions = pt.tensor("positions", dtype="int64", shape=CODES.shape)
    cotangent = pt.tensor("cotangent", dtype="float64", shape=(2, 3, LENGTH))
    unpooled = unpool(codes, positions, LENGTH)
    results: list[Any] = [unpooled, pt.grad((unpooled * cotangent).sum(), codes)]
    return pytensor.function([codes, positions, cotangent], results, mode=mode)


def microseconds(function: Callable[..., Any], *arguments: Any) -> float:
    """Return the median time of a call."""
    seconds = []
    for _ in range(101):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)
    return 1e6 * median(seconds)


def show(title: str, array: np.ndarray, zero: str = "0") -> None:
    """Print an array of small whole numbers."""
    width = len(f"{array.max():.0f}")
    items = [
        "\n".join("    " + " ".join(f"{number or zero:>{width}}" for number in row) for row in item)
        for item in array.astype(int)
    ]
    print(f"\n{title}, shape {array.shape}\n" + "\n\n".join(items))


def main(mode: str | None = None) -> None:
    """Un-pool with every technique, and compare."""
    show("codes", CODES)
    show("positions", POSITIONS)

    # Any numbers will do: the gradient must read them at the positions.
    cotangent = np.arange(2.0 * 3 * LENGTH).reshape(2, 3, LENGTH)
    expected = numpy_loop(CODES, POSITIONS)
    expected_gradient = np.take_along_axis(cotangent, POSITIONS, axis=-1)
    agree = True
    lines = []

    for name, unpool in NUMPY.items():
        unpooled = unpool(CODES, POSITIONS)
        show(name, unpooled, zero=".")
        equal = np.array_equal(unpooled, expected)
        agree &= equal
        run = microseconds(unpool, CODES, POSITIONS)
        lines.append(f"{name:<24}{equal!s:>7}{'':>10}{'':>11}{run:>9.1f}")

    for name, technique in SYMBOLIC.items():
        start = time.perf_counter()
        function = compile_unpooling(technique, mode)
        # Numba compiles on the first call.
        unpooled, gradient = function(CODES, POSITIONS, cotangent)
        seconds = time.perf_counter() - start
        show(name, unpooled, zero=".")
        equal = np.array_equal(unpooled, expected)
        same_gradient = np.array_equal(gradient, expected_gradient)
        agree &= equal and same_gradient
        run = microseconds(function, CODES, POSITIONS, cotangent)
        lines.append(f"{name:<24}{equal!s:>7}{same_gradient!s:>10}{seconds:>11.2f}{run:>9.1f}")

    show("gradient with respect to the codes, for a cotangent of 0, 1, 2, ...", expected_gradient)
    print("\nCompiled functions also compute the gradient; NumPy only un-pools.\n")
    print(f"{'technique':<24}{'equal':>7}{'gradient':>10}{'compile s':>11}{'run us':>9}")
    print(*lines, sep="\n")
    if not agree:
        raise SystemExit("The techniques disagree.")


if __name__ == "__main__":
    main(*sys.argv[1:2])
