"""What holds for every rule."""

import re

import pytest

from pytensor_unpool.codemod import migrate
from pytensor_unpool.codemod.rules import RULES, Rule


def examples(rule: Rule) -> list[str]:
    """Return the code before the change, from every block of diff in a rule's section."""
    blocks = re.findall(r"^```diff\n(.*?)^```", rule.text, re.MULTILINE | re.DOTALL)
    return [
        "\n".join(line[1:] for line in block.splitlines() if not line.startswith("+"))
        for block in blocks
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_files_with_what_a_rule_changes_are_read(rule: Rule) -> None:
    """A rule whose words are missing from the filter never sees the file, and nothing says so."""
    some = examples(rule)
    assert some
    for code in some:
        assert migrate.OF_INTEREST.search(code)


def test_no_two_rules_have_one_id() -> None:
    ids = migrate.known_ids()
    assert len(ids) == len(set(ids))
