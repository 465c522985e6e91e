"""Runs a rule on code, for the tests of all rules."""

import textwrap
from collections.abc import Sequence

from pytensor_unpool.codemod.migrate import migrate_text


def clean(code: str) -> str:
    return textwrap.dedent(code).lstrip("\n")


def migrated(code: str, rules: Sequence[str] | None = None) -> str:
    """Migrate twice: the second time must change nothing."""
    text, report = migrate_text(clean(code), rules)
    assert report.error == ""
    again = migrate_text(text, rules)
    assert again.text == text
    return text


def assert_changes(before: str, after: str, rule: str) -> None:
    """Check that this rule alone makes the change."""
    assert migrated(before, [rule]) == clean(after)


def assert_stays(code: str, rule: str) -> None:
    text, report = migrate_text(clean(code), [rule])
    assert report.error == ""
    assert report.notes == []
    assert text == clean(code)


def assert_left(code: str, rule: str, message: str) -> None:
    """A TODO is written above, and nothing else changes."""
    text, report = migrate_text(clean(code), [rule])
    assert [note.kind for note in report.notes] == ["left"]
    assert message in report.notes[0].message
    todo = f"# TODO(pytensor-unpool {rule}): {report.notes[0].message}\n"
    assert text.count(todo) == 1
    lines = [line for line in text.splitlines(keepends=True) if line.lstrip() != todo]
    assert "".join(lines) == clean(code)
    assert migrate_text(text, [rule]).text == text
