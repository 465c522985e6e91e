"""The chapters of the migration guide that are made from the rules and from the table of names."""

import re
from pathlib import Path

import pytest

from pytensor_unpool.codemod.guide import updated
from pytensor_unpool.codemod.rules import RULES
from pytensor_unpool.legacy_names import rests, table_names

GUIDE = (Path(__file__).parents[2] / "migration_guide.md").read_text()


def test_the_guide_is_as_the_rules_and_the_table_make_it():
    """If this fails, run ``python -m pytensor_unpool.codemod.guide``."""
    assert updated(GUIDE) == GUIDE


def test_every_rule_and_every_old_name_is_in_the_guide():
    rules, names = GUIDE.partition("\n## Old names\n")[::2]
    assert [f"{rule.id}: {rule.title}" in rules for rule in RULES] == [True] * len(RULES)
    names, others = names.partition("\nOf these modules, ")[::2]
    rows = dict.fromkeys(re.findall(r"^\| `([\w.]+)` \|", names, re.MULTILINE))
    listed = {
        f"{row[1]}.{name}"
        for row in re.finditer(r"^\| `([\w.]+)` \| (.*?) \|", names, re.MULTILINE)
        for name in re.findall(r"`(\w+)", row[2])
    }
    assert listed == set(table_names())
    assert set(re.findall(r"^\| `([\w.]+)` \| .+ \|$", others, re.MULTILINE)) == set(rests())
    assert set(rows) <= {name.rpartition(".")[0] for name in listed}


def test_links_lead_to_chapters():
    titles = re.findall(r"^#+ (.*)", GUIDE, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    targets = re.findall(r"\]\(#([^)]*)\)", GUIDE)
    assert len(targets) > 5
    assert set(targets) <= anchors


def test_a_guide_without_marks_is_refused():
    with pytest.raises(ValueError, match="the guide has 0 chapters of rules: wanted one"):
        updated("# Guide\n")
