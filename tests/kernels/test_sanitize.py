"""The C kernels under g++'s address and undefined-behaviour sanitizers; see tests/sanitize."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest

from tests.support.modes import ALL

RUN = Path(__file__).parents[1] / "sanitize" / "run"


def sanitizer_is_missing(folder: Path) -> bool:
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    if compiler is None or shutil.which("sh") is None:
        return True
    (folder / "empty.cpp").write_text("int main() {}\n")
    flags = ["-fsanitize=address,undefined", "empty.cpp", "-o", "empty"]
    compiled = subprocess.run([compiler, *flags], cwd=folder, capture_output=True, check=False)
    return (
        compiled.returncode != 0
        or subprocess.run([folder / "empty"], capture_output=True, check=False).returncode != 0
    )


@pytest.mark.skipif(not ALL, reason="it compiles all kernels for a minute: .ci/run does it once")
def test_c_kernels_stay_inside_their_arrays(tmp_path, request):
    """Catches a vector that reaches beyond a row, a position that is used before it is checked."""
    if sanitizer_is_missing(tmp_path):
        pytest.skip("there is no g++ with libasan here")
    seed = str(crc32(request.node.nodeid.encode()))
    done = subprocess.run(
        ["sh", RUN, "asan", "150", seed],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"150 rounds from seed {seed}: 0 differences" in done.stdout
