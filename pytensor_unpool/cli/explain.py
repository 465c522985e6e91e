"""Run a script, and say of every function that it compiles which idioms were recognised."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytensor_unpool.cli.terminal import UserError
from pytensor_unpool.explanation import explain_graph
from pytensor_unpool.rewrites.record import listeners


def run(script: Path, arguments: Sequence[str]) -> int:
    """Run the script as Python would, print the report, and return the exit code."""
    if not script.is_file():
        raise UserError(f"cannot read {script}: pass a Python script that compiles functions")
    reports: list[tuple[int | None, str]] = []

    def listen(fgraph: Any) -> None:
        reports.append((_line_of(script), str(explain_graph(fgraph))))

    before, path = sys.argv, list(sys.path)
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    listeners.append(listen)
    try:
        failed = _run(script)
    finally:
        listeners.remove(listen)
        sys.argv, sys.path[:] = before, path
    if not reports:
        print(f"{script} compiled no function.")
    for number, (line, text) in enumerate(reports, start=1):
        where = "" if line is None else f", line {line}"
        print(f"{script}{where}, function {number}:")
        print("\n".join(f"  {one}" for one in text.splitlines()))
    return 1 if failed else 0


def _run(script: Path) -> bool:
    """Run the script, and return whether it failed."""
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        return end.code not in (None, 0)
    except Exception:  # noqa: BLE001  whatever the script raises is for its author to read
        traceback.print_exc()
        return True
    return False


def _line_of(script: Path) -> int | None:
    """Return the line of the script that is running."""
    lines = [f.lineno for f in traceback.extract_stack() if f.filename == str(script)]
    return lines[-1] if lines else None
