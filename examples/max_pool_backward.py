"""Max-pool images in NumPy and backpropagate, without loops and without a mask.

Images of shape (N, C, 28, 28) are max-pooled 2x2. How is the backward pass written with NumPy
indexing alone, for any window size and stride, overlapping windows included? The answer here keeps
one winner per window, and is compared with the gradient of the `MaxPool` Op. Run it with
``python examples/max_pool_backward.py [MODE]``, where MODE is a PyTensor mode.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytensor
import pytensor.tensor as pt
from numpy.lib.stride_tricks import sliding_window_view

import pytensor_unpool as pu

Pair = tuple[int, int]

# Window and stride: the common case, gaps between windows, overlaps, and a rectangle.
SETTINGS: tuple[tuple[Pair, Pair], ...] = (
    ((2, 2), (2, 2)),
    ((2, 2), (3, 3)),
    ((3, 3), (2, 2)),
    ((4, 3), (1, 2)),
)


class Winners(NamedTuple):
    """Index arrays that broadcast to one element per window: ``images[winners]``."""

    image: np.ndarray
    channel: np.ndarray
    row: np.ndarray
    column: np.ndarray


def find_winners(images: np.ndarray, window: Pair, stride: Pair) -> Winners:
    """Return the position of the maximum of every window, the first one in case of ties."""
    windows = sliding_window_view(images, window, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    number, channels, rows, columns = windows.shape[:4]
    # argmax works along one axis, so windows are flattened; it returns the first maximum.
    tap = windows.reshape(number, channels, rows, columns, -1).argmax(axis=-1)
    return Winners(
        np.arange(number)[:, None, None, None],
        np.arange(channels)[None, :, None, None],
        np.arange(rows)[:, None] * stride[0] + tap // window[1],
        np.arange(columns)[None, :] * stride[1] + tap % window[1],
    )


def backward_by_assignment(
    cotangent: np.ndarray, winners: Winners, shape: tuple[int, ...]
) -> np.ndarray:
    """Write each value to its winner. Correct only if no two windows share an element."""
    gradient = np.zeros(shape)
    gradient[winners] = cotangent
    return gradient


def backward_by_add_at(
    cotangent: np.ndarray, winners: Winners, shape: tuple[int, ...]
) -> np.ndarray:
    """Add each value to its winner. ``gradient[winners] += cotangent`` would add only once."""
    gradient = np.zeros(shape)
    np.add.at(gradient, winners, cotangent)
    return gradient


def backward_by_bincount(
    cotangent: np.ndarray, winners: Winners, shape: tuple[int, ...]
) -> np.ndarray:
    """Sum the values for each element of the flattened images."""
    where = np.ravel_multi_index(winners, shape)
    summed = np.bincount(where.ravel(), cotangent.ravel(), minlength=int(np.prod(shape)))
    return summed.reshape(shape)


def backward_by_mask(images: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    """Show what not to do: compare images with their repeated 2x2 maxima.

    Every element that equals its maximum receives the full gradient. In photographs, with few
    distinct values and similar neighbours, that is often more than one.
    """
    number, channels, height, width = images.shape
    maxima = images.reshape(number, channels, height // 2, 2, width // 2, 2).max(axis=(3, 5))
    mask = images == maxima.repeat(2, axis=2).repeat(2, axis=3)
    return mask * cotangent.repeat(2, axis=2).repeat(2, axis=3)


def compile_backward(window: Pair, stride: Pair, mode: str | None) -> Callable[..., Any]:
    """Compile the gradient of the Op, which also keeps one winner per window."""
    images = pt.tensor4("images", dtype="float64")
    cotangent = pt.tensor4("cotangent", dtype="float64")
    values, _ = pu.max_pool(images, window, stride)
    results: list[Any] = [values, pt.grad((values * cotangent).sum(), images)]
    return pytensor.function([images, cotangent], results, mode=mode)


def milliseconds(function: Callable[..., Any], *arguments: Any) -> float:
    """Return the minimum time of three calls."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)
    return 1e3 * min(seconds)


def compare(images: np.ndarray, window: Pair, stride: Pair, mode: str | None) -> bool:
    """Print times and whether results are equal; return whether all are."""
    winners = find_winners(images, window, stride)
    values = images[winners]
    # Sums of whole numbers are exact in any order, so results must be exactly equal.
    cotangent = np.random.default_rng(1).integers(-9, 10, size=values.shape).astype(float)
    op = compile_backward(window, stride, mode)
    op_values, expected = op(images, cotangent)
    overlap = any(s < w for w, s in zip(window, stride, strict=True))

    print(f"\nwindow {window}, stride {stride}: {'windows overlap' if overlap else 'no overlap'}")
    print(f"    maxima equal those of the Op: {np.array_equal(values, op_values)}")
    ways = [backward_by_add_at, backward_by_bincount]
    if not overlap:
        ways.insert(0, backward_by_assignment)
    equal = np.array_equal(values, op_values)
    for way in ways:
        gradient = way(cotangent, winners, images.shape)
        same = np.array_equal(gradient, expected)
        equal &= same
        spent = milliseconds(way, cotangent, winners, images.shape)
        print(f"    {way.__name__:<24} equal {same!s:<6} {spent:8.2f} ms")
    spent = milliseconds(op, images, cotangent)
    print(f"    {'the Op, with forward':<24} {'':<12} {spent:8.2f} ms")
    return equal


def main(mode: str | None = None) -> None:
    """Compare NumPy's backward passes with the gradient of the Op."""
    # Few distinct values, as in photographs: most windows have ties.
    images = np.random.default_rng(0).integers(0, 4, size=(16, 8, 28, 28)).astype(float)
    print(f"images of shape {images.shape}")
    equal = [compare(images, window, stride, mode) for window, stride in SETTINGS]

    cotangent = np.ones((*images.shape[:2], 14, 14))
    winners = find_winners(images, (2, 2), (2, 2))
    one_winner = backward_by_assignment(cotangent, winners, images.shape)
    masked = backward_by_mask(images, cotangent)
    print(f"\nA gradient of 1 for each of {cotangent.size} windows sums to")
    print(f"    {one_winner.sum():8.0f} with one winner per window")
    print(f"    {masked.sum():8.0f} with a mask of all elements that equal the maximum")
    if not all(equal):
        raise SystemExit("NumPy and the Op disagree.")


if __name__ == "__main__":
    main(*sys.argv[1:2])
