"""The conditions of a run: one thread, and what is installed on which machine."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

THREAD_VARIABLES = (
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
# Read by glibc at startup. By default it returns large arrays to the system, and takes new pages
# for the next ones.
KEEPS_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": str(100 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
}
PACKAGES = ("pytensor", "numpy", "numba", "scipy", "torch", "pytensor-ml")


def use_one_thread() -> None:
    """Limit every library to one thread; they read this when they are imported."""
    for name in THREAD_VARIABLES:
        os.environ[name] = "1"


def keep_memory() -> None:
    """Restart this program with a glibc that keeps freed memory."""
    if any(os.environ.get(name) != value for name, value in KEEPS_MEMORY.items()):
        os.execve(sys.executable, sys.orig_argv, {**os.environ, **KEEPS_MEMORY})


@contextmanager
def openmp_threads(number: int) -> Iterator[None]:
    """Set the number of OpenMP threads, for rows that use more than one."""
    if number == 1:
        yield
        return
    openmp = ctypes.CDLL("libgomp.so.1")
    openmp.omp_set_num_threads(number)
    yield
    openmp.omp_set_num_threads(1)


def describe() -> dict[str, Any]:
    """Return what a reader needs to judge the numbers by."""
    return {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "versions": {
            "pytensor-unpool": _own_version(),
            **{name: _version(name) for name in PACKAGES},
        },
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "threads": 1,
    }


def _own_version() -> str:
    # The checkout is measured, which may differ from what is installed.
    metadata = ConfigParser()
    metadata.read(Path(__file__).resolve().parent.parent / "setup.cfg")
    return metadata["metadata"]["version"]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
