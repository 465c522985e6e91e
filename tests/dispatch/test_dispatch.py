"""Backends: loaded when PyTensor loads them and not before, every Op served, caches told apart."""

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import pytest

import pytensor_unpool as pu
from pytensor_unpool import ops
from pytensor_unpool.dispatch import arrays, static
from pytensor_unpool.dispatch.backends import BACKENDS, Backend
from pytensor_unpool.dispatch.finder import register_lazily

ROOT = Path(pu.__file__).parents[1]


# The finder, on modules made for the test.


@pytest.fixture
def modules(tmp_path, monkeypatch) -> Iterator[Path]:
    """A folder on the path of modules, which are all forgotten afterwards, with their finders."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    (tmp_path / "backend.py").write_text("import events; events.seen.append('backend')\n")
    (tmp_path / "events.py").write_text("seen = []\n")
    for name in ("ours", "theirs"):
        (tmp_path / f"{name}.py").write_text(
            f"import backend, events; events.seen.append('{name}')\n"
        )
    yield tmp_path
    for name in ("backend", "events", "ours", "theirs"):
        sys.modules.pop(name, None)


class TheirFinder(MetaPathFinder):
    """As other packages do it: puts another `exec_module` on the loader, and never goes away."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != "backend":
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            load(module)
            importlib.import_module("theirs")

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def seen() -> list[str]:
    return importlib.import_module("events").seen


def test_the_follower_comes_right_behind_its_module(modules):
    before = list(sys.meta_path)
    register_lazily({"backend": "ours"})
    assert "backend" not in sys.modules
    assert "ours" not in sys.modules
    backend = importlib.import_module("backend")
    assert seen() == ["backend", "ours"]
    assert sys.meta_path == before
    # Loaders are asked for sources, resources and reloads long after.
    assert type(backend.__spec__.loader).__module__ != "pytensor_unpool.dispatch.finder"
    assert backend.__loader__ is backend.__spec__.loader
    assert backend.__spec__.loader.get_source("backend").startswith("import events")
    importlib.reload(backend)
    assert seen() == ["backend", "ours", "backend"]


def test_the_follower_comes_at_once_where_its_module_is_there(modules):
    importlib.import_module("backend")
    before = list(sys.meta_path)
    register_lazily({"backend": "ours"})
    assert seen() == ["backend", "ours"]
    assert sys.meta_path == before


@pytest.mark.parametrize("ours_first", [True, False])
def test_finders_of_two_packages_both_serve(modules, ours_first):
    """Catches a finder that swallows what it wraps, or that calls itself without end."""
    theirs = TheirFinder()
    if not ours_first:
        sys.meta_path.insert(0, theirs)
    register_lazily({"backend": "ours"})
    if ours_first:
        sys.meta_path.insert(0, theirs)
    backend = importlib.import_module("backend")
    assert seen()[0] == "backend"
    assert sorted(seen()[1:]) == ["ours", "theirs"]
    assert [type(finder) for finder in sys.meta_path].count(TheirFinder) == 1
    assert backend.__spec__.loader.get_source("backend").startswith("import events")


def test_two_finders_of_our_kind_both_serve(modules):
    """A copy of this file in another package, or a reload of ours."""
    register_lazily({"backend": "ours"})
    register_lazily({"backend": "theirs"})
    backend = importlib.import_module("backend")
    assert seen()[0] == "backend"
    assert sorted(seen()[1:]) == ["ours", "theirs"]
    assert type(backend.__spec__.loader).__module__ != "pytensor_unpool.dispatch.finder"


def test_asking_whether_the_module_exists_loads_nothing(modules):
    register_lazily({"backend": "ours"})
    assert importlib.util.find_spec("backend") is not None
    assert "backend" not in sys.modules
    assert "ours" not in sys.modules
    importlib.import_module("backend")
    assert seen() == ["backend", "ours"]


def test_a_backend_that_is_missing_or_fails_says_so_itself_and_may_come_later(modules):
    register_lazily({"backend": "ours"})
    (modules / "backend.py").rename(modules / "away.py")
    importlib.invalidate_caches()
    with pytest.raises(ModuleNotFoundError, match="No module named 'backend'"):
        importlib.import_module("backend")
    (modules / "backend.py").write_text("raise ImportError('no compiler')\n")
    importlib.invalidate_caches()
    with pytest.raises(ImportError, match="no compiler"):
        importlib.import_module("backend")
    assert "ours" not in sys.modules
    (modules / "backend.py").write_text("import events; events.seen.append('mended')\n")
    importlib.invalidate_caches()
    importlib.import_module("backend")
    assert seen() == ["mended", "ours"]


# The real backends, in processes of their own.


def run_python(code: str, *arguments: str, **environment: str) -> Any:
    """Run code in a fresh process; return what it printed last, from JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


LATE = """
import json, sys
import pytensor_unpool as pu
heavy = [name for name in sys.argv[1:] if name in sys.modules]
waiting = sum("pytensor_unpool" in type(f).__module__ for f in sys.meta_path)
import pytensor.link.numba.dispatch as numba_dispatch
from pytensor.link.numba.dispatch.basic import numba_funcify
from pytensor_unpool import ops
served = [name for name in ops.__all__
          if numba_funcify.dispatch(getattr(ops, name)) is not numba_funcify.dispatch(object)]
