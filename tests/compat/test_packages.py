"""Old packages by their own names: what `install` puts in place, and takes away again."""

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.cli import main, names
from pytensor_unpool.compat.errors import OldNameError, OldPackageError
from pytensor_unpool.compat.theano.tensor import nnet
from tests.support.modes import compiled_modes

ROOT = Path(pu.__file__).parents[1]


@pytest.fixture
def old():
    with pu.installed():
        yield


def old_modules() -> set[str]:
    return {name for name in sys.modules if name.partition(".")[0] in ("theano", "pylearn2")}


# As Lasagne does before it makes its layers for GPUs; the lines between are in the docs.
ASKS_FOR_A_GPU = """
import pytensor_unpool
pytensor_unpool.install()
import theano
assert not theano.sandbox.cuda.dnn.dnn_available()
{}
from theano.sandbox.cuda import dnn
assert theano.config.device.startswith("gpu")
assert dnn.dnn_available()
"""


class TestInstall:
    def test_layers_for_gpus_can_be_switched_on(self):
        text = (ROOT / "docs" / "legacy_libraries.md").read_text()
        lines = [line.strip() for line in text.splitlines() if line.startswith("    theano.")]
        assert len(lines) == 2
        program = ASKS_FOR_A_GPU.format("\n".join(lines))
        subprocess.run([sys.executable, "-c", program], check=True)

    def test_modules_come_at_any_depth_and_go_again(self):
        finders = list(sys.meta_path)
        with pu.installed():
            import theano.tensor.nnet.conv as by_name
            from theano.sandbox.cuda.basic_ops import gpu_contiguous

            assert by_name is nnet.conv
            assert gpu_contiguous([1.0]).eval(mode="FAST_COMPILE").tolist() == [1.0]
        assert old_modules() == set()
        assert sys.meta_path == finders
        with pytest.raises(ModuleNotFoundError, match="No module named 'theano'"):
            import theano  # noqa: F401

    def test_names_are_attributes_without_an_import(self, old):
        import theano

        assert theano.tensor.nnet.conv.conv2d is nnet.conv.conv2d
        assert theano.tensor.signal.downsample.max_pool_2d
        assert theano.config is theano.configparser.config

    def test_functions_hide_modules_of_their_name(self, old):
        """Catches the import system, which puts the module in the place of the function."""
        import theano.tensor as tensor
        from theano.tensor.sort import argtopk
        from theano.tensor.var import TensorVariable

        assert callable(tensor.var)
        assert callable(tensor.sort)
        assert argtopk is tensor.argtopk
        assert TensorVariable is tensor.TensorVariable

    def test_modules_keep_their_own_name_and_spec(self, old):
        import theano.tensor

        assert theano.tensor.__spec__.name == "pytensor_unpool.compat.theano.tensor"
        assert theano.tensor.__name__ == "pytensor_unpool.compat.theano.tensor"

    def test_a_block_inside_a_block_takes_nothing_away(self, old):
        with pu.installed():
            import theano
        pu.install()
        assert sys.modules["theano"] is theano

    def test_to_uninstall_twice_is_nothing(self):
        pu.uninstall()
        pu.uninstall()
        assert old_modules() == set()

    def test_a_real_theano_is_left_alone(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "theano", ModuleType("theano"))
        with pytest.raises(OldPackageError, match=r"a real theano has been imported.*uninstall"):
            pu.install()
        pu.uninstall()
        assert "theano" in sys.modules

    def test_importing_everything_of_a_module(self, old):
        space: dict[str, object] = {}
        exec("from theano.tensor import *", space)  # noqa: S102
        assert {"exp", "dmatrix", "inv", "stack", "nnet"} <= set(space)
        assert "load" not in space

    def test_it_is_quick(self):
        """And `import pytensor_unpool` loads none of the old modules."""
        program = (
            "import sys, time, pytensor, pytensor_unpool as pu; "
            "assert not [n for n in sys.modules if n.startswith('pytensor_unpool.compat.theano')]; "
            "assert 'pytensor_unpool.compat.fallback' not in sys.modules; "
            "start = time.process_time(); pu.install(); "
            "assert time.process_time() - start < 0.1"
        )
        subprocess.run([sys.executable, "-c", program], check=True)


