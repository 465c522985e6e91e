"""Backpropagate through a convolution in NumPy, without the four loops.

Images of shape (N, H, W, C) are convolved with kernels of shape (rows, columns, C, filters), with
stride and padding. The naive backward pass has four loops, over images, rows, columns and filters.
How can it be written without them? Here are two answers, one that loops over the few taps of a
kernel and one without loops, and the gradients of the `Conv` Op, which takes channels as axis 1.
All are compared with the loops. Run it with ``python examples/conv_backward.py [MODE]``, where MODE
is a PyTensor mode.
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
# Gradients of the images, of the kernels and of the bias.
Gradients = tuple[np.ndarray, np.ndarray, np.ndarray]


class Setting(NamedTuple):
    """Kernel size, stride, and padding (before, after) for each of the two axes."""

    taps: Pair
    stride: Pair
    pads: tuple[Pair, Pair]


# The common case, a stride, a rectangle with asymmetric padding, and strides that skip the last
# rows and columns.
SETTINGS = (
    Setting((3, 3), (1, 1), ((1, 1), (1, 1))),
    Setting((5, 5), (2, 2), ((2, 2), (2, 2))),
    Setting((3, 2), (1, 2), ((0, 2), (1, 0))),
    Setting((2, 4), (3, 2), ((0, 0), (2, 1))),
)


def backward_by_loops(
    images: np.ndarray, kernels: np.ndarray, cotangent: np.ndarray, setting: Setting
) -> Gradients:
    """Loop over every output element: the reference for the others."""
    (rows, columns), (down, right), pads = setting
    padded = np.pad(images, [(0, 0), *pads, (0, 0)])
    d_padded, d_kernels = np.zeros_like(padded), np.zeros_like(kernels)
    for n, i, j, f in np.ndindex(*cotangent.shape):
        window = np.s_[n, i * down : i * down + rows, j * right : j * right + columns]
        d_padded[window] += kernels[..., f] * cotangent[n, i, j, f]
        d_kernels[..., f] += padded[window] * cotangent[n, i, j, f]
    return without_zeros(d_padded, setting), d_kernels, cotangent.sum(axis=(0, 1, 2))


def backward_by_taps(
    images: np.ndarray, kernels: np.ndarray, cotangent: np.ndarray, setting: Setting
) -> Gradients:
    """Process all outputs at once, one tap of the kernel after another.

    The elements that a tap reads are a strided slice. No two outputs read the same element with one
    tap, so ``+=`` adds all of them.
    """
    (down, right), pads = setting.stride, setting.pads
    out_rows, out_columns = cotangent.shape[1:3]
    padded = np.pad(images, [(0, 0), *pads, (0, 0)])
    d_padded, d_kernels = np.zeros_like(padded), np.zeros_like(kernels)
    for i, j in np.ndindex(*setting.taps):
        read = np.s_[:, i : i + out_rows * down : down, j : j + out_columns * right : right]
        d_padded[read] += cotangent @ kernels[i, j].T
        d_kernels[i, j] = np.tensordot(padded[read], cotangent, axes=((0, 1, 2), (0, 1, 2)))
    return without_zeros(d_padded, setting), d_kernels, cotangent.sum(axis=(0, 1, 2))


def backward_by_windows(
    images: np.ndarray, kernels: np.ndarray, cotangent: np.ndarray, setting: Setting
) -> Gradients:
    """Use no loop: both gradients are matrix products with windows.

    A pixel gets a gradient from all outputs that read it. With zeros inserted into the cotangent to
    undo the stride, these are a window of it, and the kernel is flipped.
    """
    (rows, columns), (down, right), pads = setting
    padded = np.pad(images, [(0, 0), *pads, (0, 0)])
    windows = sliding_window_view(padded, setting.taps, axis=(1, 2))[:, ::down, ::right]
    d_kernels = np.tensordot(windows, cotangent, axes=((0, 1, 2), (0, 1, 2)))

    number, out_rows, out_columns, filters = cotangent.shape
    height, width = padded.shape[1:3]
    spread = np.zeros((number, height + rows - 1, width + columns - 1, filters))
    spread[
        :, rows - 1 : rows - 1 + out_rows * down : down,
        columns - 1 : columns - 1 + out_columns * right : right,
    ] = cotangent  # fmt: skip
    seen = sliding_window_view(spread, setting.taps, axis=(1, 2))
    turned = kernels[::-1, ::-1]
    d_padded = np.tensordot(seen, turned, axes=((3, 4, 5), (3, 0, 1)))
    bias = cotangent.sum(axis=(0, 1, 2))
    return without_zeros(d_padded, setting), d_kernels.transpose(1, 2, 0, 3), bias


def without_zeros(padded: np.ndarray, setting: Setting) -> np.ndarray:
    """Return the images without their padding."""
    (top, bottom), (left, right) = setting.pads
    height, width = padded.shape[1:3]
    return padded[:, top : height - bottom, left : width - right]


def compile_backward(setting: Setting, mode: str | None) -> Callable[..., Any]:
    """Compile the convolution and its gradients, channels last."""
    images, kernels, cotangent = (
        pt.tensor4(name, dtype="float64") for name in ("images", "kernels", "cotangent")
    )
    bias = pt.vector("bias", dtype="float64")
    output = pu.conv(
        images.dimshuffle(0, 3, 1, 2),
        kernels.dimshuffle(3, 2, 0, 1),
        stride=setting.stride,
        pad=setting.pads,
    )
    output = output.dimshuffle(0, 2, 3, 1) + bias
    gradients = pt.grad((output * cotangent).sum(), [images, kernels, bias])
    return pytensor.function([images, kernels, bias, cotangent], [output, *gradients], mode=mode)


def milliseconds(function: Callable[..., Any], *arguments: Any) -> float:
    """Return the minimum time of three calls."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)
    return 1e3 * min(seconds)


