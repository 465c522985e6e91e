"""The command ``pytensor-unpool``, also ``python -m pytensor_unpool``.

Each command is a module with a function `run`, imported when it is asked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pytensor_unpool import __version__
from pytensor_unpool.cli.migrate_arguments import add_explain, add_migrate
from pytensor_unpool.cli.terminal import UserError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process if omitted.

    Returns
    -------
    exit_code : int
        0: done. 1: `doctor` found that the default mode does not work, `demo` that the
        techniques disagree, or `migrate --check` that something would be changed, or the script of
        `explain` failed. 2: the arguments do not fit, a file cannot be read, migrated or written,
        or an optional package is missing.
    """
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "demo":
            from pytensor_unpool.cli import demo

            return demo.run(arguments.image, arguments.output, arguments.window)
        if arguments.command == "explain":
            from pytensor_unpool.cli import explain

            return explain.run(arguments.script, arguments.arguments)
        if arguments.command == "run":
            from pytensor_unpool.cli import run

            return run.run(arguments.script, arguments.arguments)
        if arguments.command == "migrate":
            from pytensor_unpool.cli import migrate

            return migrate.run(arguments)
        if arguments.command == "explain":
            from pytensor_unpool.cli import explain_rule

            return explain_rule.explain_rule(arguments.what)
        from pytensor_unpool.cli import doctor

        return doctor.run()
    except UserError as error:
        print(f"pytensor-unpool: error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pytensor-unpool",
        description="Max-pooling with positions, and un-pooling, for PyTensor.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    demo = commands.add_parser(
        "demo",
        help="pool and un-pool a photograph",
        description="Pool a photograph, un-pool it, fill the gaps, and write a picture of the "
        "four. Then time the ways to un-pool that this package has.",
    )
    demo.add_argument(
        "--image",
        type=Path,
        metavar="FILE",
        help="photograph (default: the sample photograph that comes with matplotlib)",
    )
    demo.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        default=Path("unpool_demo.png"),
        help="PNG file to write (default: %(default)s)",
    )
    demo.add_argument(
        "--window",
        type=_window,
        default=(2, 2),
        metavar="ROWSxCOLUMNS",
        help="pixels that become one (default: 2x2)",
    )

    commands.add_parser(
        "doctor",
        help="say which backends work here",
        description="Compile and run a small pooling with every backend. Exit code 0 if "
        "PyTensor's default mode works, else 1.",
    )
    explain = commands.add_parser(
        "explain",
        help="say which old idioms a script's functions hold",
        description="Run a Python script, and say of every function that it compiles which "
        "idioms of pooling and un-pooling were recognised, which nearly, and why not.",
    )
    explain.add_argument("script", type=Path, metavar="FILE", help="Python script to run")
    explain.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="...", help="arguments of the script"
    )

    run = commands.add_parser(
        "run",
        help="run a script that was written for Theano",
        description="Run a Python script, in which `theano` and `pylearn2` are this package's "
        "modules on PyTensor. The exit code is the script's.",
    )
    run.add_argument("script", type=Path, metavar="SCRIPT", help="the script")
    run.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="the script's arguments"
    )

    add_migrate(commands)
    add_explain(commands)
    return parser


def _window(text: str) -> tuple[int, int]:
    """Read ``4x3``, or ``4`` for ``4x4``."""
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is no window: pass 2x2, or 2 for the same")
    return int(parts[0]), int(parts[-1])
