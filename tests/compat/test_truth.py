"""``bool(variable)``: as in Theano for old code, as in PyTensor for all other."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu

# With `theano` among what it has imported, and without.
TRUTH = "def truth(value):\n    return bool(value)\n"
OLD = ["import theano", "import theano.tensor as T", "from theano.tensor.nnet import sigmoid"]
OLD += ["from theano.sandbox.rng_mrg import MRG_RandomStreams", "from theano import shared"]


def asker(header: str, name: str = "script") -> Callable[[Any], bool]:
    module = ModuleType(name)
    exec(f"{header}\n{TRUTH}", vars(module))  # noqa: S102
    truth: Callable[[Any], bool] = module.truth
    return truth


@pytest.fixture
def old():
    with pu.installed():
        yield


@pytest.mark.parametrize("header", [*OLD, "", "streams = None"])
def test_variables_are_true_for_code_that_has_imported_theano(header, old):
    import theano
    import theano.tensor as T  # noqa: N812

    x, n = T.matrix("x"), theano.shared(0.0)
    variables = [x, x + 1, x.sum(), n, T.constant(0), T.eq(x, x), theano.scalar.float64("s")]
    truth = asker(header, f"script_{header[-4:]}")
    if header in OLD:
        assert all(truth(variable) for variable in variables)
    for variable in variables if header not in OLD else [x < 1, x >= 1, x.sum() > n]:
        with pytest.raises(TypeError, match=r"cannot be converted to Python boolean"):
            truth(variable)


def test_the_idioms_of_old_code(old):
    program = """
import theano, theano.tensor as T
def layer(x, W=None, b=None):
    W = W or theano.shared(1.0)
    y = x * W
    if b:
        y = y + b
    if not W:
        y = None
    return y
x = T.dscalar()
results = [layer(x), layer(x, x), layer(x, b=T.constant(0.0))]
"""
    namespace: dict[str, Any] = {"__name__": "idioms"}
    exec(program, namespace)  # noqa: S102
    x = namespace["x"]
    got = [float(y.eval({x: 3.0}, mode="FAST_COMPILE")) for y in namespace["results"]]
    assert got == [3, 9, 3]


def test_a_name_inside_a_function_counts(old):
    module = ModuleType("inside")
    program = "def truth(value):\n    import theano\n    return bool(value)\n"
    exec(program, vars(module))  # noqa: S102
    assert module.truth(pt.scalar())


def test_modules_of_a_package_that_has_imported_theano(old, tmp_path, monkeypatch):
    """Catches helpers that only handle what the others pass."""
    for package, header in (("anold", "import theano"), ("anew", "import pytensor")):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("from . import first, helpers\n")
        (tmp_path / package / "first.py").write_text(header)
        (tmp_path / package / "helpers.py").write_text(TRUTH)
    monkeypatch.syspath_prepend(tmp_path)
    x = pt.matrix("x")
    assert importlib.import_module("anold.helpers").truth(x)
    with pytest.raises(TypeError, match="cannot be converted to Python boolean"):
        importlib.import_module("anew.helpers").truth(x)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("anold", "anew")]:
        del sys.modules[name]


def test_pytensors_own_code_never_counts(old):
    truth = asker("import theano", "pytensor.tensor.something")
    with pytest.raises(TypeError, match="cannot be converted to Python boolean"):
        truth(pt.matrix("x"))


def test_pytensors_rule_comes_back():
    before = vars(pt.variable._tensor_py_operators)["__bool__"]
    with pu.installed():
        truth = asker("import theano", "leftover")
        with pu.installed():
            assert truth(pt.matrix("x"))
        assert truth(pt.matrix("x"))
    assert vars(pt.variable._tensor_py_operators)["__bool__"] is before
    with pytest.raises(TypeError, match="cannot be converted to Python boolean"):
        truth(pt.matrix("x"))


def test_scripts_that_are_run(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import theano.tensor as T\nx = T.matrix()\nprint(bool(x), bool(x + 1))\n")
    command = [sys.executable, "-m", "pytensor_unpool", "run", str(script)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed.split() == ["True", "True"]
