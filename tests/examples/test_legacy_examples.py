"""Scripts of old Theano run unmodified: they print what they must, and what they train gets better.

They run one after another in one process, under what ``pytensor-unpool run`` runs: starting Python
takes longer than most of them.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from pytensor_unpool.cli import main
from tests.support.legacy_scripts import FOLDER, SCRIPTS, flags, run_all
from tests.support.modes import ALL, compiled_modes


@cache
def printed(mode: str) -> dict[str, str]:
    """Return what each script prints."""
    return run_all([FOLDER / f"{name}.py" for name in SCRIPTS], mode)


def check(name: str, text: str) -> None:
    """Check what a script printed: its docstring's text, or words and numbers that got smaller."""
    promised = (ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text())) or "").partition(
        "Prints:\n"
    )[2]
    if promised:
        assert text.split("\n") == [*(line.strip() for line in promised.splitlines()), ""]
        return
    better = re.findall(r"(\d+\.\d+) -> (\d+\.\d+)$", text, re.MULTILINE)
    assert better, text
    assert all(float(after) < 0.97 * float(before) for before, after in better), text
    assert "False" not in text
    assert "Error" not in text


def test_there_are_scripts_of_every_style() -> None:
    assert len(SCRIPTS) >= 20
    texts = "".join((FOLDER / f"{name}.py").read_text() for name in SCRIPTS)
    for name in (
        "theano.scan(", "RandomStreams(", "MRG_RandomStreams", "GpuDnnConvDesc(", "FilterActs(",
        "images2neibs(", "givens=", "OrderedDict(", "def infer_shape(self, node, ", "known_grads",
        "max_pool_2d(", "conv.conv2d(", "DownsampleFactorMaxGrad(", "neibs2images(", "ImageActs(",
        "allow_input_downcast", "consider_constant", "truncate_gradient", "theano.Param(",
    ):  # fmt: skip
        assert name in texts, name


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs(name: str) -> None:
    check(name, printed("FAST_COMPILE")[name])


@pytest.mark.skipif(not ALL, reason="compiling takes minutes")
@compiled_modes
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs_compiled(name: str, mode: str) -> None:
    check(name, printed(mode)[name])


def test_by_the_command() -> None:
    """One of them as a user runs it."""
    command = [sys.executable, "-m", "pytensor_unpool", "run", "unpool_known_grads.py"]
    ran = subprocess.run(
        command, cwd=FOLDER, env=flags("FAST_COMPILE"), capture_output=True, text=True, check=True
    )
    check("unpool_known_grads", ran.stdout)


@pytest.mark.parametrize("path", sorted((FOLDER / "python2").iterdir()), ids=lambda path: path.stem)
def test_python_2_is_to_be_rewritten_first(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is a script of the folder above, as it was written for Python 2."""
    assert path.stem in SCRIPTS
    assert main(["run", str(path)]) != 0
    assert "Is it Python 2? Rewrite it first: pytensor-unpool migrate" in capsys.readouterr().err
