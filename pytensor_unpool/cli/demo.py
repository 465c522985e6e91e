"""Pool a photograph with positions, un-pool it, and fill the gaps."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytensor
import pytensor.tensor as pt
from numpy.lib.stride_tricks import sliding_window_view

import pytensor_unpool as pu
from pytensor_unpool.cli.terminal import UserError, format_table, progress

Picture = npt.NDArray[np.float32]
Window = tuple[int, int]

TITLES = ("original", "max-pooled", "un-pooled", "reconstructed")

# Longest side of the picture in the panels: beyond it, single pixels are too small to see.
LONGEST_SIDE = 150

TECHNIQUES: dict[str, Callable[..., Any]] = {
    "max_unpool (the Op)": pu.max_unpool,
    "symbolic.unpool_loop": pu.symbolic.unpool_loop,
    "symbolic.unpool_flat": pu.symbolic.unpool_flat,
    "symbolic.unpool_arange": pu.symbolic.unpool_arange,
}


class Panels(NamedTuple):
    """Pictures of shape (colours, rows, columns), from left to right."""

    original: Picture
    pooled: Picture
    unpooled: Picture
    reconstructed: Picture


def run(arguments: argparse.Namespace) -> int:
    """Write the picture, print the table, and return the exit code."""
    image, output, window = arguments.image, arguments.output, arguments.window
    photograph = read_photograph(image)
    with progress("pooling and un-pooling"):
        pool = compile_pooling(window)
        panels, factor = make_panels(photograph, window, pool)
    with progress(f"drawing {output}"):
        write_panels(panels, window, factor, output)
    print(f"Wrote {output}: original, pooled, un-pooled, reconstructed.")
    values, positions, _, _ = pool(photograph)
    return 0 if print_comparison(values, positions, photograph.shape[-2:]) else 1


def read_photograph(image: Path | None) -> Picture:
    """Return the colours of a photograph, from 0 to 1."""
    try:
        from matplotlib.cbook import get_sample_data
        from matplotlib.image import imread
    except ImportError as error:
        raise UserError(
            f"the demo draws with matplotlib, which cannot be imported ({error}). "
            f'Install it: python -m pip install "pytensor-unpool[plot]"'
        ) from error
    file = image or get_sample_data("grace_hopper.jpg", asfileobj=False)
    try:
        pixels = np.asarray(imread(file))
    except (OSError, SyntaxError, ValueError) as error:
        # Pillow reports a damaged PNG file as a SyntaxError.
        raise UserError(f"cannot read {file} as a picture: {error}") from error
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    # One or three colours, with or without opacity: drop the opacity.
    pixels = pixels[..., : 1 if pixels.shape[-1] < 3 else 3]
    if np.issubdtype(pixels.dtype, np.integer):
        pixels = pixels / np.iinfo(pixels.dtype).max
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0), dtype="float32")


def compile_pooling(window: Window) -> Callable[[Picture], list[Any]]:
    """Compile a picture's maxima, their positions, the maxima un-pooled, and ones un-pooled."""
    picture = pt.tensor3("picture", dtype="float32")
    # Partial windows at the border, so that no pixel is dropped.
    values, positions = pu.max_pool(picture, window, partial_windows=True)
    shape = picture.shape[-2:]
    unpooled = pu.max_unpool(values, positions, shape)
    kept = pu.max_unpool(pt.ones(values.shape, dtype=values.dtype), positions, shape)
    function: Callable[[Picture], list[Any]] = pytensor.function(
        [picture], [values, positions, unpooled, kept]
    )
    return function


def make_panels(
    photograph: Picture, window: Window, pool: Callable[[Picture], list[Any]]
) -> tuple[Panels, int]:
    """Return the four pictures, and the factor by which the photograph was reduced first."""
    factor = max(1, round(max(photograph.shape) / LONGEST_SIDE))
    original = reduce_picture(photograph, factor)
    pooled, _, unpooled, kept = pool(original)
    # A mean of the maxima around each pixel: empty pixels are zero in both sums.
    reconstructed = smooth(unpooled, window) / smooth(kept, window)
    return Panels(original, pooled, unpooled, reconstructed), factor


