"""Results of real Theano: the cases of a file in `tests/data`, and their arrays."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.cases import Array

Case = dict[str, Any]

DATA = Path(__file__).parents[1] / "data"


def load_cases(name: str, kind: str = "cases") -> list[Case]:
    """Return the cases, or the "errors", of ``<name>.json``."""
    cases: list[Case] = json.loads((DATA / f"{name}.json").read_text())[kind]
    return [{"tags": [], **case} for case in cases]


def every(cases: list[Case]) -> Any:
    """Run a test for each case."""
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["id"])


@cache
def arrays_of(file: str) -> dict[str, Array]:
    """Return all arrays of a file."""
    with np.load(DATA / file) as arrays:
        return dict(arrays)


def array(case: Case, name: str) -> Array:
    """Return the array that a case names as an input or an output."""
    return arrays_of(case["file"])[{**case["inputs"], **case["outputs"]}[name]]


def inputs(case: Case) -> dict[str, Array]:
    """Return all input arrays of a case by name."""
    return {name: array(case, name) for name in case["inputs"]}
