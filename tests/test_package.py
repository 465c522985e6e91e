"""The package as a whole: its Ops as PyTensor handles them, its public names, its house rules."""

import ast
import configparser
import contextlib
import copy
import doctest
import importlib
import inspect
import pickle
import pkgutil
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.debug.debugmode import DebugMode

import pytensor_unpool as pu
from pytensor_unpool import symbolic
from pytensor_unpool.compat.theano.tensor.nnet import neighbours as theano_neighbours
from pytensor_unpool.geometry import Windows
from pytensor_unpool.ops import (
    Interpolate,
    InterpolateInputGrad,
    MaxGather,
    MaxPool,
    MaxUnpool,
    Pool,
    PoolInputGrad,
    RowsToWindows,
    TiedGather,
    TiedUnpool,
    WindowsToRows,
    WindowUnpool,
)
from tests.support.modes import C_OR_PYTHON, every_mode

ROOT = Path(__file__).parents[1]

PAIRS = Windows((2,), (2,), (0,), (0,), (1,))
WIDE = Windows((2, None), (1, 3), (0, 1), (1, 1), (1, 2), partial_windows=True)


SUMS = ("sum", "average_inc_pad", "average_exc_pad")


def make_ops() -> list[Any]:
    """Make Ops that all differ; called twice, they are equal but not the same."""
    return [
        *(
            MaxPool(w, **options)
            for w in (PAIRS, WIDE)
            for options in ({}, {"dtype": "int8"}, {"output": "values"})
        ),
        MaxPool(PAIRS, "all"),
        *(kind(n, d) for kind in (MaxUnpool, MaxGather) for n in (1, 2) for d in ("last", "sum")),
        *(kind(w) for kind in (TiedUnpool, TiedGather, WindowUnpool) for w in (PAIRS, WIDE)),
        *(kind(w, m) for kind in (Pool, PoolInputGrad) for w in (PAIRS, WIDE) for m in SUMS),
        *(
            kind(a, p)
            for kind in (Interpolate, InterpolateInputGrad)
            for a in (-1, -2)
            for p in (2, 3)
        ),
        *(kind(PAIRS, b) for kind in (WindowsToRows, RowsToWindows) for b in ("zeros", "wrap")),
    ]


# Ops.


def test_ops_of_equal_properties_are_equal_and_others_are_not():
    """Catches an Op that PyTensor cannot merge, or merges with another."""
    ops, twins = make_ops(), make_ops()
    for i, op in enumerate(ops):
        for j, twin in enumerate(twins):
            assert (op == twin) == (i == j), (op, twin)
        assert hash(op) == hash(twins[i])
    assert len(set(ops + twins)) == len(ops)


@pytest.mark.parametrize("op", make_ops(), ids=str)
def test_ops_pickle_and_copy(op):
    for twin in (pickle.loads(pickle.dumps(op)), copy.copy(op), copy.deepcopy(op)):
        assert twin == op
        assert hash(twin) == hash(op)
        assert str(twin) == str(op)


def test_ops_say_what_they_do():
    assert [str(op) for op in make_ops()[:4]] == [
        "MaxPool{2}",
        "MaxPool{2, positions int8}",
        "MaxPool{2, values only}",
        "MaxPool{2x?, stride 1x3, pad 0+1x1, dilation 1x2, partial windows}",
    ]
    assert str(MaxPool(PAIRS, "all")) == "MaxPool{2, ties=all}"
    assert str(MaxUnpool(2, "sum")) == "MaxUnpool{ndim=2, duplicates='sum'}"
    assert str(MaxGather(1, "last")) == "MaxGather{ndim=1, duplicates='last'}"
    assert str(TiedUnpool(PAIRS)) == "TiedUnpool{2}"
    assert str(WindowUnpool(PAIRS)) == "WindowUnpool{2}"


def picture() -> Any:
    return pt.tensor("picture", dtype="float64", shape=(None, 4, 6))