def reduce_picture(picture: Picture, factor: int) -> Picture:
    """Average squares of pixels; what is left at the border is cut off."""
    colours, rows, columns = picture.shape
    rows, columns = max(1, rows // factor), max(1, columns // factor)
    cut = picture[:, : rows * factor, : columns * factor]
    tall, wide = min(factor, cut.shape[1]), min(factor, cut.shape[2])
    squares = cut.reshape(colours, rows, tall, columns, wide)
    reduced: Picture = squares.mean(axis=(2, 4), dtype="float32")
    return reduced


def smooth(picture: Picture, window: Window) -> Picture:
    """Sum the neighbours of each pixel with bell-shaped weights."""
    for axis, length in zip((1, 2), window, strict=True):
        # The maximum of a pixel's own window is less than `length` away, so no sum is empty.
        radius = 2 * length
        weights = np.exp(-3 * (np.arange(-radius, radius + 1) / length) ** 2)
        margins = [(radius, radius) if i == axis else (0, 0) for i in range(3)]
        neighbours = sliding_window_view(np.pad(picture, margins), weights.size, axis=axis)
        picture = (neighbours @ weights).astype("float32")
    return picture


def write_panels(panels: Panels, window: Window, factor: int, output: Path) -> None:
    """Draw the four pictures side by side, each pixel as a square of whole screen pixels."""
    from matplotlib.figure import Figure

    rows, columns = panels.original.shape[1:]
    zoom = max(1, round(2.7 * LONGEST_SIDE / max(rows, columns)))
    tall, wide, gap, above, below, dpi = rows * zoom, columns * zoom, 12, 52, 56, 100
    width, height = 4 * wide + 5 * gap, tall + above + below
    figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi)
    for i, (title, picture) in enumerate(zip(TITLES, panels, strict=True)):
        left = gap + i * (wide + gap)
        axes = figure.add_axes((left / width, below / height, wide / width, tall / height))
        axes.imshow(
            np.moveaxis(picture, 0, -1).clip(0, 1),
            cmap="gray",
            vmin=0,
            vmax=1,
            interpolation="nearest",
            aspect="auto",
        )
        axes.set_title(f"{title}\n{picture.shape[2]} x {picture.shape[1]}", fontsize=12)
        axes.set_axis_off()
    reduced = f"photograph downsampled by {factor}, then " if factor > 1 else ""
    figure.text(
        0.5,
        below / 2 / height,
        f"{reduced}max-pooled {window[0]}x{window[1]} in each colour; max_unpool writes every "
        "maximum back to its position\nreconstructed: weighted mean of the maxima around each "
        "pixel (smoothed un-pooled picture, divided by smoothed un-pooled ones)",
        ha="center",
        va="center",
        fontsize=11,
    )
    try:
        figure.savefig(output, format="png")
    except OSError as error:
        raise UserError(f"cannot write {output}: {error}") from error


def print_comparison(values: Any, positions: Any, shape: tuple[int, ...], repeats: int = 7) -> bool:
    """Un-pool with every technique, print the times, and return whether they agree."""
    result = None
    agree = True
    rows = []
    for name, technique in TECHNIQUES.items():
        with progress(f"compiling {name}"):
            start = time.perf_counter()
            function = compile_unpooling(technique, values, shape)
            # Numba compiles on the first call.
            unpooled = function(values, positions)
            compile_seconds = time.perf_counter() - start
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            function(values, positions)
            seconds.append(time.perf_counter() - start)
        result = unpooled if result is None else result
        equal = np.array_equal(unpooled, result)
        agree &= equal
        rows.append(
            (name, "yes" if equal else "NO", f"{compile_seconds:.2f}", f"{median(seconds):.6f}")
        )
    pooled = " x ".join(map(str, values.shape))
    full = " x ".join(map(str, (*values.shape[:-2], *shape)))
    print(f"\nThe whole photograph, un-pooled from {pooled} to {full}:\n")
    print(format_table(("technique", "equal to the Op", "compile s", "run s"), rows))
    print("\nCompiled code is cached on disk: a second demo compiles faster.")
    return agree


def compile_unpooling(
    technique: Callable[..., Any], values: Any, shape: tuple[int, ...]
) -> Callable[..., Any]:
    """Compile one way to un-pool arrays of the shape of `values`."""
    symbolic_values = pt.tensor("values", dtype=values.dtype, shape=values.shape)
    positions = pt.tensor("positions", dtype="int64", shape=values.shape)
    function: Callable[..., Any] = pytensor.function(
        [symbolic_values, positions], technique(symbolic_values, positions, shape)
    )
    return function