class TestNames:
    def test_a_name_that_no_theano_had(self, old):
        import theano.tensor as tensor

        message = r"theano.tensor has no concatnate: .*Did you mean theano.tensor.concatenate\?"
        with pytest.raises(AttributeError, match=message):
            tensor.concatnate  # noqa: B018
        assert not hasattr(tensor, "__wrapped__")

    def test_a_module_that_no_theano_had(self, old):
        with pytest.raises(ImportError, match=r"No module named 'theano.tensor.nnnet'.*nnet"):
            import theano.tensor.nnnet  # noqa: F401

    def test_a_name_without_meaning_raises_when_it_is_used(self, old):
        from theano.sandbox.cuda import GpuOp

        with pytest.raises(OldNameError, match=r"GpuOp does not exist in PyTensor. CUDA source"):
            GpuOp()
        with pytest.raises(NotImplementedError, match="GpuOp does not exist"):

            class Own(GpuOp):  # type: ignore[misc,valid-type]
                pass  # fmt: skip

        with pytest.raises(NotImplementedError, match="GpuOp does not exist"):
            GpuOp.c_code  # noqa: B018

    def test_pytensor_fills_what_the_table_lacks(self, old):
        import theano.tensor as tensor

        assert tensor.matmul is pt.matmul

    def test_dir_shows_what_is_meant(self, old):
        import theano.tensor as tensor

        shown = dir(tensor)
        assert {"abs_", "inv", "nnet", "stack"} <= set(shown)
        assert "load" not in shown
        assert shown == sorted(set(shown))

    def test_the_report_counts_and_lists(self):
        assert "identity" in names.report()
        assert re.search(
            r"^theano\.tensor\.inv +moved +pytensor\.tensor\.reciprocal$",
            names.report("theano.tensor.inv"),
            re.MULTILINE,
        )


SCRIPT = """
import sys
import theano, theano.tensor as T
import helper
x = T.dvector("x")
print(__name__, sys.argv[1:], theano.function([x], T.inv(x), mode="FAST_COMPILE")([4.0]))
sys.exit(helper.CODE)
"""


class TestRun:
    @pytest.mark.parametrize("command", [("-m", "pytensor_unpool", "run")])
    def test_a_script_runs_as_it_is(self, command, tmp_path):
        (tmp_path / "script.py").write_text(SCRIPT)
        (tmp_path / "helper.py").write_text("CODE = 3")
        done = subprocess.run(
            [sys.executable, *command, tmp_path / "script.py", "--one", "-2"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 3, done.stderr
        assert done.stdout == "__main__ ['--one', '-2'] [0.25]\n"

    def test_a_script_that_is_not_there(self, tmp_path, capsys):
        assert main(["run", str(tmp_path / "no.py")]) == 2
        assert "cannot read the script" in capsys.readouterr().err

    def test_a_script_of_python_2(self, tmp_path, capsys):
        script = tmp_path / "old.py"
        script.write_text("print 'cost'\n")
        assert main(["run", str(script)]) == 2
        assert "pytensor-unpool migrate" in capsys.readouterr().err
        assert old_modules() == set()


@compiled_modes
def test_a_clone_of_a_shared_variable_has_its_memory(mode, old):
    """Catches an update in the place of a value that another variable reads."""
    import theano

    mean = theano.shared(np.zeros(3), name="mean")
    running = theano.clone(mean, share_inputs=False)
    run = theano.function([], mean + 0 * running, updates={running: running * 0.5 + 1}, mode=mode)
    assert run().tolist() == [0, 0, 0]
    assert mean.get_value().tolist() == running.get_value().tolist() == [1, 1, 1]
    assert run().tolist() == [1, 1, 1]


def test_other_updates_are_computed_in_place():
    """Catches a rewrite that keeps all of them from it."""
    x = pytensor.shared(np.zeros(3))
    run = pytensor.function([], [], updates={x: x * 2 + 1}, mode="CVM")
    assert any(node.op.destroy_map for node in run.maker.fgraph.apply_nodes)
