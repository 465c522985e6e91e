"""PyMC's samplers draw from a model with Ops of ours in its likelihood, by every route."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pymc", reason="PyMC 6 is not installed; it needs Python 3.12")
image = pytest.importorskip(
    "matplotlib.image", reason="the picture comes with matplotlib, which is missing"
)

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "pymc_unpool.py"))


@pytest.fixture(scope="module")
def problem() -> Any:
    return EXAMPLE["make_problem"]()


@pytest.fixture(scope="module")
def exact(problem: Any) -> Any:
    return EXAMPLE["exact_posterior"](problem)


@pytest.fixture(scope="module")
def model(problem: Any) -> Any:
    return EXAMPLE["make_model"](problem)


@pytest.mark.parametrize("sampler", EXAMPLE["SAMPLERS"])
def test_samplers_find_the_exact_posterior(sampler: str, problem: Any, exact: Any, model: Any):
    """Catches a gradient that is wrong in one backend alone: its sampler would go elsewhere."""
    missing = EXAMPLE["missing"](sampler)
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    found = EXAMPLE["sample"](model, sampler, draws=150)
    # A mean of 300 draws that depend little on each other is off by a twentieth of their spread.
    assert EXAMPLE["distance"](found, exact) < 0.15
    np.testing.assert_allclose((found.spread / exact.spread).mean(), 1, atol=0.1)


def test_the_picture_is_drawn(problem: Any, exact: Any, tmp_path: Path):
    EXAMPLE["draw"](problem, exact, {"sampler": exact}, tmp_path / "picture.png")
    pixels = image.imread(tmp_path / "picture.png")
    # Four panels of 200 pixels: the picture, what was seen, what is exact, and one sampler.
    assert pixels.shape[:2] == (260, 800)
    assert pixels[..., :3].min() < 0.1