def reconstruction(x: Any) -> Any:
    values, positions = pu.max_pool(x, (2, 2), stride=(1, 2), pad=((0, 1), 0))
    return pu.max_unpool(values, positions, x.shape[-2:])


def test_a_printed_graph_reads_well():
    assert pytensor.dprint(reconstruction(picture()), file="str").splitlines() == [
        "MaxUnpool{ndim=2, duplicates='last'} [id A]",
        " ├─ MaxPool{2x2, stride 1x2, pad 0+1x0}.0 [id B]",
        " │  └─ picture [id C]",
        " ├─ MaxPool{2x2, stride 1x2, pad 0+1x0}.1 [id B]",
        " │  └─ ···",
        " └─ [4 6] [id D]",
    ]


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_compiled_functions_pickle(mode, rng):
    x = picture()
    run = pytensor.function([x], reconstruction(x), mode=mode)
    array = rng.normal(size=(2, 4, 6))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(run))(array), run(array))


@pytest.mark.parametrize("mode", C_OR_PYTHON)
def test_shared_variables_are_read_and_updated(mode):
    x = pytensor.shared(np.arange(24.0).reshape(1, 4, 6), name="x")
    values, _ = pu.max_pool(x, (2, 3))
    step = pytensor.function([], values, updates={x: x - pt.grad(values.sum(), x)}, mode=mode)
    assert step().tolist() == [[[8, 11], [20, 23]]]
    assert step().tolist() == [[[7, 10], [19, 22]]]
    # Other lengths than those that the function was compiled with.
    x.set_value(np.arange(12.0).reshape(2, 2, 3))
    assert step().tolist() == [[[5]], [[11]]]
    assert x.get_value()[:, 1, 2].tolist() == [4, 10]


@every_mode
def test_a_graph_of_shapes_alone_computes_no_pooling(mode):
    """Catches an `infer_shape` of the wrong form, which PyTensor drops in silence."""
    x, window = pt.tensor("x", dtype="float64", shape=(None, None, 6)), pt.lscalar("window")
    pooled = [
        *pu.max_pool(x, (3, 2), (2, 1), ((0, 2), 1), partial_windows=True),
        pu.max_pool(x, [window, 2])[0],
        pu.max_unpool(*pu.max_pool(x, 2), x.shape[-1]),
        *(pt.grad(pu.max_pool(x, (2, 2), ties=ties)[0].sum(), x) for ties in ("first", "all")),
        MaxGather(1, "last")(x, pt.cast(x[:, :, :2], "int64")),
        TiedGather(PAIRS)(x, x[:, :, :3], x),
    ]
    run = pytensor.function([x, window], [y.shape for y in pooled], mode=mode)
    ops = [node.op for node in run.maker.fgraph.apply_nodes]
    assert [op for op in ops if type(op).__module__.startswith("pytensor_unpool")] == []
    got = [tuple(shape) for shape in run(np.zeros((2, 5, 6)), 5)]
    unchanged = (2, 5, 6)
    assert got == [(2, 3, 7), (2, 3, 7), (2, 1, 3), *[unchanged] * 3, (2, 5, 2), (2, 5, 3)]


def test_debug_mode_finds_nothing(rng):
    """PyTensor's own check: C against Python, inputs untouched, storage reused, views declared."""
    x, window = picture(), pt.lscalar("window")
    values, positions = pu.max_pool(x, (2, 3), 2, 1, positions_dtype="int32")
    unpooled = pu.max_unpool(values, positions, x.shape[-2:])
    tied = pu.max_pool(x, [window, 2], ties="all")[0]
    cotangents = {unpooled: unpooled.type("g"), tied: tied.type("h")}
    gradients = pt.grad(None, x, known_grads=cotangents)
    inputs = [x, window, *cotangents.values()]
    outputs = [values, positions, unpooled, tied, gradients]
    run = pytensor.function(inputs, outputs, mode=DebugMode(check_isfinite=False))
    plain = pytensor.function(inputs, outputs, mode="FAST_COMPILE")
    arrays = [rng.normal(size=shape) for shape in ((2, 4, 6), (2, 4, 6), (2, 2, 3))]
    arguments = (arrays[0], 2, *arrays[1:])
    for got, wanted in zip(run(*arguments), plain(*arguments), strict=True):
        np.testing.assert_allclose(got, wanted)


