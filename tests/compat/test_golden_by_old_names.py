"""What real Theano gave, again: by the old names, in a process in which they are installed."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = ("golden_pool", "golden_conv", "golden_upsampling", "golden_neighbours", "pool_calls")


def test_golden_cases_pass_through_the_old_names(tmp_path):
    """The very tests of these cases, with ``theano`` where they import this package's modules."""
    for name in FILES:
        text = (Path(__file__).parent / f"test_{name}.py").read_text()
        old, changed = re.subn(r"pytensor_unpool\.compat\.(?=theano|\{)", "", text)
        assert changed > 0
        (tmp_path / f"test_{name}_by_old_names.py").write_text(old)
    run = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider",
            "-p", "tests.support.by_old_names", "-p", "tests.conftest",
            "-c", str(ROOT / "setup.cfg"),
            "--rootdir", str(tmp_path), str(tmp_path),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"\d+ passed", run.stdout)
