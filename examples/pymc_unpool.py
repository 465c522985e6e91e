"""Sample the codes behind a picture: un-pooling and convolution in the likelihood of a PyMC model.

A cropped photograph was max-pooled, and only the positions of the maxima were kept, along with a
noisy copy of the picture. Codes are un-pooled to these positions, and convolutions average those
around each pixel. Which codes explain the picture? With normal codes and normal noise, linear
algebra gives the exact posterior, against which every sampler is checked. Run it with
``python examples/pymc_unpool.py [PLOT [DRAWS]]``, where PLOT is the file to draw. It needs the
extras ``pymc`` and ``plot``.
"""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

import pytensor_unpool as pu
from pytensor_unpool.cli.demo import read_photograph, reduce_picture

Array = np.ndarray[Any, Any]

WINDOW = (2, 2)
# Rows and columns of a face in the photograph, downsampled by 12.
REDUCED, CUT = 12, np.s_[6:26, 11:29]
# The weight of a code in the pixels around it. Every pixel has at least one code in reach.
BELL = np.exp(-np.add.outer(np.arange(-2, 3) ** 2, np.arange(-2, 3) ** 2))
NOISE = 0.05
# The prior of the codes.
MEAN, SPREAD = 0.5, 0.5

# Arguments of `pymc.sample`, which defaults to nutpie where that is installed.
SAMPLERS: dict[str, dict[str, Any]] = {
    "PyMC, Numba": {"nuts_sampler": "pymc"},
    "PyMC, CVM": {"nuts_sampler": "pymc", "compile_kwargs": {"mode": "CVM"}},
    "nutpie, Numba": {"nuts_sampler": "nutpie", "backend": "numba"},
    "nutpie, JAX": {"nuts_sampler": "nutpie", "backend": "jax"},
    "numpyro": {"nuts_sampler": "numpyro", "nuts": {"chain_method": "vectorized"}},
}


class Posterior(NamedTuple):
    """Means and standard deviations of the codes."""

    mean: Array
    spread: Array


class Problem(NamedTuple):
    """A picture, its noisy observation, and the positions of its window maxima."""

    picture: Array
    seen: Array
    positions: Array


def make_problem() -> Problem:
    """Crop the photograph, pool it, and add noise."""
    photograph = read_photograph(None).mean(axis=0, keepdims=True)
    picture = reduce_picture(photograph, REDUCED)[0][CUT].astype("float64")
    x = pt.dmatrix("x")
    pool = pytensor.function([x], pu.max_pool(x, WINDOW)[1], mode="FAST_COMPILE")
    noise = np.random.default_rng(20260711).normal(size=picture.shape)
    return Problem(picture, picture + NOISE * noise, pool(picture))


def render(codes: Any, positions: Array, shape: tuple[int, ...]) -> Any:
    """Return the picture of the codes: each pixel is a mean of the un-pooled codes around it."""
    both = pt.stack([codes, pt.ones_like(codes)])[:, None]
    places = np.broadcast_to(positions, (2, 1, *positions.shape))
    sums = pu.conv(pu.max_unpool(both, places, shape), BELL[None, None], pad="same")
    return sums[0, 0] / sums[1, 0]


def make_model(problem: Problem) -> Any:
    """Return the model: codes to sample, and the observed picture."""
    with pm.Model() as model:
        codes = pm.Normal("codes", MEAN, SPREAD, shape=problem.positions.shape)
        picture = render(codes, problem.positions, problem.seen.shape)
        pm.Normal("seen", picture, NOISE, observed=problem.seen)
    return model


def exact_posterior(problem: Problem) -> Posterior:
    """Solve the normal equations: rendering is a matrix whose columns are rendered codes."""
    codes = pt.dmatrix("codes")
    picture = render(codes, problem.positions, problem.seen.shape)
    run = pytensor.function([codes], picture.flatten(), mode="FAST_COMPILE")
    size, shape = problem.positions.size, problem.positions.shape
    matrix = np.stack([run(one.reshape(shape)) for one in np.eye(size)], axis=1)
    precision = matrix.T @ matrix / NOISE**2 + np.eye(size) / SPREAD**2
    covariance = np.linalg.inv(precision)
    pull = matrix.T @ problem.seen.ravel() / NOISE**2 + MEAN / SPREAD**2
    spread = np.sqrt(np.diag(covariance))
    return Posterior((covariance @ pull).reshape(shape), spread.reshape(shape))


def missing(sampler: str) -> list[str]:
    """Return the packages that this sampler lacks."""
    arguments = SAMPLERS[sampler]
    needed = [arguments["nuts_sampler"], "jax"] if "JAX" in sampler else [arguments["nuts_sampler"]]
    return [package for package in needed if find_spec(package) is None]


def sample(model: Any, sampler: str, draws: int) -> Posterior:
    """Draw codes with a sampler, in two chains."""
    with model:
        trace = pm.sample(
            draws,
            tune=max(200, draws // 2),
            chains=2,
            cores=1,
            random_seed=20260711,
            quiet=True,
            compute_convergence_checks=False,
            **SAMPLERS[sampler],
        )
    codes = trace.posterior["codes"].to_numpy()
    return Posterior(codes.mean(axis=(0, 1)), codes.std(axis=(0, 1)))


def distance(got: Posterior, exact: Posterior) -> float:
    """Return the RMS error of the means, in posterior standard deviations."""
    return float(np.sqrt((((got.mean - exact.mean) / exact.spread) ** 2).mean()))


def draw(problem: Problem, exact: Posterior, found: dict[str, Posterior], output: Path) -> None:
    """Plot the picture, the observation, and each sampler's rendered means."""
    from matplotlib.figure import Figure

    codes = pt.dmatrix("codes")
    picture = render(codes, problem.positions, problem.seen.shape)
    run = pytensor.function([codes], picture, mode="FAST_COMPILE")
    panels = {"picture": problem.picture, "seen": problem.seen, "exact": run(exact.mean)}
    panels |= {name: run(posterior.mean) for name, posterior in found.items()}
    figure = Figure(figsize=(2 * len(panels), 2.6), layout="constrained")
    for axes, (name, panel) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        axes.imshow(panel, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(name, fontsize=10)
        axes.set_axis_off()
    figure.savefig(output)


def main(output: str = "pymc_unpool.png", draws: str = "1000") -> None:
    """Run every sampler, compare, and plot."""
    problem = make_problem()
    exact, model = exact_posterior(problem), make_model(problem)
    found = {}
    print(f"{problem.positions.size} codes behind a picture of {problem.seen.shape}\n")
    print(f"{'sampler':<16}{'seconds':>8}{'means':>8}{'spread':>8}")
    for name in SAMPLERS:
        if missing(name):
            print(f"{name:<16}absent: {' and '.join(missing(name))} not installed")
            continue
        start = time.perf_counter()
        found[name] = sample(model, name, int(draws))
        seconds = time.perf_counter() - start
        ratio = (found[name].spread / exact.spread).mean()
        print(f"{name:<16}{seconds:8.1f}{distance(found[name], exact):8.3f}{ratio:8.3f}")
    print(
        "\nmeans: RMS error, in exact standard deviations;\n"
        "spread: standard deviation of the draws, divided by the exact one"
    )
    draw(problem, exact, found, Path(output))
    print(f"Wrote {output}.")
    if max(distance(posterior, exact) for posterior in found.values()) > 0.2:
        raise SystemExit("The samplers disagree.")


if __name__ == "__main__":
    main(*sys.argv[1:3])
