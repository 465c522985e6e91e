"""The table of old names: every new place exists, in this PyTensor."""

import importlib
import subprocess
import sys
from typing import Any

import pytest

from pytensor_unpool.compat.fallback import Gone
from pytensor_unpool.legacy_names import COMPAT, old_modules, old_names, resolve, rests
from pytensor_unpool.theano_names import VERSIONS, RealName, real_modules, real_names


def found(dotted: str) -> Any:
    parts = dotted.split(".")
    for n in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            # Some settings warn when they are read.
            settings = getattr(value, "_config_var_dict", {})
            value = settings[part] if part in settings else getattr(value, part)
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


def test_every_name_that_a_theano_had_is_known():
    """Catches a name for which the message would be that no Theano had it."""
    assert len(real_names()) > 7000
    assert sorted(real_names().keys() - old_names().keys()) == []
    assert sorted(real_modules().keys() - {*old_modules()}) == []


def test_every_name_is_there_or_says_why_not():
    """Catches a name that cannot be imported, and one that works though it is listed as gone."""
    wrong = {}
    for old, entry in old_names().items():
        module, _, name = old.rpartition(".")
        if not module or f"{module}.".startswith("theano.config."):
            continue
        try:
            value = getattr(importlib.import_module(f"{COMPAT}.{module}"), name)
        except Exception as error:  # noqa: BLE001
            wrong[old] = repr(error)
        else:
            if isinstance(value, Gone) != (entry.status == "gone"):
                wrong[old] = f"{entry.status}, but {value!r}"
    assert wrong == {}


def test_all_settings_are_there():
    from pytensor_unpool.compat.theano.configparser import config

    settings = [old for old in old_names() if old.startswith("theano.config.")]
    assert len(settings) > 140
    for old in settings:
        value = config
        for part in old.split(".")[2:]:
            value = 0 if part == "ldflags" else getattr(value, part)


def test_facts_say_which_theano_had_a_name_and_where_it_came_from():
    names = real_names()
    assert names["theano.tensor.signal.pool.pool_3d"].versions == ("0.9", "1.0")
    assert names["theano.tensor.signal.downsample.max_pool_2d"].versions == ("0.7", "0.8")
    assert names["theano.sparse_grad"] == RealName(VERSIONS, ("theano.sparse_grad",))
    assert names["theano.tensor.basic.Apply"].origins == ("theano.gof.graph.Apply",)
    # Imported under another name, and from another place than before.
    assert names["theano.tensor.scal"].origins == ("theano.scalar",)
    assert names["theano.tensor.nnet.conv2d"].origins[0] == "theano.tensor.nnet.conv2d"
    assert real_modules()["theano.tensor.signal.downsample"] == ("0.7", "0.8")


def test_what_a_module_imported_is_where_the_table_has_it():
    names = old_names()
    assert names["theano.tensor.basic.Apply"].new == names["theano.gof.graph.Apply"].new
    assert resolve("theano.tensor.scal.upcast")[0].new == "pytensor.scalar.upcast"
    assert resolve("theano.tensor.basic.config.floatX")[0].new == "pytensor.config.floatX"


def test_the_rest_of_a_module_is_gone_for_one_reason():
    assert old_names()["theano.gpuarray.elemwise.GpuElemwise"].note == rests()["theano.gpuarray"]
    assert old_names()["theano.gof.unify.FVar"].note == rests()["theano.gof.unify"]
