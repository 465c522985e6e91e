"""The report on old names: which exist, where they are now, and what to do about the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from pytensor_unpool.cli.terminal import format_table
from pytensor_unpool.legacy_names import OldName, Status, old_names

__all__ = ["markdown", "report"]

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


def markdown() -> str:
    """Return the page of the documentation with all old names, by module."""
    entries = sorted(old_names().values(), key=lambda entry: (_module(entry), entry.old))
    counts = Counter(entry.status for entry in entries)
    lines = [
        "# Old names",
        "",
        "Where each name of Theano 0.6 to 1.0, and of pylearn2's cuda-convnet, is now. This page "
        "is made from `pytensor_unpool/legacy_names.toml`, by "
        "`python -m pytensor_unpool.cli.names`.",
        "",
        *(f"- {status} ({counts[status]}): {meaning}" for status, meaning in MEANINGS.items()),
    ]
    for module, group in groupby(entries, key=_module):
        if module:
            lines += ["", f"## `{module}`", "", *_section(list(group))]
    return "\n".join(lines) + "\n"


def _module(entry: OldName) -> str:
    return entry.old.rpartition(".")[0]


def _section(entries: list[OldName]) -> Iterator[str]:
    for status in MEANINGS:
        chosen = [entry for entry in entries if entry.status == status]
        if status in ("same", "moved"):
            plain = [e for e in chosen if e.new.rpartition(".")[2] == e.old.rpartition(".")[2]]
            places = sorted({entry.new.rpartition(".")[0] for entry in plain})
            for place in places:
                here = [e.old for e in plain if e.new.rpartition(".")[0] == place]
                names = ", ".join(f"`{old.rpartition('.')[2]}`" for old in here)
                yield f"- {status}, in `{place}`: {names}"
            chosen = [entry for entry in chosen if entry not in plain]
        for entry in chosen:
            now = f" `{entry.new}`." if entry.new else ""
            yield f"- {status}: `{entry.old.rpartition('.')[2]}`.{now} {entry.note}".rstrip()


if __name__ == "__main__":
    print(markdown(), end="")
