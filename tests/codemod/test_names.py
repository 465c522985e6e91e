"""PU101: old names and their imports."""

import pytest

from pytensor_unpool.codemod.migrate import migrate_text
from pytensor_unpool.codemod.old_names import find, theano_name
from tests.support.codemod_cases import assert_changes, assert_left, assert_stays, clean, migrated

RULE = "PU101"
COMPAT = "pytensor_unpool.compat.theano"
NNET = f"from {COMPAT}.tensor import nnet"

CHANGES = {
    "module": ("import theano\ntheano.function", "import pytensor\npytensor.function"),
    "alias": ("import theano.tensor as T\nT.dot(a, b)", "import pytensor.tensor as T\nT.dot(a, b)"),
    "two in a line": (
        "import theano, theano.tensor as T  # both\ntheano.shared(1)",
        "import pytensor, pytensor.tensor as T  # both\npytensor.shared(1)",
    ),
    "the same twice": (
        "import theano\nimport theano.sandbox.cuda\ntheano.shared(1)",
        "import pytensor\npytensor.shared(1)",
    ),
    "from": ("from theano import tensor as T", "from pytensor import tensor as T"),
    "from itself": (
        "from theano import theano\ntheano.shared",
        "import pytensor as theano\ntheano.shared",
    ),
    "split": (
        "from theano.tensor.nnet import sigmoid, conv2d  # why",
        f"from pytensor.tensor import sigmoid  # why\nfrom {COMPAT}.tensor.nnet import conv2d",
    ),
    "split in parentheses": (
        "from theano.tensor.nnet import (\n    conv2d,  # c\n    sigmoid,\n)",
        f"from {COMPAT}.tensor.nnet import (\n    conv2d,  # c\n    )\n"
        "from pytensor.tensor import sigmoid",
    ),
    "split after a semicolon": (
        "x = 1; from theano.tensor.nnet import sigmoid, conv2d",
        f"x = 1; from pytensor.tensor import sigmoid; from {COMPAT}.tensor.nnet import conv2d",
    ),
    "renamed": (
        "from theano.tensor import inv\ninv(x)",
        "from pytensor.tensor import reciprocal as inv\ninv(x)",
    ),
    "moved": (
        "import theano.tensor as T\nT.inv(x)",
        "import pytensor.tensor as T\nT.reciprocal(x)",
    ),
    "compat by attributes": (
        "import theano.tensor as T\nT.nnet.conv2d(x, w)\nT.nnet.relu(x)",
        f"import pytensor.tensor as T\n{NNET}\nnnet.conv2d(x, w)\nnnet.relu(x)",
    ),
    "name is taken": (
        "import theano.tensor as T\nnnet = T.nnet.relu(x)",
        f"import pytensor.tensor as T\nfrom {COMPAT}.tensor import nnet as theano_nnet\n"
        "nnet = theano_nnet.relu(x)",
    ),
    "imports stay together": (
        "import theano\nimport os\n\ntheano.tensor.nnet.relu(x)",
        f"import pytensor\nimport os\n{NNET}\n\nnnet.relu(x)",
    ),
    "inside a function": (
        "def f(x):\n    import theano.tensor as T\n    return T.nnet.relu(x)",
        f"def f(x):\n    import pytensor.tensor as T\n    {NNET}\n"
        "    return nnet.relu(x)",
    ),
    "tried": (
        "try:\n    import theano\nexcept ImportError:\n    theano = None",
        "try:\n    import pytensor as theano\nexcept ImportError:\n    theano = None",
    ),
    "assigned": (
        "import theano\nT = theano.tensor\nT.nnet.sigmoid(x)",
        "import pytensor\nT = pytensor.tensor\nT.sigmoid(x)",
    ),
    "starred": (
        "from theano.tensor import *\ny = dot(x, x) + inv(x)",
        "from pytensor.tensor import *\nfrom pytensor.tensor import reciprocal\n"
        "y = dot(x, x) + reciprocal(x)",
    ),
    "attribute is set": (
        'import theano\ntheano.config.floatX = "float32"',
        'import pytensor\npytensor.config.floatX = "float32"',
    ),
    "setting of the GPU": (
        "import theano\nprint(theano.config.device)",
        f"import pytensor\nfrom {COMPAT} import config\nprint(config.device)",
    ),
    "to the package itself": ("import theano\ntheano.theano", "import pytensor\npytensor"),
    "by a detour": (
        "import theano.tensor as T\nT.theano.shared(1)",
        "import pytensor.tensor as T\nfrom pytensor import shared\nshared(1)",
    ),
    "decorator and base": (
        "import theano\n@theano.as_op\nclass A(theano.Op): pass",
        "import pytensor\nfrom pytensor.compile.ops import as_op\n@as_op\n"
        "class A(pytensor.graph.op.Op): pass",
    ),
    "hidden by a function": (
        "import theano\ntheano.foldl(f, x)",
        "import pytensor\nfrom pytensor.scan import foldl\nfoldl(f, x)",
    ),
    "new name is taken": (
        "import theano\npytensor = 3\ntheano.shared(1)",
        "import pytensor as theano\npytensor = 3\ntheano.shared(1)",
    ),
    "Aesara": (
        "import aesara\nimport aesara.tensor as at\naesara.function([x], at.exp(x))",
        "import pytensor\nimport pytensor.tensor as at\npytensor.function([x], at.exp(x))",
    ),
    "Aesara's nnet": (
        "import aesara.tensor as at\nat.nnet.relu(x)\nat.nnet.sigmoid(x)",
        f"import pytensor.tensor as at\n{NNET}\nnnet.relu(x)\nat.sigmoid(x)",
    ),
    "early PyTensor": (
        "from pytensor.tensor.signal.pool import pool_2d\nfrom pytensor.tensor.nnet import conv2d",
        f"from {COMPAT}.tensor.signal.pool import pool_2d\nfrom {COMPAT}.tensor.nnet import conv2d",
    ),
    "cuda-convnet": (
        "from pylearn2.sandbox.cuda_convnet.filter_acts import FilterActs",
        "from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.filter_acts import FilterActs",
    ),
}  # fmt: skip

