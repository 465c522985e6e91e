"""Recover a kernel of five axes from data that it blurred, by gradient descent.

Seismic surveys have five axes: time, two for the midpoint and two for the offset between source and
receiver; frameworks convolve over three. Here spikes are blurred by a wavelet along time that
spreads along the other axes. The kernel is recovered from spikes and data, with the gradient of
`helix_convolve`. Run it with ``python examples/helix_deconvolution.py [MODE [PLOT]]``, where MODE
is a PyTensor mode and PLOT a file to draw.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

import pytensor_unpool as pu

# Time, two axes of midpoints between source and receiver, two of offsets.
LENGTHS = (24, 8, 8, 6, 6)
TAPS = (9, 3, 3, 3, 3)
STEPS = 40


def spikes_and_kernel() -> tuple[np.ndarray, np.ndarray]:
    """Return sparse reflections, and the wavelet that blurs them."""
    rng = np.random.default_rng(5)
    spikes = rng.normal(size=LENGTHS) * (rng.random(LENGTHS) < 0.05)
    time = np.linspace(-2.5, 2.5, TAPS[0])
    kernel = (1 - time**2) * np.exp(-(time**2) / 2)
    for taps in TAPS[1:]:
        # Decays along each of the other axes, so it is not symmetric.
        kernel = kernel[..., None] * np.linspace(0.7, 0.3, taps)
    return spikes, kernel / np.abs(kernel).max()


def descend(
    spikes: np.ndarray, data: np.ndarray, mode: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel that explains the data, and the error before each step."""
    x, y = pt.constant(spikes, name="spikes"), pt.constant(data, name="data")
    kernel = pytensor.shared(np.zeros(TAPS), name="kernel")
    error = ((pu.helix_convolve(x, kernel, "same") - y) ** 2).sum() / 2
    # Shifted spikes are nearly orthogonal: half of the exact step for orthogonal ones is safe.
    change = 0.5 / (spikes**2).sum() * pt.grad(error, kernel)
    step = pytensor.function([], error, updates=[(kernel, kernel - change)], mode=mode)
    errors = np.array([float(step()) for _ in range(STEPS)])
    return kernel.get_value(), errors


def plot(
    data: np.ndarray, kernel: np.ndarray, found: np.ndarray, errors: np.ndarray, file: Path
) -> None:
    """Draw a section of the data, the true and the found wavelet, and the error."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3), layout="constrained")
    section, wavelet, descent = figure.subplots(1, 3)
    middle: Any = (slice(None), slice(None), *(n // 2 for n in LENGTHS[2:]))
    section.imshow(data[middle], aspect="auto", cmap="gray")
    section.set(title="data, one section", xlabel="place", ylabel="time")
    centre: Any = (slice(None), *(n // 2 for n in TAPS[1:]))
    wavelet.plot(kernel[centre], label="true")
    wavelet.plot(found[centre], "o", label="found")
    wavelet.set(title="kernel along time", xlabel="tap")
    wavelet.legend()
    descent.semilogy(errors)
    descent.set(title="squared error", xlabel="step")
    figure.savefig(file, dpi=100)


def main(mode: str | None = None, file: str | None = None) -> None:
    """Blur, descend, and compare the found kernel with the true one."""
    spikes, kernel = spikes_and_kernel()
    noise = np.random.default_rng(6).normal(size=LENGTHS) * 0.01
    data = pu.helix_convolve(spikes, kernel, "same").eval(mode=mode) + noise
    found, errors = descend(spikes, data, mode)
    off = np.abs(found - kernel).max() / np.abs(kernel).max()
    print(f"data of {len(LENGTHS)} axes {LENGTHS}, a kernel of {TAPS}")
    print(f"squared error {errors[0]:.3f} before the first step, {errors[-1]:.3f} before the last")
    print(f"the kernel is off by {100 * off:.1f} % of its largest element")
    if file is not None:
        plot(data, kernel, found, errors, Path(file))
        print(f"wrote {file}")
    if off > 0.05:
        raise SystemExit("The kernel was not found.")


if __name__ == "__main__":
    main(*sys.argv[1:3])
