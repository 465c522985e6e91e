"""The command ``pytensor-unpool``, also ``python -m pytensor_unpool``.

Each command is a module with a function ``run(arguments) -> exit code``, imported on demand.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from pytensor_unpool.cli.arguments import make_parser
from pytensor_unpool.cli.terminal import UserError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; default: those of the process.

    Returns
    -------
    exit_code : int
        0: done. 1: `doctor` found that the default mode does not work, `demo` that the techniques
        disagree, `migrate --check` that something would change, or the script of `explain`
        failed. 2: invalid arguments, a file that cannot be read, migrated or written, or a
        missing optional package.
    """
    arguments = make_parser().parse_args(argv)
    try:
        command = import_module(f"{__name__}.{arguments.command}")
        exit_code: int = command.run(arguments)
    except UserError as error:
        print(f"pytensor-unpool: error: {error}", file=sys.stderr)
        return 2
    return exit_code
