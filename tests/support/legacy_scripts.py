"""The scripts of `examples/legacy`, and a process in which they run one after another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "legacy"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))

RUN_ALL = """
import contextlib, io, json, pathlib, sys
import pytensor
from pytensor_unpool import install
from pytensor_unpool.cli.script import read_script, run_code

if sys.argv[1] == "installed":
    install()

printed, float_type = {}, pytensor.config.floatX
for path in map(pathlib.Path, sys.argv[2:]):
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            run_code(read_script(path), path, [])
        printed[path.stem] = out.getvalue()
    except Exception as error:
        printed[path.stem] = f"{type(error).__name__}: {error}"
    pytensor.config.floatX = float_type
print(json.dumps(printed))
"""


def flags(mode: str) -> dict[str, str]:
    return {**os.environ, "PYTENSOR_FLAGS": f"{os.environ.get('PYTENSOR_FLAGS', '')},mode={mode}"}


def run_all(paths: Sequence[Path], mode: str, *, installs: bool = True) -> dict[str, str]:
    """Return what each script prints, with the old names installed or without them."""
    arguments = ["installed" if installs else "alone", *map(str, paths)]
    ran = subprocess.run(
        [sys.executable, "-c", RUN_ALL, *arguments],
        cwd=ROOT, env=flags(mode), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(ran.stdout.splitlines()[-1]))
