"""A batch sharded over devices by JAX stays where it is, in one process and in two."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax", reason="JAX is not installed")

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^(\S.*?\S) +(True|False) +(True|False)  (\S.*)$", re.MULTILINE)

# What devices have to tell each other: the gradient in what all of them have is a sum over the
# batch; and of positions that somebody gives, whether each is in a block of its own, in one bit.
EXCHANGED = {
    "convolution, gradient of the kernels": ("True", "False", "all-reduce"),
    "un-pooling of given positions": ("True", "True", "all-reduce"),
}


def start(devices: int, *arguments: str) -> subprocess.Popen[str]:
    """Start the example in a process of its own, with so many devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "examples/sharded_unpool.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def printed(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return output


def check(output: str) -> None:
    rows = {name: (equal, sharded, rest) for name, equal, sharded, rest in ROW.findall(output)}
    assert len(rows) == 12
    for name, row in rows.items():
        assert row == EXCHANGED.get(name, ("True", "True", "nothing")), name


def test_a_batch_stays_on_its_devices():
    """Catches a scatter that gathers all indices, and a branch that looks at data."""
    output = printed(start(8))
    assert output.startswith("8 devices, 8 of them in this process\n")
    check(output)


def test_a_batch_stays_in_its_process():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    processes = [start(2, str(number), "2", address) for number in range(2)]
    try:
        for process in processes:
            output = printed(process)
            assert output.startswith("4 devices, 2 of them in this process\n")
            check(output)
    finally:
        for process in processes:
            process.kill()
