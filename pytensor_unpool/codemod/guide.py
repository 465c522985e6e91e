"""Generate the chapters of the migration guide on the rules and the old names.

``python -m pytensor_unpool.codemod.guide`` writes them into ``migration_guide.md`` in the current
folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from pytensor_unpool.codemod.rules import RULES
from pytensor_unpool.legacy_names import OldName, rests, table_names

__all__ = ["updated"]

GUIDE = Path("migration_guide.md")


def updated(text: str) -> str:
    """Return the guide with its generated chapters updated.

    Parameters
    ----------
    text : str
        The guide, with the marks that enclose these chapters.
    """
    for name, made in (("rules", _rules()), ("names", _names())):
        pattern = re.compile(rf"(<!-- {name}: .*?-->\n).*?(<!-- end of {name} -->\n)", re.DOTALL)
        text, count = pattern.subn(lambda match: f"{match[1]}\n{made}\n{match[2]}", text)  # noqa: B023
        if count != 1:
            raise ValueError(f"the guide has {count} chapters of {name}: wanted one")
    return text


def _rules() -> str:
    sections = []
    for rule in sorted(RULES, key=lambda rule: rule.id):
        title, _, body = rule.text.strip().partition("\n")
        sections.append(f"### {rule.id}: {title.rstrip('.')}\n{body}\n")
    return "\n".join(sections)


def _names() -> str:
    return "\n".join(
        [
            "The first column has the old module. `same`: only the module is renamed. `moved`: the",
            "name is elsewhere, with the same arguments. `changed`: the arguments or the meaning",
            "differ. `identity`: it returns its input. `gone`: there is no equivalent. What",
            "a module of Theano only imported stands under the module that defined it. Look names",
            "up with `pytensor-unpool explain --names PART`.",
            "",
            "| old module | names | | now in | |",
            "|---|---|---|---|---|",
            *_rows(),
            "",
            "Of these modules, and of those in them, all other names are gone:",
            "",
            "| old module | |",
            "|---|---|",
            *(f"| `{module}` | {_cell(note)} |" for module, note in sorted(rests().items())),
        ]
    )


def _rows() -> Iterator[str]:
    """Return one row for all names of a module that share status, place and note."""
    for key, group in groupby(sorted(table_names().values(), key=_way), key=_way):
        module, status, place, note = key
        names = ", ".join(f"`{_name(entry)}`" for entry in group)
        new = f"`{place}`" if place else ""
        yield f"| `{module}` | {names} | {status} | {new} | {_cell(note)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _way(entry: OldName) -> tuple[str, str, str, str]:
    module = entry.old.rpartition(".")[0]
    return module, entry.status, entry.new.rpartition(".")[0], entry.note


def _name(entry: OldName) -> str:
    """Return the last part of a name, and its new name where that differs."""
    old, new = (name.rpartition(".")[2] for name in (entry.old, entry.new))
    return old if new in (old, "") else f"{old} → {new}"


if __name__ == "__main__":
    GUIDE.write_text(updated(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
