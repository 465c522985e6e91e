"""What was compiled from other source is never run, nor what is kept compiled again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pytensor_unpool

PACKAGE = Path(pytensor_unpool.__file__).parent

# The program prints a sum, and how many kernels it compiled in place of reading them from disk.
PROGRAM = """
import pytensor, pytensor.tensor as pt, pytensor_unpool as pu
x = pt.vector("x", dtype="float64")
run = pytensor.function([x], pu.pool(x, 2, mode="sum"), mode="NUMBA")
print(run([1.0, 2.0, 3.0, 4.0]).tolist())

from pytensor_unpool.kernels.numba.by_address import FUNCTIONS
print(sum(sum(entry.function.stats.cache_misses.values()) for entry in FUNCTIONS.values()))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package with a cache of its own."""
    place = tmp_path / "copy"
    shutil.copytree(PACKAGE, place / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def run(copy: Path) -> tuple[str, int]:
    """Return what the program prints: the sums, and the number of kernels compiled."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTENSOR_FLAGS": f"base_compiledir={copy / 'compiledir'}",
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    sums, compiled = ran.stdout.split("\n")[:2]
    return sums, int(compiled)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_an_edited_kernel_is_compiled_anew(copy: Path) -> None:
    sums, compiled = run(copy)
    assert sums == "[3.0, 7.0]"
    assert compiled > 0
    assert run(copy) == ("[3.0, 7.0]", 0)
    kernels = copy / PACKAGE.name / "kernels" / "numba"
    last = "pool_plane(axes, counts, x[item], y[item])\n        return "
    edit(kernels / "pool.py", f"{last}y\n", f"{last}-y\n")
    sums, compiled = run(copy)
    assert sums == "[-3.0, -7.0]"
    assert compiled > 0
