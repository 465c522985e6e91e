"""``pytensor-unpool run``: run a script written for Theano."""

from __future__ import annotations

import argparse

from pytensor_unpool import install
from pytensor_unpool.cli.script import read_script, run_code


def run(arguments: argparse.Namespace) -> int:
    """Run the script with ``theano`` and ``pylearn2`` in place; its exit ends the process."""
    code = read_script(arguments.script)
    install()
    run_code(code, arguments.script, arguments.arguments)
    return 0