STAYS = [
    "import numpy as np\nnp.dot(a, b)",
    "import pytensor\nimport pytensor.tensor as pt\npt.dot(a, b)\npytensor.function([], x)",
    "from pytensor.tensor.signal import convolve1d\nconvolve1d(a, b)",
    "theano.function([], x)",
    "def f(theano):\n    return theano.function([], x)",
    "from mine import theano\ntheano.shared(1)",
    "from . import theano\ntheano.shared(1)",
    "from .theano import shared",
    "import theanets\ntheanets.Regressor()",
    'x = "import theano"  # theano.function',
    "x.theano.function",
    "f(theano=3)",
    "import mine as theano\ntheano.tensor.dot(a, b)",
    "class A:\n    theano = 3\n    def f(self):\n        return self.theano",
    f"from {COMPAT}.tensor.nnet import conv2d\nconv2d(x, w)",
    "import pytensor_unpool as pu\npu.pool(x, 2)",
    "for theano in range(3):\n    print(theano.real)",
    "[theano.real for theano in x]",
    "lambda theano: theano.shared(1)",
    "with f() as theano:\n    theano.shared(1)",
]

LEFT = [
    ("from theano.nowhere import this", "there is no theano.nowhere.this"),
    ("import theano.nowhere", "there is no module theano.nowhere"),
    ("from theano.nowhere import *", "there is no module theano.nowhere"),
    ("import pylearn2.nowhere as p\n", "there is no module pylearn2.nowhere"),
]


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)


@pytest.mark.parametrize(("code", "message"), LEFT)
def test_is_left_with_a_todo(code, message):
    assert_left(code, RULE, message)


def test_an_unknown_attribute_gets_a_todo_and_is_counted():
    text, report = migrate_text("import theano.tensor as T\ny = T.dot(T.nothing(x), T.nothing)\n")
    assert text == clean("""
        import pytensor.tensor as T
        # TODO(pytensor-unpool PU101): there is no theano.tensor.nothing in PyTensor
        y = T.dot(T.nothing(x), T.nothing)
    """)
    assert report.unresolved == {"theano.tensor.nothing": 2}
    assert report.resolved == {"theano.tensor": 1, "theano.tensor.dot": 1}


def test_a_name_without_successor_gets_the_note_of_the_table():
    """Catches a table whose notes no user ever reads."""
    text = migrated("from pylearn2.datasets.mnist import MNIST\n", [RULE])
    assert "# TODO(pytensor-unpool PU101): Load the data with NumPy" in text


@pytest.mark.parametrize(
    "name",
    ["theano.tensor.theano.tensor.dot", "theano.tensor.gof.Op", "theano.tensor.config.floatX"],
)
def test_detours_lead_to_the_same_place(name):
    place = find(name)
    assert place is not None
    assert place.new.startswith("pytensor.")
    assert (place.old, place.rest) == (name, "")


@pytest.mark.parametrize("import_", ["import theano", "from theano import OpFromGraph"])
def test_operations_of_graphs_keep_their_gradients(import_):
    """PyTensor's class does not know `grad_overrides`."""
    call = "OpFromGraph([x], [y], grad_overrides=g)\n"
    code = f"{import_}\nop = {'theano.' if import_ == 'import theano' else ''}{call}"
    text = migrated(code, [RULE])
    assert "from pytensor_unpool.compat.theano.compile" in text
    assert "grad_overrides=g" in text


def test_heirs_are_known_by_theanos_names():
    assert theano_name("aesara.tensor.nnet.relu") == "theano.tensor.nnet.relu"
    assert theano_name("pytensor.tensor.nnet.relu") == "theano.tensor.nnet.relu"
    assert theano_name("pytensor.tensor.exp") == "pytensor.tensor.exp"
    assert theano_name("aesara") == "theano"
