"""The report on old names: where they are now, and what replaces those that are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pytensor_unpool.cli.terminal import format_table
from pytensor_unpool.legacy_names import OldName, Status, old_names
from pytensor_unpool.theano_names import VERSIONS, real_names

__all__ = ["report"]

MEANINGS: dict[Status, str] = {
    "same": "only the package is renamed",
    "moved": "another place or name, same arguments and meaning",
    "changed": "the arguments or the meaning differ",
    "identity": "returns its input: drop the call",
    "gone": "no equivalent: an error says what to do instead",
}
WORKS = ("same", "moved", "identity")


def report(part: str = "") -> str:
    """Return the numbers of old names of each status and Theano, and the names themselves.

    Parameters
    ----------
    part : str
        Only names that contain it, such as ``nnet.conv``. Without it, only numbers.
    """
    entries = [entry for entry in old_names().values() if part in entry.old]
    counts = Counter(entry.status for entry in entries)
    rows = [(status, str(counts[status]), meaning) for status, meaning in MEANINGS.items()]
    tables = [
        format_table(("status", "names", "meaning"), rows),
        format_table(("Theano", "works", "changed", "gone"), list(_by_version(entries))),
    ]
    if part:
        named = [(e.old, e.status, e.new or e.note) for e in sorted(entries, key=lambda e: e.old)]
        tables.insert(0, format_table(("old name", "status", "now"), named))
    return "\n\n".join(tables)


def _by_version(entries: Iterable[OldName]) -> Iterator[tuple[str, ...]]:
    """Yield a version, and how many of its names work, have changed, and are gone."""
    counts = Counter(
        (version, "works" if entry.status in WORKS else entry.status)
        for entry in entries
        if entry.old in real_names()
        for version in real_names()[entry.old].versions
    )
    for version in VERSIONS:
        yield version, *(str(counts[version, kind]) for kind in ("works", "changed", "gone"))