def compare(setting: Setting, mode: str | None) -> bool:
    """Print times and whether results are equal; return whether all are."""
    # Sums of whole numbers are exact in any order, so results must be exactly equal.
    rng = np.random.default_rng(0)
    images = rng.integers(-9, 10, size=(4, 15, 12, 3)).astype(float)
    kernels = rng.integers(-9, 10, size=(*setting.taps, 3, 8)).astype(float)
    bias = rng.integers(-9, 10, size=8).astype(float)
    sizes = zip(images.shape[1:3], setting.taps, setting.stride, setting.pads, strict=True)
    outputs = [(n + sum(zeros) - taps) // step + 1 for n, taps, step, zeros in sizes]
    cotangent = rng.integers(-9, 10, size=(4, *outputs, 8)).astype(float)

    rows, columns = setting.taps
    print(f"\nkernels {rows} x {columns}, stride {setting.stride}, padding {setting.pads}")
    arguments = (images, kernels, cotangent, setting)
    expected = backward_by_loops(*arguments)
    spent = milliseconds(backward_by_loops, *arguments)
    print(f"    {'backward_by_loops':<24} {'':<12} {spent:8.2f} ms")
    equal = True
    for way in (backward_by_taps, backward_by_windows):
        same = all(map(np.array_equal, way(*arguments), expected))
        equal &= same
        spent = milliseconds(way, *arguments)
        print(f"    {way.__name__:<24} equal {same!s:<6} {spent:8.2f} ms")
    op = compile_backward(setting, mode)
    _, *gradients = op(images, kernels, bias, cotangent)
    same = all(map(np.array_equal, gradients, expected))
    spent = milliseconds(op, images, kernels, bias, cotangent)
    print(f"    {'the Op, with forward':<24} equal {same!s:<6} {spent:8.2f} ms")
    return equal and same


def main(mode: str | None = None) -> None:
    """Compare the backward passes without loops, and that of the Op, with the four loops."""
    equal = [compare(setting, mode) for setting in SETTINGS]
    if not all(equal):
        raise SystemExit("The loops and the others disagree.")


if __name__ == "__main__":
    main(*sys.argv[1:2])
