"""Measures what needs a fresh process: first calls, import time, peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.cases import (
    FIRST_CALL_RUNS,
    IMPORT_RUNS,
    LOOP_RUNS,
    MEMORY_CASES,
    MEMORY_PEERS,
    MODES,
)

Say = Callable[[str], None]
Row = dict[str, Any]

# Large blocks return to the system when they are freed, so that each allocation shows.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(2**17), "MALLOC_TRIM_THRESHOLD_": str(2**17)}


def measure_first_calls(say: Say) -> list[Row]:
    """Time the first call in a fresh process, with empty and with filled compile caches."""
    rows: list[Row] = []
    for mode in MODES:
        if mode == "CVM" and not _has_compiler():
            rows.append({"mode": mode, "absent": "no C++ compiler"})
            continue
        with TemporaryDirectory() as bytecode, TemporaryDirectory() as filled:
            # An installed package has compiled bytecode: this run makes it, and fills the caches.
            _first_call(mode, bytecode, filled)
            for cache, runs in FIRST_CALL_RUNS.items():
                caches = filled if cache == "warm" else None
                seconds = [_first_call(mode, bytecode, caches) for _ in range(runs)]
                rows.append({"mode": mode, "cache": cache, "seconds": seconds})
                say(f"    {mode}, {cache} caches: {min(seconds):.2f} to {max(seconds):.2f} s")
    return rows


def measure_loop(say: Say) -> list[list[float]]:
    """Time the compilation of a loop of assignments, with and without the rewrites."""
    if not _has_compiler():
        return []
    runs = []
    for _ in range(LOOP_RUNS):
        runs.append([float(n) for n in _run(["benchmarks.probes.loop"], dict(os.environ)).split()])
        say(f"    {runs[-1][0]:.2f} s, without the rewrites {runs[-1][1]:.2f} s")
    return runs


def measure_import(say: Say) -> list[float]:
    """Time what `import pytensor_unpool` adds to importing PyTensor."""
    with TemporaryDirectory() as bytecode:
        environment = _environment(bytecode, None)
        _run(["benchmarks.probes.import_time"], environment)
        seconds = [
            float(_run(["benchmarks.probes.import_time"], environment)) for _ in range(IMPORT_RUNS)
        ]
    say(f"    {min(seconds) * 1e3:.1f} to {max(seconds) * 1e3:.1f} ms")
    return seconds


def measure_memory(say: Say) -> list[Row]:
    """Measure the peak memory of a call, beyond its outputs."""
    if not Path("/proc/self/clear_refs").exists():
        return [{"absent": "needs Linux"}]
    rows = []
    for number, case in enumerate(MEMORY_CASES):
        peers = [MEMORY_PEERS[case.work]] if case.work in MEMORY_PEERS else []
        for mode in (*MODES, *peers):
            program = ["benchmarks.probes.memory", str(number), mode]
            row = json.loads(_run(program, os.environ | MALLOC))
            rows.append({"case": case.name, "mode": mode, **row})
            if "peak" in row:
                extra = (row["peak"] - row["outputs"]) / 2**20
                say(f"    {case.name}, {mode}: {extra:.2f} MiB")
    return rows


def _first_call(mode: str, bytecode: str, caches: str | None = None) -> float:
    program = ["benchmarks.probes.first_call", mode]
    if caches is not None:
        return float(_run(program, _environment(bytecode, caches)))
    with TemporaryDirectory() as empty:
        return float(_run(program, _environment(bytecode, empty)))


def _environment(bytecode: str, caches: str | None) -> dict[str, str]:
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = bytecode
    if caches is not None:
        flags = environment.get("PYTENSOR_FLAGS", "")
        environment["PYTENSOR_FLAGS"] = ",".join(filter(None, [flags, f"base_compiledir={caches}"]))
        environment["NUMBA_CACHE_DIR"] = caches
    return environment


def _run(program: list[str], environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", *program]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return result.stdout


def _has_compiler() -> bool:
    import pytensor

    return bool(pytensor.config.cxx)
