"""Old modules without a file: they are found, look and behave as files do."""

import ast
import importlib
import inspect
import pickle
import pkgutil
import runpy
import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

import pytensor_unpool as pu
from pytensor_unpool import compat
from pytensor_unpool.compat import pylearn2
from pytensor_unpool.compat.errors import OldNameError
from pytensor_unpool.compat.theano import gof
from pytensor_unpool.legacy_names import COMPAT, old_modules, old_names

FOLDER = Path(compat.__file__).parent


def imported(old: str) -> ModuleType:
    return importlib.import_module(f"{COMPAT}.{old}")


def made() -> list[ModuleType]:
    modules = [imported(old) for old in old_modules()]
    return [module for module in modules if not hasattr(module, "__file__")]


def own_names(module: ModuleType) -> set[str]:
    """Return the `__all__` of a module's file, which the module itself has no longer."""
    if not hasattr(module, "__file__"):
        return set()
    for node in ast.parse(Path(module.__file__).read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def shown(old: str) -> set[str]:
    """Return what stands for a module in the table and in its file."""
    entries = [e for e in old_names().values() if e.old.rpartition(".")[0] == old]
    listed = {e.old.rpartition(".")[2] for e in entries if e.status != "gone"}
    return listed | own_names(imported(old))


def test_most_old_modules_have_no_file():
    """Catches files that only pass names on, unless other files need the package around them."""
    only_passing_on = []
    for path in FOLDER.rglob("*.py"):
        body = [type(node).__name__ for node in ast.parse(path.read_text()).body]
        if "fall_back(__name__)" in path.read_text() and body == ["Expr", "ImportFrom", "Assign"]:
            only_passing_on.append(path)
    needed = [p for p in only_passing_on if p.name == "__init__.py" and others_below(p)]
    assert only_passing_on == needed
    assert len(made()) > len(only_passing_on)


def others_below(path: Path) -> bool:
    return any(other != path for other in path.parent.rglob("*.py"))


def test_folders_of_files_are_packages():
    """Catches a module that import finds in no package, and a wheel leaves out."""
    folders = {path.parent for path in FOLDER.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_old_module_has_two_names():
    with pu.installed():
        for old in old_modules():
            module = importlib.import_module(old)
            assert module is imported(old)
            assert module.__name__ == module.__spec__.name == f"{COMPAT}.{old}"
            assert f"`{old}`" in (module.__doc__ or ""), old


def test_packages_are_those_that_hold_modules():
    for old in old_modules():
        holds = any(module.startswith(f"{old}.") for module in old_modules())
        module = imported(old)
        assert hasattr(module, "__path__") == holds, old
        assert module.__package__ == (module.__name__ if holds else COMPAT + "." + parent(old))


def parent(old: str) -> str:
    return old.rpartition(".")[0]


def test_dir_shows_the_names_of_the_table_and_of_the_file():
    assert {old: dir(imported(old)) for old in old_modules()} == {
        old: sorted(shown(old)) for old in old_modules()
    }


def test_a_star_import_gives_what_dir_shows():
    for old in old_modules():
        space: dict[str, object] = {}
        exec(f"from {COMPAT}.{old} import *", space)  # noqa: S102
        assert space.keys() - {"__builtins__"} == {n for n in shown(old) if n[0] != "_"}, old


def test_walking_the_packages_finds_every_module():
    found = {m.name: m.ispkg for m in pkgutil.walk_packages(compat.__path__, f"{COMPAT}.")}
    wanted = {f"{COMPAT}.{old}": hasattr(imported(old), "__path__") for old in old_modules()}
    assert found.items() >= wanted.items()


def test_a_module_says_where_it_is_from():
    for module in made():
        spec = find_spec(module.__name__)
        assert spec is not None
        assert (spec.origin, spec.has_location) == ("legacy_names.toml", False)
        assert "(legacy_names.toml)" in repr(module)
        with pytest.raises(TypeError, match="is a built-in module"):
            inspect.getsource(module)


def test_a_module_is_no_program(monkeypatch):
    # Python warns of a program that has been imported.
    monkeypatch.delitem(sys.modules, f"{COMPAT}.theano.gof.cc", raising=False)
    with pytest.raises(ImportError, match=r"No code object available for .*gof.cc"):
        runpy.run_module(f"{COMPAT}.theano.gof.cc")


def test_a_module_can_be_loaded_again():
    for module in made():
        before = dir(module)
        assert importlib.reload(module) is module
        assert dir(module) == before
    assert importlib.reload(pylearn2) is pylearn2
    assert find_spec(f"{COMPAT}.pylearn2.gui.patch_viewer") is not None


def test_what_comes_from_a_module_can_be_pickled():
    from pytensor.link.c.basic import CLinker

    from pytensor_unpool.compat.theano.gof import cc

    assert pickle.loads(pickle.dumps(cc.CLinker)) is CLinker


def test_a_name_without_meaning_raises_when_it_is_used():
    from pytensor_unpool.compat.pylearn2.models.mlp import Layer

    with pytest.raises(OldNameError, match=r"Layer does not exist in PyTensor. Write the layer"):
        Layer()


@pytest.mark.parametrize("name", ["theano.nonsense", "theano.misc.nonsense", "pylearn2.gui.cc"])
def test_a_module_that_the_table_lacks(name):
    assert find_spec(f"{COMPAT}.{name}") is None
    with pytest.raises(ModuleNotFoundError, match=f"No module named '{COMPAT}.{name}'"):
        imported(name)
    with pu.installed(), pytest.raises(ImportError, match=rf"No module named '{name}'\. .*See"):
        importlib.import_module(name)


def test_a_file_comes_before_the_table():
    assert Path(gof.op.__file__).name == "op.py"
    assert "theano.gof.op" in old_modules()


def test_a_folder_that_an_upgrade_left_behind_is_no_package(tmp_path):
    """Catches Python's packages without ``__init__.py``, which would have no names."""
    (tmp_path / "cc" / "__pycache__").mkdir(parents=True)
    spec = PathFinder.find_spec(f"{COMPAT}.theano.gof.cc", [str(tmp_path), *gof.__path__])
    assert spec is not None
    assert spec.origin == "legacy_names.toml"
