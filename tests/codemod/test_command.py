"""``pytensor-unpool migrate`` and ``explain``."""

import io
import json
import re
import sys

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.cli import main
from pytensor_unpool.codemod.rules import RULES
from pytensor_unpool.compat.python2 import old_div

HEAD = "--- - (before)\n+++ - (after)\n"
OLD, NEW = "import theano\ntheano.nowhere\n", "import pytensor\n"


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(OLD)
    return path


def run(*arguments):
    return main(list(map(str, arguments)))


@pytest.mark.parametrize("options", [[], ["--diff"]])
def test_diff_shows_and_writes_nothing(script, options, capsys):
    assert run("migrate", script, *options) == 0
    printed = capsys.readouterr()
    assert "\n-import theano\n" in printed.out
    assert "\n+import pytensor\n" in printed.out
    assert f"{script}:2  PU101  there is no theano.nowhere in PyTensor" in printed.err
    assert "unresolved name  uses\ntheano.nowhere   1\n" in printed.err
    assert printed.err.endswith("1 files, 1 to change, 1 TODOs, 0 failed\n")
    assert script.read_text() == OLD


def test_check_tells_by_its_exit_code(script, capsys):
    assert run("migrate", "--check", script) == 1
    assert capsys.readouterr().out == ""
    assert script.read_text() == OLD
    assert run("migrate", "--write", script) == 0
    assert script.read_text().startswith(NEW)
    assert run("migrate", "--check", script) == 0


def test_rules_are_chosen(script, capsys):
    assert run("migrate", "--check", "--only", "PU110,pu111", script) == 0
    assert run("migrate", "--check", "--ignore", "PU110", "--ignore", "PU101", script) == 0
    assert run("migrate", "--check", "--only", "PU101", script) == 1


def test_json_has_everything(script, tmp_path, capsys):
    (tmp_path / "bad.py").write_text("x = (\n")
    assert run("migrate", "--json", tmp_path) == 2
    report = json.loads(capsys.readouterr().out)
    bad, good = report["files"]
    assert bad["error"].startswith("neither Python 3 nor Python 2")
    assert good["changed"]
    assert good["unresolved"] == {"theano.nowhere": 1}
    assert {note["line"] for note in good["notes"]} == {1, 2}
    assert report["totals"] == {
        "files": 2, "changed": 1, "python2": 0, "left": 1, "failed": 1, "uses_resolved": 1,
        "uses_unresolved": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "out", "code"),
    [
        ([], "import pytensor\n", 0),
        (["--diff"], f"{HEAD}@@ -1 +1 @@\n-import theano\n+import pytensor\n", 0),
        (["--check"], "", 1),
    ],
)  # fmt: skip
def test_standard_input(options, out, code, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("import theano\n"))
    assert run("migrate", "-", *options) == code
    assert capsys.readouterr().out == out


def test_files_that_fail_are_listed_and_the_others_written(script, tmp_path, capsys):
    (tmp_path / "bad.py").write_text("x = (\n")
    assert run("migrate", "--write", tmp_path) == 2
    assert "bad.py  neither Python 3 nor Python 2" in capsys.readouterr().err
    assert script.read_text().startswith(NEW)


def test_a_terminal_sees_the_progress(script, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run("migrate", "--check", script)
    assert capsys.readouterr().err.startswith("\r1 of 1 files\r\x1b[K")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.py"], "there is no file or folder nowhere.py"),
        ([".", "--only", "PU999"], "there is no rule PU999: the rules are PU100, "),
        (["-", "."], "got - and 1 other paths: pass - alone"),
        ([".", "--jobs", "0"], "got --jobs 0: pass 1 or more"),
    ],
)
def test_arguments_that_do_not_fit(arguments, message, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert run("migrate", *arguments) == 2
    assert message in capsys.readouterr().err


def test_modes_exclude_one_another(capsys):
    with pytest.raises(SystemExit, match="2"):
        run("migrate", ".", "--check", "--write")
    assert "not allowed with argument" in capsys.readouterr().err


def test_without_libcst_it_says_how_to_install_it(script, monkeypatch, capsys):
    for name in [n for n in sys.modules if n.startswith(("pytensor_unpool.codemod", "libcst"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "pytensor_unpool.cli.migrate")
    monkeypatch.delattr("pytensor_unpool.cli.migrate")
    monkeypatch.setitem(sys.modules, "libcst", None)
    assert run("migrate", script) == 2
    assert 'migrate needs libcst: python -m pip install "pytensor-unpool[migrate]"' in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_explain_prints_the_section_of_a_rule(rule, capsys):
    assert run("explain", rule.id.lower()) == 0
    assert capsys.readouterr().out == f"{rule.id}: {rule.text.strip()}\n"


def test_explain_knows_no_other_rule(capsys):
    assert run("explain", "PU999") == 2
    assert "there is no rule 'PU999': the rules are " in capsys.readouterr().err


def test_explain_lists_old_names(capsys):
    assert run("explain", "--names", "tensor.nnet.sigmoid") == 0
    assert re.search(r"^theano.tensor.nnet.sigmoid +moved ", capsys.readouterr().out, re.MULTILINE)
    assert run("explain", "--names") == 0
    assert "theano.tensor" not in capsys.readouterr().out


def test_explain_takes_one_thing(capsys):
    with pytest.raises(SystemExit, match="2"):
        run("explain")
    assert "one of the arguments RULE|SCRIPT --names is required" in capsys.readouterr().err
    assert run("explain", "PU101", "--names") == 2
    assert "got --names after PU101: pass only the id of a rule" in capsys.readouterr().err


def test_old_division():
    """What `old_div` decides when it runs: numbers, arrays and symbolic variables."""
    assert (old_div(7, 2), old_div(-7, 2), old_div(7, 2.0), old_div(True, 2)) == (3, -4, 3.5, 0)
    assert old_div(np.arange(4), 2).tolist() == [0, 0, 1, 1]
    assert old_div(np.arange(2.0), 2).tolist() == [0, 0.5]
    x = pt.lvector("x")
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        assert old_div(x, 2).eval({x: [3, -3]}).tolist() == [1, -2]
        assert old_div(x.shape[0], 2).eval({x: [1, 2, 3]}) == 1
        assert old_div(x, 2.0).eval({x: [3]}).tolist() == [1.5]
