"""Settings, modes, rewrites and scans by their old names."""

from importlib import import_module

import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool
from pytensor_unpool.compat import theano

T = theano.tensor


def old(name):
    module, _, attribute = f"pytensor_unpool.compat.{name}".rpartition(".")
    return getattr(import_module(module), attribute)


def test_ifelse_is_an_operation():
    from pytensor_unpool.compat.theano.ifelse import IfElse

    chosen = old("theano.ifelse.ifelse")(pt.iscalar(), pt.dscalar(), pt.dscalar())
    assert isinstance(chosen.owner.op, IfElse)
    flag = pt.iscalar("flag")
    assert IfElse(1, gpu=False)(flag, pt.constant(2.0), pt.constant(3.0)).eval({flag: 0}) == 3.0


def test_settings_can_be_added():
    config = old("theano.configparser.config")
    add, kinds = (
        old("theano.configparser.AddConfigVar"),
        import_module("pytensor_unpool.compat.theano.configparser"),
    )
    add("added.mode", "", kinds.EnumStr("a", "b"), in_c_key=False)
    add("added.size", "", kinds.IntParam(3, lambda i: i > 0))
    add("added.on", "", kinds.BoolParam(False))
    add("added.fixed", "", kinds.StrParam("x", allow_override=False))
    assert (config.added.mode, config.added.size, config.added.on) == ("a", 3, False)
    config.added.mode, config.added.size, config.added.on = "b", "4", "True"
    assert (config.added.mode, config.added.size, config.added.on) == ("b", 4, True)
    for name, value, match in (
        ("mode", "c", r"added.mode must be one of \('a', 'b'\): got 'c'"),
        ("size", -1, "added.size must be a value that is_valid returns True for: got -1"),
        ("on", "maybe", "must be True or False: got 'maybe'"),
        ("fixed", "y", "added.fixed cannot be changed"),
    ):
        with pytest.raises(ValueError, match=match):
            setattr(config.added, name, value)
    with pytest.raises(AttributeError, match=r"has a setting added.on already"):
        add("added.on", "", kinds.BoolParam(False))


# Theano 1.0's configdefaults; nvcc and pycuda are of 0.9.
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("warn.round", False), ("warn.inc_subtensor1_opt", True), ("warn.sum_sum_bug", False),
        ("conv.assert_shape", False), ("unittests.rseed", "666"), ("nvcc.fastmath", False),
        ("nvcc.flags", ""), ("dnn.enabled", "auto"), ("dnn.conv.algo_fwd", "small"),
        ("scan.allow_gc", False), ("scan.debug", False), ("cmodule.warn_no_version", False),
        ("pycuda.init", False), ("int_division", "int"), ("deterministic", "default"),
        ("profiling.n_apply", 20), ("numpy.seterr_all", "ignore"),
    ],
)  # fmt: skip
def test_settings_read_as_in_theano(name, value):
    found = old("theano.config")
    for part in name.split("."):
        found = getattr(found, part)
    assert found == value


def test_the_optimizer_can_be_set():
    config, before = theano.config, pytensor.config.optimizer
    x = pt.dvector("x")
    try:
        config.optimizer = "None"
        assert len(theano.function([x], x * 2 * 3).maker.fgraph.toposort()) > 2
        config.optimizer = "fast_run"
        assert len(theano.function([x], x * 2 * 3).maker.fgraph.toposort()) == 1
        with pytest.raises(ValueError, match="Invalid value"):
            config.optimizer = "quick"
    finally:
        config.optimizer = before


def test_functions_of_monitor_mode_are_given_the_node():
    x, seen = pt.dvector("x"), []
    mode = theano.compile.MonitorMode(
        pre_func=lambda i, node, fn: seen.append((i, str(node.op))),
        post_func=lambda i, node, fn: seen.append(fn.outputs[0][0].tolist()),
        optimizer="fast_compile",
    )
    assert theano.function([x], x + 1, mode=mode)([1.0, 2.0]).tolist() == [2.0, 3.0]
    assert seen[-1] == [2.0, 3.0]
    assert seen[0][0] == 0


def test_a_nan_is_told_of(capsys):
    x = pt.dvector("x")
    mode = theano.compile.MonitorMode(post_func=old("theano.compile.monitormode.detect_nan"))
    theano.function([x], pt.log(x), mode=mode)([-1.0])
    assert "*** NaN detected ***" in capsys.readouterr().out


def test_theano_has_a_version():
    assert old("theano.version.version") == theano.__version__ == "1.0.5"


def test_graphs_can_be_drawn():
    assert old("theano.d3viz.d3viz") is old("theano.d3viz.d3viz.d3viz")


def test_scan_is_a_module_too():
    with pytensor_unpool.installed():
        import theano
        import theano.scan.utils
        from theano.scan.utils import until
    assert callable(theano.scan)
    assert until(1).condition.data == 1


def test_scans_have_inputs_and_outputs():
    with pytensor_unpool.installed():
        outputs, _ = theano.scan(lambda x, y: x + y, pt.dvector(), pt.dscalar())
        op = outputs.owner.inputs[0].owner.op
        assert (op.inputs, op.outputs) == (op.inner_inputs, op.inner_outputs)
    assert not hasattr(op, "inputs")


def test_rewrites_are_functions_of_the_node():
    local_optimizer = old("theano.gof.opt.local_optimizer")
    assert old("theano.gof.local_optimizer") is local_optimizer

    @local_optimizer([T.exp])
    def local_exp_to_log(node):
        return [pt.log(node.inputs[0])]

    x = pt.dvector("x")
    graph = pytensor.graph.FunctionGraph([x], [pt.exp(x)], clone=False)
    old("theano.gof.EquilibriumOptimizer")([local_exp_to_log], max_use_ratio=5).rewrite(graph)
    assert graph.outputs[0].owner.op == pt.log


def test_rewrites_are_classes_with_a_method_of_the_node():
    class Local(old("theano.gof.LocalOptimizer")):
        def transform(self, node):
            return [pt.log(node.inputs[0])] if node.op == pt.exp else False

    x = pt.dvector("x")
    graph = pytensor.graph.FunctionGraph([x], [pt.exp(x)], clone=False)
    old("theano.gof.TopoOptimizer")(Local()).rewrite(graph)
    assert graph.outputs[0].owner.op == pt.log


def test_rewrites_are_registered_at_a_position():
    optdb = old("theano.compile.optdb")
    assert optdb is old("theano.compile.mode.optdb")
    rewriter = old("theano.gof.optimizer")(lambda fgraph: None)
    optdb.register("of_this_test", rewriter, 48.5, "tag_of_this_test")
    assert pytensor.compile.mode.optdb.__position__["of_this_test"] == 48.5
    query = old("theano.gof.Query")(include=["tag_of_this_test"])
    assert rewriter in list(pytensor.compile.mode.optdb.query(query))
    optdb.remove_tags("of_this_test", "tag_of_this_test")
