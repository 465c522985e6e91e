"""Whole texts: what stays to the byte, what is reported, and the sections of the rules."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytensor_unpool.codemod import migrate
from pytensor_unpool.codemod.migrate import choose_rules, known_ids, migrate_text
from pytensor_unpool.codemod.rules import RULES
from tests.support.strategies import repeatable

SECTIONS = [
    pytest.param(rule, block, id=rule.id)
    for rule in RULES
    for block in re.findall(r"^```diff\n(.*?)^```$", rule.text, re.MULTILINE | re.DOTALL)
]


def sides(block):
    """Return the code before and after of a block of diff."""
    lines = block.splitlines(keepends=True)
    return tuple("".join(x[1:] for x in lines if not x.startswith(other)) for other in "+-")


@pytest.mark.parametrize(("rule", "block"), SECTIONS)
def test_sections_show_what_the_migrator_does(rule, block):
    before, after = sides(block)
    text, report = migrate_text(before)
    assert text == after
    assert report.error == ""
    assert rule.id in {note.rule for note in report.notes}
    ast.parse(text)


def test_every_rule_has_an_id_a_title_and_an_example():
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"PU\d{3}", rule) for rule in ids)
    assert {rule.id for rule in RULES} == {param.values[0].id for param in SECTIONS}
    assert all(0 < len(rule.title) < 70 for rule in RULES)


def test_rules_can_be_chosen():
    assert choose_rules() == tuple(known_ids())
    assert choose_rules(only=["PU110", "PU101"]) == ("PU110", "PU101")
    assert choose_rules(only=["PU110", "PU101"], ignore=["PU101"]) == ("PU110",)
    code = "import theano\nfor i in xrange(3): theano.shared(i)\n"
    assert migrate_text(code, ["PU154"]).text == code.replace("xrange", "range")
    assert migrate_text(code, ["PU101"]).text == code.replace("theano", "pytensor")


def test_lines_in_the_report_are_those_of_the_file():
    code = (
        '"""Doc.\n\n"""\n\nimport theano\n\n\ndef f(x):\n    y = (\n        theano.map(x)\n    )\n'
    )
    assert [(n.line, n.rule) for n in migrate_text(code).report.notes] == [
        (5, "PU101"),
        (9, "PU101"),
    ]


def test_a_todo_is_written_once_and_where_it_belongs():
    code = "# head\nimport os\nif x:\n    pass\nelif os.environ['THEANO_FLAGS']:\n    pass\n"
    text, _ = migrate_text(code)
    lines = text.splitlines()
    assert lines[4].startswith("# TODO(pytensor-unpool PU170): ")
    assert lines[5].startswith("elif ")
    assert migrate_text(text).text == text
    first = migrate_text("os.environ['THEANO_FLAGS']\n").text
    assert migrate_text(first).text == first


def test_results_that_are_no_python_are_not_taken(monkeypatch):
    monkeypatch.setattr(migrate, "apply", lambda context: migrate.cst.parse_module("return 1"))
    text, report = migrate_text("import theano\n")
    assert text == "import theano\n"
    assert report.error.startswith("the result does not compile: 'return' outside")


def test_deep_code_is_an_error_at_most():
    text, report = migrate_text(f"import theano\nx = {'(' * 90}1{')' * 90}\ny = {'-' * 3000}1\n")
    assert report.error or text.startswith("import pytensor\n")


# Generated sources.

NAMES = ("x", "y", "theano", "T", "np", "range", "conv2d", "nnet", "_")
LINES = (
    "import {0}", "from {0} import {1}", "{0} = {1}", "{0} = {1}.{2}({3})", "{0}.{1}[{2}] += 1",
    "def {0}({1}, {2}=3): return {1}", "for {0} in {1}: {2}({0})", "class {0}({1}): {2} = {3}",
    "{0} = [{1} for {1} in {2} if {1}.{3}]", "{0} = lambda {1}: {1}.{2}",
    "try: {0}()\nexcept {1}: pass",
    "with {0} as {1}: {2}", "{0} = '{1} # {2}'  # {3}", "if {0}:\n\t{1}\nelse:\n\t{2}",
    "if {0}:\n    # {1}\n    {2} = (1,\n          {3})\n", "@{0}\ndef {1}(): '''{2}'''", "del {0}",
    "global {0}; {1} = {2} / {3}", "{0} = {1}\\\n    .{2}", "{0}: {1} = {2}",
    "-{0}.{1} ** ~{2}", "",
)  # fmt: skip
OLD = ("theano", "theano.tensor", "theano.tensor.nnet", "aesara.tensor", "theano.config")


@st.composite
def sources(draw, words=NAMES):
    """Draw lines of code in any order, with any line ending and ending."""
    chosen = draw(st.lists(st.sampled_from(LINES), max_size=8))
    filled = [line.format(*(draw(st.sampled_from(words)) for _ in range(4))) for line in chosen]
    newline = draw(st.sampled_from(("\n", "\r\n", "\n\n", "\n# ä\n")))
    ending = draw(st.sampled_from(("", "\n", "  \n", "\n\n\t\n")))
    return newline.join(filled) + ending


@repeatable(150)
@given(sources())
def test_code_without_old_names_stays_to_the_byte(code):
    text, report = migrate_text(code, ["PU101"])
    assert text == code or "theano" in code
    if "import theano" not in code and "from theano" not in code:
        assert text is code
        assert report.notes == []


@repeatable(150)
@given(sources(words=(*NAMES, *OLD)))
def test_migrating_twice_changes_nothing_more(code):
    text, report = migrate_text(f"import theano\nimport theano.tensor as T\n{code}")
    if not report.error:
        ast.parse(text)
        again = migrate_text(text)
        assert again.text == text


@repeatable(100)
@given(sources(words=(*NAMES, *OLD)))
def test_comments_and_strings_survive(code):
    text, report = migrate_text(f"import theano.tensor as T\n{code}")
    if not report.error:
        pattern = r"'[^'\n]*'|# (?!TODO)[^\n\r]*"
        assert sorted(re.findall(pattern, text)) == sorted(re.findall(pattern, code))