# Public names.


def test_public_names_and_signatures_change_only_on_purpose():
    """Who changes these changes the changelog."""
    names = {f"pytensor_unpool.{name}": getattr(pu, name) for name in pu.__all__}
    names |= {f"pytensor_unpool.symbolic.{n}": getattr(symbolic, n) for n in symbolic.__all__}
    signatures = {
        name: [str(p).split(":")[0] + "".join(re.findall(r" = .*", str(p))) for p in parameters(f)]
        for name, f in names.items()
        if isinstance(f, FunctionType)
    }
    plain = ["values", "positions", "shape"]
    windows = [
        "window", "stride = None", "pad = 0", "dilation = 1", "partial_windows = False",
        "border = 'zeros'",
    ]  # fmt: skip
    steps = ["stride = 1", "pad = 0", "dilation = 1", "groups = 1", "flip = False"]
    assert signatures == {
        "pytensor_unpool.adaptive_pool": ["x", "lengths", "mode = 'max'"],
        "pytensor_unpool.conv": ["x", "kernel", *steps],
        "pytensor_unpool.conv_input_grad": ["kernel", "dy", "input_shape", *steps],
        "pytensor_unpool.conv_kernel_grad": ["x", "dy", "kernel_shape", *steps],
        "pytensor_unpool.explain": ["function"],
        "pytensor_unpool.global_pool": ["x", "ndim", "mode = 'max'", "keepdims = False"],
        "pytensor_unpool.helix_convolve": ["x", "kernel", "mode = 'full'", "method = 'auto'"],
        "pytensor_unpool.install": [],
        "pytensor_unpool.installed": [],
        "pytensor_unpool.max_pool": [
            "x", "window", "stride = None", "pad = 0", "dilation = 1", "partial_windows = False",
            "ties = 'first'", "positions_dtype = 'int64'",
        ],
        "pytensor_unpool.max_unpool": [*plain, "duplicates = 'last'"],
        "pytensor_unpool.pool": [
            "x", "window", "stride = None", "pad = 0", "dilation = 1", "mode = 'max'",
            "partial_windows = False",
        ],
        "pytensor_unpool.rows_to_windows": ["rows", "shape", *windows],
        "pytensor_unpool.symbolic.unpool_arange": plain,
        "pytensor_unpool.symbolic.unpool_flat": plain,
        "pytensor_unpool.symbolic.unpool_loop": plain,
        "pytensor_unpool.uninstall": [],
        "pytensor_unpool.upsample_dilate": ["x", "ratio"],
        "pytensor_unpool.upsample_linear": ["x", "ratio"],
        "pytensor_unpool.upsample_nearest": ["x", "ratio"],
        "pytensor_unpool.windows_to_rows": ["x", *windows],
    }  # fmt: skip
    assert sorted(pu.__all__) == [
        "adaptive_pool", "conv", "conv_input_grad", "conv_kernel_grad", "explain", "global_pool",
        "helix_convolve", "install", "installed", "max_pool", "max_unpool", "pool",
        "rows_to_windows", "symbolic", "uninstall",
        "upsample_dilate", "upsample_linear", "upsample_nearest", "windows_to_rows",
    ]  # fmt: skip
    by_name = [p.name for p in parameters(pu.max_pool) if p.kind is p.KEYWORD_ONLY]
    assert by_name == ["partial_windows", "ties", "positions_dtype"]