still = sum("pytensor_unpool" in type(f).__module__ for f in sys.meta_path)
print(json.dumps([heavy, waiting, sorted(served), still,
                  type(numba_dispatch.__spec__.loader).__name__]))
"""


def test_importing_loads_no_backend_and_loading_numba_registers_every_op():
    modules = [backend.module for backend in BACKENDS]
    heavy, waiting, served, still, loader = run_python(LATE, *modules, "matplotlib", "scipy.signal")
    assert heavy == []
    assert waiting == len(BACKENDS)
    assert served == sorted(ops.__all__)
    assert still == len(BACKENDS) - 1
    assert loader == "SourceFileLoader"


def test_backends_of_whole_arrays_serve_every_op_and_know_where_its_integers_are():
    """Catches an Op that only fails in JAX, and there only where lengths come from shapes."""
    assert {op.__name__ for op in arrays.KERNELS} == set(ops.__all__)
    # Gathering, broadcasting and interpolating take arrays alone. A check has no kernel.
    arrays_alone = {"Interpolate", "MaxGather", "RuntimeBroadcast"}
    with_numbers = set(ops.__all__) - arrays_alone | {"Check"}
    assert {op.__name__ for op in static.ARRAYS} == with_numbers


EARLY = """
import json
from pytensor.link.numba.dispatch.basic import numba_funcify
import pytensor_unpool
from pytensor_unpool import ops
print(json.dumps(sorted(name for name in ops.__all__
      if numba_funcify.dispatch(getattr(ops, name)) is not numba_funcify.dispatch(object))))
"""


def test_numba_that_was_loaded_before_us_serves_every_op():
    assert run_python(EARLY) == sorted(ops.__all__)


BESIDE_PYTENSOR_ML = """
import importlib, json, sys
mode, library, *registering = sys.argv[1:5]
names = sys.argv[5:]
for name in names:
    importlib.import_module(name)
assert library not in sys.modules
import numpy as np, pytensor, pytensor.tensor as pt
from pytensor_ml.layers import MaxPool2D
from pytensor_unpool import max_pool
images = pt.tensor("images", dtype="float64", shape=(None, 4, 6, None))
theirs = MaxPool2D("pool", kernel_size=2)(images)
ours, positions = max_pool(images.dimshuffle(0, 3, 1, 2), (2, 2))
run = pytensor.function([images], [theirs, ours.dimshuffle(0, 2, 3, 1), positions], mode=mode)
theirs, ours, positions = run(np.random.default_rng(1).normal(size=(2, 4, 6, 3)))
served = [name in sys.modules for name in registering]
print(json.dumps([*served, np.array_equal(theirs, ours), int(positions.max()) > 18]))
"""


@pytest.mark.skipif(
    importlib.util.find_spec("pytensor_ml") is None, reason="pytensor-ml is not installed"
)
@pytest.mark.parametrize("backend", BACKENDS, ids=str)
@pytest.mark.parametrize("order", ["ours first", "theirs first"])
def test_pytensor_ml_registers_too_in_either_order(order: str, backend: Backend) -> None:
    """Both pool in one graph, which is what the order of finders could spoil."""
    # Their files have the names that PyTensor gives its backends.
    theirs = backend.loaded_by.replace("pytensor.link.", "pytensor_ml.dispatch.", 1)
    registering = [f"pytensor_unpool.dispatch.{backend.name}", theirs.removesuffix(".dispatch")]
    for module in (backend.module, registering[1]):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    names = ["pytensor_unpool.dispatch", "pytensor_ml.dispatch"]
    if order == "theirs first":
        names.reverse()
    arguments = (backend.mode, backend.module, *registering, *names)
    assert run_python(BESIDE_PYTENSOR_ML, *arguments) == [True, True, True, True]


CACHED = """
import json, sys
import numpy as np, pytensor, pytensor.tensor as pt
import pytensor_unpool as pu
results = []
for argument in sys.argv[1:]:
    duplicates, window = argument.split()
    x = pt.tensor("x", dtype="float32", shape=(None, None))
    values, positions = pu.max_pool(x, int(window), 1)
    y = pu.max_unpool(values, positions, x.shape[-1], duplicates=duplicates)
    f = pytensor.function([x], y, mode="NUMBA")
    results += f(np.array([[1, 7, 2, 3]], "float32")).tolist()
    try:
        f(np.zeros((1, 1), "float32"))
    except pu.errors.WindowError as error:
        assert f"window={window} is too long for axis -1" in str(error), error
    else:
        raise AssertionError
print(json.dumps(results))
"""


def test_a_later_process_takes_kernels_from_disk_and_never_the_wrong_ones(tmp_path):
    """Catches a key that changes from process to process, and one that leaves out a property.

    And errors of functions within a kernel, whose numbers Numba hands over by a way of its own.
    """
    environment = {"PYTENSOR_FLAGS": f"blas__ldflags=,base_compiledir={tmp_path}"}

    def compiled_files() -> dict[str, int]:
        return {str(f): f.stat().st_mtime_ns for f in tmp_path.rglob("*.nb[ic]")}

    assert run_python(CACHED, "sum 2", **environment) == [[0, 14, 0, 3]]
    files = compiled_files()
    assert files
    assert run_python(CACHED, "sum 2", PYTHONHASHSEED="7", **environment) == [[0, 14, 0, 3]]
    assert compiled_files() == files
    others = run_python(CACHED, "last 2", "sum 3", **environment)
    assert others == [[0, 7, 0, 3], [0, 14, 0, 0]]
