"""Terminal output of the commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class UserError(Exception):
    """An error that the user can fix; the message says how."""


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of text with aligned columns.

    >>> print(format_table(("backend", "usable"), [("Numba", "yes"), ("C", "no")]))
    backend  usable
    Numba    yes
    C        no
    """
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show on a terminal what is in progress, until it is done."""
    if not sys.stderr.isatty():
        yield
        return
    print(f"{what} ...", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        # Back to the first column, and erase the line.
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
