"""The report on old names: which exist, where they are now, and what to do about the others."""

from __future__ import annotations

from collections import Counter

from pytensor_unpool.cli.terminal import format_table
from pytensor_unpool.legacy_names import Status, old_names

__all__ = ["report"]

MEANINGS: dict[Status, str] = {
    "same": "a bare rename of the package is right",
    "moved": "another place or name, the same arguments and meaning",
    "changed": "the arguments or the meaning differ",
    "identity": "returns its input: a call may go",
    "gone": "nothing does it: an error says what to do instead",
}


def report(part: str = "") -> str:
    """Return how many old names there are of each status, and the names themselves.

    Parameters
    ----------
    part : str
        Only names that this is a part of, such as ``nnet.conv``. Without it, numbers alone.
    """
    entries = [entry for entry in old_names().values() if part in entry.old]
    counts = Counter(entry.status for entry in entries)
    rows = [(status, str(counts[status]), meaning) for status, meaning in MEANINGS.items()]
    text = format_table(("status", "names", "meaning"), rows)
    if part:
        named = [(e.old, e.status, e.new or e.note) for e in sorted(entries, key=lambda e: e.old)]
        text = f"{format_table(('old name', 'status', 'now'), named)}\n\n{text}"
    return text
