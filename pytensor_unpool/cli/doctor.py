"""Check which backends work here, by compiling and running a small pooling with each."""

from __future__ import annotations

import argparse
import platform
import subprocess
import time
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import pytensor
import pytensor.tensor as pt

import pytensor_unpool as pu
from pytensor_unpool.cli.terminal import format_table, progress
from pytensor_unpool.dispatch import backends


class Way(NamedTuple):
    """A way to run graphs.

    `mode` is PyTensor's name, `module` the module that must be installed, and `requirement` its
    name for pip.
    """

    title: str
    mode: str
    module: str | None = None
    requirement: str | None = None


class Finding(NamedTuple):
    """Whether a backend is usable, and why or why not."""

    usable: bool
    why: str


# The C and Python implementations are part of the Ops, so they are not in the list of backends.
C = Way("C", "CVM")
PYTHON = Way("Python", "FAST_COMPILE")


def run(_: argparse.Namespace) -> int:
    """Print what works, and return 0 if PyTensor's default mode does, else 1."""
    print(f"pytensor_unpool {pu.__version__}, Python {platform.python_version()}")
    print(f"PyTensor {pytensor.__version__}, NumPy {np.__version__}")
    print(f"C++ compiler: {_compiler()}")
    print(f"cache of compiled C code: {pytensor.config.compiledir}\n")
    rows = []
    for way in known_ways():
        with progress(f"trying {way.title}"):
            finding = examine(way)
        rows.append((way.title, "yes" if finding.usable else "no", way.mode, finding.why))
    print(format_table(("backend", "usable", "mode", ""), rows))
    with progress("trying the default mode"):
        default = try_mode(None)
    name = f"mode={pytensor.config.mode}, linker={pytensor.config.linker}"
    print(f"\ndefault mode ({name}): {'works' if default.usable else 'FAILS'}, {default.why}")
    return 0 if default.usable else 1


def known_ways() -> Sequence[Way]:
    """Return all backends, and what runs without one: PyTensor's default mode comes first."""
    default, *others = (Way(b.title, b.mode, b.module, b.requirement) for b in backends.BACKENDS)
    return (default, C, PYTHON, *others)


def examine(way: Way) -> Finding:
    """Return whether graphs can run this way; try it unless something is missing."""
    if way.module is not None and find_spec(way.module) is None:
        return Finding(False, f"not installed: python -m pip install {way.requirement}")
    if way is C and not pytensor.config.cxx:
        return Finding(False, "no compiler: install g++ or clang++, or set pytensor.config.cxx")
    finding = try_mode(way.mode)
    if way.module is None or not finding.usable:
        return finding
    return Finding(True, f"{way.module} {_version(way.module)}, {finding.why}")


def try_mode(mode: str | None) -> Finding:
    """Pool and un-pool four numbers, and compare with the expected result."""
    start = time.perf_counter()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            x = pt.vector("x", dtype="float64")
            values, positions = pu.max_pool(x, 2)
            outputs = [values, positions, pu.max_unpool(values, positions, x.shape[-1])]
            function = pytensor.function([x], outputs, mode=mode)
            results = function(np.array([1.0, 3.0, 5.0, 2.0]))
    except Exception as error:  # noqa: BLE001  whatever a backend raises is the finding
        return Finding(False, f"{type(error).__name__}: {_first_line(error) or 'no message'}")
    seconds = time.perf_counter() - start
    got = [np.asarray(result).tolist() for result in results]
    wanted = [[3.0, 5.0], [1, 2], [0.0, 3.0, 5.0, 0.0]]
    if got != wanted:
        return Finding(False, f"wrong result: got {got}, wanted {wanted}")
    if mode == C.mode and (ops := _run_in_python(function)):
        return Finding(False, f"no C code was used for {', '.join(ops)}")
    said = f", with a warning: {_first_line(caught[0].message)}" if caught else ""
    return Finding(True, f"compiled and ran in {seconds:.1f} s{said}")


def _run_in_python(function: Any) -> list[str]:
    """Return the Ops that a function in mode CVM silently runs in Python."""
    return [
        type(node.op).__name__
        for node, thunk in zip(function.vm.nodes, function.vm.thunks, strict=True)
        if not hasattr(thunk, "cthunk")
    ]


def _first_line(message: object) -> str:
    return next(iter(str(message).strip().splitlines()), "")


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "(version unknown)"


def _compiler() -> str:
    compiler = pytensor.config.cxx
    if not compiler:
        return "none"
    try:
        answer = subprocess.run(
            [compiler, "--version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"{compiler} does not answer: {error}"
    return f"{_first_line(answer.stdout)} ({compiler})"
