"""The package as a whole: its public names, its house rules."""

import ast
import configparser
import contextlib
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytensor
import pytest

import pytensor_unpool as pu
from pytensor_unpool import symbolic
from pytensor_unpool.compat.theano.tensor.nnet import neighbours as theano_neighbours
from pytensor_unpool.dispatch.backends import BACKENDS

ROOT = Path(__file__).parents[1]

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
                if (error.name or "").partition(".")[0] not in {b.module for b in BACKENDS}:
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
