"""Running a user's script as Python itself would."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

from pytensor_unpool.cli.terminal import UserError

__all__ = ["read_script", "run_code"]


def read_script(script: Path) -> CodeType:
    """Return a script's code."""
    try:
        source = script.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the script {script}: {error.strerror}") from error
    try:
        return compile(source, str(script), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise UserError(
            f"{script}, line {error.lineno}: {error.msg}. Is it Python 2? Rewrite it first: "
            f"pytensor-unpool migrate {script}"
        ) from error


def run_code(code: CodeType, script: Path, arguments: Sequence[str]) -> None:
    """Run a script's code as ``python SCRIPT ARGUMENTS`` does.

    It is ``__main__``, its folder comes first on the path, and exceptions are not caught.
    """
    main = ModuleType("__main__")
    vars(main).update(__file__=str(script), __builtins__=__builtins__)
    sys.modules["__main__"] = main
    sys.argv = [str(script), *arguments]
    # Python puts it first; for `python -m`, the working directory is there.
    sys.path[0] = str(script.resolve().parent)
    exec(code, vars(main))  # noqa: S102
