"""``pytensor-unpool explain``: rules of the migrator, old names, and idioms in a script."""

from __future__ import annotations

import argparse
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import CodeType
from typing import Any

from pytensor_unpool import installed
from pytensor_unpool.cli.names import report
from pytensor_unpool.cli.script import read_script, run_code
from pytensor_unpool.cli.terminal import UserError
from pytensor_unpool.rewrites.explain import explain_graph
from pytensor_unpool.rewrites.record import listeners


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation, and return the exit code."""
    if arguments.names is not None:
        print(report(arguments.names))
        return 0
    if re.fullmatch(r"PU\d+", arguments.what, re.IGNORECASE):
        if arguments.arguments:
            rest = " ".join(arguments.arguments)
            raise UserError(f"got {rest} after {arguments.what}: pass only the id of a rule")
        print(_rule(arguments.what.upper()))
        return 0
    return _explain_script(Path(arguments.what), arguments.arguments)


def _rule(name: str) -> str:
    """Return the section of the rule ``PU123``."""
    from pytensor_unpool.codemod.rules import RULES

    texts = {rule.id: rule.text.strip() for rule in RULES}
    if name not in texts:
        raise UserError(f"there is no rule {name!r}: the rules are {', '.join(texts)}")
    return f"{name}: {texts[name]}"


def _explain_script(script: Path, arguments: Sequence[str]) -> int:
    """Run the script, and report on every function that it compiled."""
    code = read_script(script)
    reports: list[tuple[int | None, str]] = []

    def listen(fgraph: Any) -> None:
        reports.append((_line_of(script), str(explain_graph(fgraph))))

    main, before, path = sys.modules["__main__"], sys.argv, list(sys.path)
    listeners.append(listen)
    try:
        with installed():
            failed = _fails(code, script, arguments)
    finally:
        listeners.remove(listen)
        sys.modules["__main__"], sys.argv, sys.path[:] = main, before, path
    if not reports:
        print(f"{script} compiled no function.")
    for number, (line, text) in enumerate(reports, start=1):
        where = "" if line is None else f", line {line}"
        print(f"{script}{where}, function {number}:")
        print("\n".join(f"  {one}" for one in text.splitlines()))
    return int(failed)


def _fails(code: CodeType, script: Path, arguments: Sequence[str]) -> bool:
    """Run the script, and return whether it failed."""
    try:
        run_code(code, script, arguments)
    except SystemExit as end:
        return end.code not in (None, 0)
    except Exception:  # noqa: BLE001  whatever the script raises is for its author to read
        traceback.print_exc()
        return True
    return False


def _line_of(script: Path) -> int | None:
    """Return the line at which the script is."""
    lines = [f.lineno for f in traceback.extract_stack() if f.filename == str(script)]
    return lines[-1] if lines else None
