"""What real Theano gave: the cases of a file in `tests/data`, and their arrays."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.cases import Array

Case = dict[str, Any]

DATA = Path(__file__).parent / "data"


def load_cases(name: str) -> list[Case]:
    """Return the cases of ``<name>.json``."""
    cases: list[Case] = json.loads((DATA / f"{name}.json").read_text())["cases"]
    return [{"tags": [], **case} for case in cases]


@cache
def _arrays(file: str) -> dict[str, Array]:
    with np.load(DATA / file) as arrays:
        return dict(arrays)


def array(case: Case, name: str) -> Array:
    """Return the array that a case names as an input or an output."""
    return _arrays(case["file"])[{**case["inputs"], **case["outputs"]}[name]]


def inputs(case: Case) -> dict[str, Array]:
    """Return all input arrays of a case by name."""
    return {name: array(case, name) for name in case["inputs"]}
