"""The report on old names: where they are now, and what replaces those that are gone."""

from __future__ import annotations

from collections import Counter

from pytensor_unpool.cli.terminal import format_table
from pytensor_unpool.legacy_names import Status, old_names

__all__ = ["report"]

MEANINGS: dict[Status, str] = {
    "same": "only the package is renamed",
    "moved": "another place or name, same arguments and meaning",
    "changed": "the arguments or the meaning differ",
    "identity": "returns its input: drop the call",
    "gone": "no equivalent: an error says what to do instead",
}


def report(part: str = "") -> str:
    """Return the number of old names of each status, and the names themselves.

    Parameters
    ----------
    part : str
        Only names that contain it, such as ``nnet.conv``. Without it, only numbers.
    """
    entries = [entry for entry in old_names().values() if part in entry.old]
    counts = Counter(entry.status for entry in entries)
    rows = [(status, str(counts[status]), meaning) for status, meaning in MEANINGS.items()]
    text = format_table(("status", "names", "meaning"), rows)
    if part:
        named = [(e.old, e.status, e.new or e.note) for e in sorted(entries, key=lambda e: e.old)]
        text = f"{format_table(('old name', 'status', 'now'), named)}\n\n{text}"
    return text
