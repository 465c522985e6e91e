"""What ``pytensor-unpool migrate`` and ``explain`` take; LibCST is not needed to say that."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

_EXIT_CODES = """\
exit codes:
  0  done; with --check: nothing is to be changed
  1  with --check: something would be changed
  2  the arguments do not fit, or a file could not be read, migrated or written (it is as it was)
"""


def add_migrate(commands: Any) -> None:
    """Add the command ``migrate``."""
    parser = commands.add_parser(
        "migrate",
        help="rewrite old Theano code",
        description="Rewrite code for Theano, Aesara or early PyTensor, also in Python 2, for "
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
    what.add_argument("--check", action="store_true", help="only say whether there are any")
    what.add_argument("--write", action="store_true", help="write the files")
    for name, text in (("only", "apply no rule but these"), ("ignore", "do not apply these")):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="RULE",
            type=lambda text: [part.strip().upper() for part in text.split(",")],
            help=f"{text}: PU101, or PU101,PU110",
        )
    parser.add_argument("--json", action="store_true", help="print the report as JSON, no diff")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="so many processes"
    )


def add_explain(commands: Any) -> None:
    """Add the command ``explain``."""
    parser = commands.add_parser(
        "explain",
        help="explain a rule of migrate",
        description="Print a rule's section of the migration guide.",
    )
    parser.add_argument("what", metavar="RULE", help="such as PU101")
