"""The arguments of the commands, without importing what these need to run."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from pytensor_unpool import __version__

_EXIT_CODES = """\
exit codes:
  0  done; with --check: nothing would change
  1  with --check: something would change
  2  invalid arguments, or a file could not be read, migrated or written (it is left unchanged)
"""


def make_parser() -> argparse.ArgumentParser:
    """Return the command-line parser."""
    parser = argparse.ArgumentParser(
        prog="pytensor-unpool",
        description="Pooling, un-pooling and convolution for PyTensor, and migration from Theano.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    _add_demo(commands)
    commands.add_parser(
        "doctor",
        help="report which backends work here",
        description="Compile and run a small pooling with every backend. Exit code 0 if "
        "PyTensor's default mode works, else 1.",
    )
    _add_run(commands)
    _add_migrate(commands)
    _add_explain(commands)
    return parser


def _add_demo(commands: Any) -> None:
    parser = commands.add_parser(
        "demo",
        help="pool and un-pool a photograph",
        description="Pool a photograph, un-pool it, fill the gaps, and write a picture of the "
        "four stages. Then time this package's ways to un-pool.",
    )
    parser.add_argument(
        "--image",
        type=Path,
        metavar="FILE",
        help="photograph (default: matplotlib's sample photograph)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        default=Path("unpool_demo.png"),
        help="PNG file to write (default: %(default)s)",
    )
    parser.add_argument(
        "--window",
        type=_window,
        default=(2, 2),
        metavar="ROWSxCOLUMNS",
        help="pixels pooled into one (default: 2x2)",
    )


def _window(text: str) -> tuple[int, int]:
    """Read ``4x3``, or ``4`` for ``4x4``."""
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not a window: pass 2x2, or 2 for the same")
    return int(parts[0]), int(parts[-1])


def _add_run(commands: Any) -> None:
    parser = commands.add_parser(
        "run",
        help="run a script written for Theano",
        description="Run a Python script with `theano` and `pylearn2` replaced by this package's "
        "modules on PyTensor. The exit code is the script's.",
    )
    parser.add_argument("script", type=Path, metavar="SCRIPT", help="the script")
    _add_rest(parser)


def _add_rest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="...", help="the script's arguments"
    )


def _add_migrate(commands: Any) -> None:
    parser = commands.add_parser(
        "migrate",
        help="rewrite old Theano code",
        description="Port code from Theano, Aesara or early PyTensor, also in Python 2, to "
        "PyTensor and this package. What cannot be decided gets a TODO comment. The code is "
        "neither imported nor run.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="files (.py, .ipynb), folders, or - for standard input",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--diff", action="store_true", help="show the changes (the default)")
    what.add_argument("--check", action="store_true", help="only report whether there are any")
    what.add_argument("--write", action="store_true", help="write the files")
    for name, text in (("only", "apply only these rules"), ("ignore", "skip these rules")):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="RULE",
            type=lambda text: [part.strip().upper() for part in text.split(",")],
            help=f"{text}: PU101, or PU101,PU110",
        )
    parser.add_argument("--json", action="store_true", help="print the report as JSON, not a diff")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="number of processes"
    )


def _add_explain(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="explain a rule, old names, or the functions of a script",
        description="Print the migration guide's section on a rule of `migrate`, or where old "
        "names are now. Or run a script, with the old packages in place as for `run`, and report "
        "for every function that it compiles which idioms of pooling and un-pooling were "
        "recognised, which nearly, and why not.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("what", nargs="?", metavar="RULE|SCRIPT", help="PU101, or a Python script")
    what.add_argument(
        "--names",
        nargs="?",
        const="",
        metavar="PART",
        help="count old names by status; list those that contain PART",
    )
    _add_rest(parser)
