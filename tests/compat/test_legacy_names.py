"""The table of old names: every new place exists, in this PyTensor."""

import importlib
import subprocess
import sys
from typing import Any

import pytest

from pytensor_unpool.legacy_names import old_modules, old_names, resolve


def found(dotted: str) -> Any:
    parts = dotted.split(".")
    for n in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            value = getattr(value, part)
        return value
    raise ModuleNotFoundError(dotted)


@pytest.mark.parametrize("package", ["theano", "pylearn2"])
def test_every_new_place_exists(package):
    """Catches a name that one of the two PyTensors lacks, or only has with a warning."""
    lost = {}
    for entry in old_names().values():
        if entry.new and entry.old.startswith(package):
            try:
                found(entry.new)
            except Exception as error:  # noqa: BLE001
                lost[entry.old] = f"{entry.new}: {error}"
    assert lost == {}


def test_every_name_says_what_a_user_needs():
    for entry in old_names().values():
        assert bool(entry.new) == (entry.status != "gone"), entry
        assert bool(entry.note) == (entry.status in ("changed", "gone", "identity")), entry


def test_names_resolve_as_far_as_the_table_goes():
    assert resolve("theano.config.device.startswith")[0].old == "theano.config.device"
    entry, rest = resolve("theano.tensor.nnet.conv.ConvOp.getOutputShape")
    assert (entry.new, rest) == (
        "pytensor_unpool.compat.theano.tensor.nnet.conv.ConvOp",
        ".getOutputShape",
    )
    assert resolve("theano.tensor.inv")[0].new == "pytensor.tensor.reciprocal"
    assert resolve("numpy.inv") is None


def test_packages_come_before_what_is_in_them():
    modules = old_modules()
    assert {"theano", "theano.tensor.nnet", "pylearn2.sandbox"} <= set(modules)
    for i, module in enumerate(modules):
        parent = module.rpartition(".")[0]
        assert not parent or modules.index(parent) < i


def test_the_table_is_read_without_pytensor():
    program = (
        "import sys, types; package = types.ModuleType('pytensor_unpool'); "
        "package.__path__ = ['pytensor_unpool']; sys.modules['pytensor_unpool'] = package; "
        "from pytensor_unpool.legacy_names import old_names; "
        "assert len(old_names()) > 3000; assert 'pytensor' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_name_that_no_module_has_is_an_attribute_error():
    """Catches another error: pickle asks every imported module for any name."""
    name, wrong = "surely_no_name_of_theano", {}
    for module in old_modules():
        imported = importlib.import_module(f"pytensor_unpool.compat.{module}")
        try:
            getattr(imported, name)
        except AttributeError:
            continue
        except Exception as error:  # noqa: BLE001
            wrong[module] = repr(error)
    assert wrong == {}