def parameters(function: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


# Every module with an example in it.
DOCUMENTED = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "pytensor_unpool").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_in_docstrings_give_what_they_say(name):
    module = importlib.import_module(name)
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        results = doctest.testmod(module, raise_on_error=False, verbose=False)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("function", [pu.max_pool, pu.max_unpool, pu.pool, pu.windows_to_rows,
                                      pu.helix_convolve,
                                      pu.adaptive_pool, pu.global_pool, pu.explain,
                                      pu.upsample_nearest, pu.upsample_dilate, pu.upsample_linear,
                                      theano_neighbours.images2neibs,
                                      theano_neighbours.neibs2images, symbolic.unpool_loop,
                                      symbolic.unpool_flat, symbolic.unpool_arange])  # fmt: skip
def test_public_functions_describe_themselves_and_run_an_example(function):
    text = inspect.getdoc(function) or ""
    sections = ["Parameters", "Returns", "Raises", "Convention", "Examples"]
    assert re.findall(r"^(\w+)\n-+$", text, re.MULTILINE) == sections
    assert len(doctest.DocTestFinder().find(function)[0].examples) > 0
    for parameter in parameters(function):
        assert re.search(rf"^{parameter.name} :", text, re.MULTILINE), parameter.name


# House rules.


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(pu.__path__, "pytensor_unpool."):
        if not found.name.endswith("__main__"):
            try:
                yield importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                # Backends are extras.
                if (error.name or "").partition(".")[0] not in ("jax", "mlx", "torch"):
                    raise


def test_every_module_says_what_it_is_for_and_exports_what_exists():
    for module in modules():
        assert (module.__doc__ or "").strip(), module.__name__
        for name in getattr(module, "__all__", ()):
            assert hasattr(module, name), f"{module.__name__}.{name}"


def test_imports_go_down_only():
    program = (
        "import sys; from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(config_filename='setup.cfg', no_cache=True))"
    )
    # In a process of its own: it changes what this one logs.
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def sources(*endings: str) -> list[Path]:
    folders = [ROOT / name for name in ("pytensor_unpool", "tests", "benchmarks", "examples")]
    return [p for folder in folders for e in endings for p in sorted(folder.rglob(f"*{e}"))]


def imported_modules(code: str) -> Iterator[str]:
    """Yield the names that code imports, and those that code in its strings imports."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            with contextlib.suppress(SyntaxError):
                yield from imported_modules(textwrap.dedent(node.value))


def test_no_module_of_tests_imports_another():
    """What several of them need stands in `tests/support`."""
    folder = ROOT / "tests"
    modules = {path.stem: path for path in folder.rglob("test_*.py")}
    assert len(modules) > 100
    found = {
        f"{path.relative_to(folder)}: {name}"
        for path in folder.rglob("*.py")
        for name in imported_modules(path.read_text())
        if name.split(".")[0] in ("", "tests") and set(name.split(".")) & set(modules)
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        "from tests.ops.test_other import x",
        "from tests.ops import test_other",
        "import tests.ops.test_other",
        "from .test_other import x",
        "from . import test_other",
        "def f():\n    from tests.ops import test_other",
        "RUN = '''\n    from tests.ops import test_other\n'''",
    ],
)
def test_imports_of_modules_are_found_in_all_spellings(code):
    assert any(
        name.split(".")[0] in ("", "tests") and "test_other" in name.split(".")
        for name in imported_modules(code)
    )


def test_files_have_at_most_400_lines():
    files = {str(p.relative_to(ROOT)): p.read_text() for p in sources(".py", ".h", ".cpp")}
    lines = {path: len(text.splitlines()) for path, text in files.items()}
    assert len(lines) > 20
    assert {path: n for path, n in lines.items() if n > 400} == {}


def test_functions_have_at_most_60_lines_below_their_docstring():
    long = {}
    for path in sources(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = node.end_lineno - body[0].lineno + 1 if body and node.end_lineno else 0
                if lines > 60:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_all_files_tell_one_version():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    citation = re.search(r'^version: "?([^"\n]+)"?$', (ROOT / "CITATION.cff").read_text(), re.M)
    changelog = re.search(r"^## \[?v?([\d.]+\d\w*)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert citation
    assert changelog
    versions = {pu.__version__, setup["metadata"]["version"], citation[1], changelog[1]}
    assert versions == {pu.__version__}
