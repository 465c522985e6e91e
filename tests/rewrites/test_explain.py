"""The reports of `explain` and of the command on compiled functions."""

import sys

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.cli import main
from pytensor_unpool.rewrites.record import listeners
from tests.support.idioms import compiled

V = pt.tensor("v", dtype="float64", shape=(2, 4))
P = pt.tensor("p", dtype="int64", shape=(2, 4))
ROWS = np.arange(2)[:, None]


def unpooled(base=None):
    return pt.set_subtensor((pt.zeros((2, 9)) if base is None else base)[ROWS, P], V)


def explain(graph, *excluded):
    return pu.explain(compiled([V, P], graph, "FAST_COMPILE", *excluded))


def test_what_was_recognised():
    said = explain(unpooled())
    assert [tuple(f) for f in said.recognised] == [
        ("local_set_subtensor_to_max_unpool", "AdvancedSetSubtensor", "MaxUnpool", None)
    ]
    assert said.nearly == ()


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (unpooled(pt.ones((2, 9))), "not known to be zeros"),
        (pt.inc_subtensor(pt.zeros((2, 9))[ROWS, P], V, ignore_duplicates=True), "once only"),
        (pt.set_subtensor(pt.ones((2, 8))[:, ::2], V), "not known to be zeros"),
        (pt.set_subtensor(pt.zeros((2, 8))[:, ::2], V[:, :1]), "may be broadcast"),
        (pt.set_subtensor(pt.set_subtensor(pt.zeros((3, 9))[0, P[0]], V[0])[2, P[1]], V[1]),
         "not every item is written"),
        (V.reshape((P[0, 0], P[0, 1], 2)).max(axis=2), "not known to cut"),
    ],
)  # fmt: skip
def test_what_was_nearly_recognised_and_why_not(graph, reason):
    said = explain(graph)
    assert said.recognised == ()
    assert [f.became for f in said.nearly] == [None]
    assert reason in said.nearly[0].why_not
    assert reason in str(said)


def test_equal_findings_are_counted():
    u = pt.zeros((2, 9))
    for i in range(2):
        u = pt.set_subtensor(u[i, P[i]], V[i])
    text = str(explain([u, unpooled()]))
    assert "2 assignments -> one assignment" in text
    assert text.count("MaxUnpool") == 1


def test_nothing_is_found_where_there_is_nothing_or_rewrites_are_off():
    nothing = "No idiom of pooling or un-pooling was found."
    assert str(explain(V + P)) == nothing
    assert str(explain(unpooled(), "pytensor_unpool")) == nothing


def test_only_compiled_functions_can_be_explained():
    with pytest.raises(ValueError, match="explain needs a compiled function: got TensorVariable"):
        pu.explain(V)


SCRIPT = """
import sys
import numpy as np, pytensor, pytensor.tensor as pt
v, p = pt.tensor("v", shape=(2, 4)), pt.tensor("p", dtype="int64", shape=(2, 4))
rows = np.arange(2)[:, None]
unpool = pytensor.function([v, p], pt.set_subtensor(pt.zeros((2, 9))[rows, p], v))
add = pytensor.function([v, p], v + p)
print("arguments:", *sys.argv[1:])
if "fail" in sys.argv:
    raise ValueError("as asked")
if "leave" in sys.argv:
    sys.exit(3)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield path


def test_the_command_runs_a_script_and_reports_its_functions(script, capsys):
    assert main(["explain", str(script), "one", "--two"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "arguments: one --two",
        f"{script}, line 6, function 1:",
        "  Recognised:",
        "    AdvancedSetSubtensor -> MaxUnpool",
        "      by local_set_subtensor_to_max_unpool",
        f"{script}, line 7, function 2:",
        "  No idiom of pooling or un-pooling was found.",
    ]
    assert listeners == []


@pytest.mark.parametrize(("how", "text"), [("fail", "ValueError: as asked"), ("leave", "")])
def test_a_script_that_fails_is_reported_nevertheless(how, text, script, capsys):
    assert main(["explain", str(script), how]) == 1
    printed = capsys.readouterr()
    assert "function 2:" in printed.out
    assert text in printed.err


def test_a_script_that_is_not_there(tmp_path, capsys):
    assert main(["explain", str(tmp_path / "none.py")]) == 2
    assert "cannot read the script" in capsys.readouterr().err


def test_a_script_that_compiles_nothing(tmp_path, capsys):
    path = tmp_path / "script.py"
    path.write_text("print(__name__)")
    assert main(["explain", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["__main__", f"{path} compiled no function."]


def test_a_script_for_theano(tmp_path, capsys):
    path = tmp_path / "script.py"
    path.write_text(
        "import theano, theano.tensor as T\n"
        "x = T.vector()\n"
        "theano.function([x], T.inv(x), mode='FAST_COMPILE')\n"
    )
    assert main(["explain", str(path)]) == 0
    assert f"{path}, line 3, function 1:" in capsys.readouterr().out
    assert "theano" not in sys.modules


def test_old_names_are_counted_and_listed(capsys):
    assert main(["explain", "--names", "theano.tensor.inv"]) == 0
    assert "pytensor.tensor.reciprocal" in capsys.readouterr().out
    assert main(["explain", "--names"]) == 0
    assert "only the package is renamed" in capsys.readouterr().out
