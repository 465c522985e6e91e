"""Names that public code for Theano uses, with the results that Theano gave."""

import copy
import io
import pickle
from importlib import import_module

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool
from pytensor_unpool.compat import theano
from pytensor_unpool.compat.theano.sandbox import rng_mrg

T = theano.tensor


def old(name):
    module, _, attribute = f"pytensor_unpool.compat.{name}".rpartition(".")
    return getattr(import_module(module), attribute)


def test_generators_of_streams_are_random_states():
    """Blocks tells random variables by this class."""
    streams = old("theano.tensor.shared_randomstreams.RandomStreams")(1)
    streams.uniform((2,))
    kind = old("theano.tensor.shared_randomstreams.RandomStateSharedVariable")
    assert isinstance(streams.state_updates[0][0], kind)
    assert not isinstance(theano.shared(1.0), kind)


def test_rows_with_a_sparse_gradient_have_a_dense_one():
    x = theano.shared(np.arange(6.0).reshape(3, 2))
    rows = theano.sparse_grad(x[np.array([2, 2])])
    gradient = theano.grad(rows.sum(), x)
    assert gradient.eval().tolist() == [[0, 0], [0, 0], [2, 2]]


@pytest.mark.parametrize(
    "name", ["repeat", "argmax", "tensor", "sort", "nonzero", "set_subtensor", "prod", "diff"]
)
def test_the_module_basic_has_what_tensor_has(name):
    assert old(f"theano.tensor.extra_ops.{name}" if name == "diff" else f"theano.tensor.{name}")
    if name not in ("diff", "repeat", "sort", "set_subtensor"):
        assert old(f"theano.tensor.basic.{name}") is old(f"theano.tensor.{name}")


def test_functions_in_place_overwrite_their_argument():
    x = pt.dvector("x")
    y = old("theano.tensor.inplace.exp_inplace")(x)
    compiled = theano.function([pytensor.In(x, mutable=True)], y, accept_inplace=True, mode="CVM")
    data = np.zeros(2)
    assert compiled(data).tolist() == [1.0, 1.0]
    assert data.tolist() == [1.0, 1.0]
    add = old("theano.tensor.inplace.add_inplace")
    assert pickle.loads(pickle.dumps(add)) == add


# By hand, from the recurrences in L'Ecuyer and Touzin (2000).
def test_streams_show_the_state_of_mrg31k3p():
    streams = rng_mrg.MRG_RandomStreams(1)
    assert streams.rstate.tolist() == [1] * 6
    states = streams.get_substream_rstates(2, "float32", inc_rstate=False)
    assert (states.shape, str(states.dtype)) == ((2, 6), "int32")
    first = [sum(map(int, row)) % rng_mrg.M1 for row in rng_mrg.A1p72]
    second = [sum(map(int, row)) % rng_mrg.M2 for row in rng_mrg.A2p72]
    assert states.tolist() == [[1] * 6, first + second]
    # As Theano had it.
    assert rng_mrg.A1p72[0].tolist() == [1516919229, 758510237, 499121365]
    assert rng_mrg.A2p134[2].tolist() == [1401213391, 1178684362, 1431130166]


def test_streams_with_the_state_of_others_draw_the_same():
    """Theano's tutorial copies random numbers to another graph so."""
    one, other = rng_mrg.MRG_RandomStreams(3), rng_mrg.MRG_RandomStreams(4)
    one.uniform((2,))
    other.rstate = one.rstate
    assert one.uniform((3,)).eval().tolist() == other.uniform((3,)).eval().tolist()
    assert one.rstate.tolist() == other.rstate.tolist()


@pytest.mark.parametrize("seed", [0, 2147462579, (1, 2, 3, 0, 0, 0), (1, 2), "x"])
def test_seeds_that_mrg31k3p_has_no_streams_for_are_refused(seed):
    with pytest.raises(ValueError, match="seed should be an integer, or six"):
        rng_mrg.MRG_RandomStreams(seed)


def test_flags_of_a_type_may_be_numbers():
    assert T.tensor("float64", (1, 0)).type.shape == (1, None)
    assert T.TensorType("float32", (0,) * 3).shape == (None,) * 3
    assert T.TensorType("float32", broadcastable=(False, True)).shape == (None, 1)
    # What PyTensor's code says, for both.
    assert T.TensorType("float32", (2, 3)).shape == (2, 3)
    assert T.TensorType("float32", shape=(None, 1)) == pt.TensorType("float32", (None, 1))
    assert type(T.TensorType("int8", ())) is pt.TensorType
    assert isinstance(pt.vector().type, T.TensorType)


def test_a_type_can_be_derived_from():
    class Mine(T.TensorType):
        pass

    assert Mine("float64", (0, 1)).shape == (None, 1)
    assert not isinstance(pt.vector().type, Mine)


def test_rebroadcast_changes_the_flags_of_some_axes():
    rebroadcast = old("theano.tensor.Rebroadcast")
    x = T.tensor("float64", (0, 1, 0))
    assert rebroadcast((0, True), (1, False))(x).type.broadcastable == (True, False, False)


def test_ifelse_is_an_operation():
    from pytensor_unpool.compat.theano.ifelse import IfElse

    chosen = old("theano.ifelse.ifelse")(pt.iscalar(), pt.dscalar(), pt.dscalar())
    assert isinstance(chosen.owner.op, IfElse)
    flag = pt.iscalar("flag")
    assert IfElse(1, gpu=False)(flag, pt.constant(2.0), pt.constant(3.0)).eval({flag: 0}) == 3.0


def test_pickles_in_zip_files_have_arrays_by_name():
    dump, load = old("theano.misc.pkl_utils.dump"), old("theano.misc.pkl_utils.load")
    content = io.BytesIO()
    dump((theano.shared(0, name="foo"), theano.shared(1, name="foo"), np.array(2)), content)
    content.seek(0)
    assert sorted(np.load(content)) == ["array_0", "foo", "foo_2", "pkl"]
    content.seek(0)
    assert np.load(content)["foo"] == 0
    content.seek(0)
    first, second, array = load(content)
    assert (first.get_value(), second.get_value(), array) == (0, 1, 2)


def test_arrays_that_are_one_are_stored_once():
    dump, load = old("theano.misc.pkl_utils.dump"), old("theano.misc.pkl_utils.load")
    content, array = io.BytesIO(), np.arange(3)
    dump([array, array], content)
    content.seek(0)
    one, other = load(content)
    assert one is other


@pytest.mark.parametrize(
    ("variables", "options", "match"),
    [
        ([theano.shared(1)], {"allow_unnamed": False}, "unnamed shared variable"),
        (
            [theano.shared(1, name="w"), theano.shared(2, name="w")],
            {"allow_duplicates": False},
            "multiple shared variables with the name 'w'",
        ),
        ([theano.shared(1, name="pkl")], {}, "cannot be named 'pkl'"),
    ],
)
def test_shared_variables_may_have_to_have_names(variables, options, match):
    persistent = old("theano.misc.pkl_utils.PersistentSharedVariableID")
    with pytest.raises(ValueError, match=match):
        old("theano.misc.pkl_utils.dump")(
            variables, io.BytesIO(), persistent_id=lambda file: persistent(file, **options)
        )


def test_uniform_numbers_choose_classes():
    multinomial = old("theano.sandbox.multinomial.MultinomialFromUniform")
    pvals, unis = [[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]], [0.1, 0.6, 0.3, 0.45]
    # The first numbers of both rows, then the second ones.
    assert multinomial("int64")(pvals, unis, 2).eval().tolist() == [[1, 1, 0], [0, 1, 1]]
    assert multinomial("auto")(pvals, unis[:2]).dtype == "float64"
    with pytest.raises(ValueError, match="pass n numbers for each row"):
        p, u = pt.dmatrix("p"), pt.dvector("u")
        multinomial("int64")(p, u, 2).eval({p: pvals, u: unis[:3]}, mode="FAST_COMPILE")
    with pytest.raises(NotImplementedError, match="pvals ndim should be 2: got 1"):
        multinomial("int64")(pvals[0], unis)


def test_uniform_numbers_choose_classes_without_replacement():
    choice = old("theano.sandbox.multinomial.ChoiceFromUniform")
    # 0.6 is class 2; of what is left, 0.4 and 0.6, 0.3 is class 0.
    pvals = [[0.2, 0.3, 0.5]]
    assert choice("auto")(pvals, [0.6, 0.3], 2).eval().tolist() == [[2, 0]]
    assert choice("auto", replace=True)(pvals, [0.6, 0.7], 2).eval().tolist() == [[2, 2]]
    with pytest.raises(ValueError, match="Cannot sample without replacement"):
        choice("auto")(pvals, [0.1] * 4, 4)


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


def test_coordinates_of_flat_indices():
    unravel = T.extra_ops.unravel_index
    dims = pt.lvector("dims")
    rows, columns = unravel(np.array([4, 5]), dims, ndim=2)
    assert rows.eval({dims: [2, 3]}).tolist() == [1, 1]
    assert columns.eval({dims: [2, 3]}).tolist() == [1, 2]


X = np.array([[1, 1], [2, 2], [1, 1]])


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (lambda: T.extra_ops.Unique(axis=-1), [[1], [2], [1]]),
        (lambda: T.extra_ops.Unique(axis=0), [[1, 1], [2, 2]]),
        (lambda: T.extra_ops.Unique(), [1, 2]),
        (lambda: T.extra_ops.CumOp(), [1, 2, 4, 6, 7, 8]),
        (lambda: T.extra_ops.CumOp(mode="mul", axis=-1), [[1, 1], [2, 4], [1, 1]]),
        (lambda: T.extra_ops.CumOp(0), [[1, 1], [3, 3], [4, 4]]),
        (lambda: T.extra_ops.CumsumOp(axis=1), [[1, 2], [2, 4], [1, 2]]),
        (lambda: T.extra_ops.CumprodOp(), [1, 1, 2, 4, 4, 4]),
    ],
)
def test_operations_along_an_axis(operation, expected):
    assert operation()(pt.constant(X)).eval().tolist() == expected


def test_operations_along_an_axis_are_of_their_class():
    x = pt.dmatrix()
    assert isinstance(pt.cumsum(x, axis=0).owner.op, T.extra_ops.CumOp)
    assert T.extra_ops.CumOp(1) == pt.cumsum(x, axis=1).owner.op
    with pytest.raises(NotImplementedError, match="cannot have a grad of its own"):
        T.extra_ops.CumOp(-1).grad = None


@pytest.mark.parametrize(
    ("name", "axis", "expected"),
    [
        ("argmax", pt.constant(0), [1, 1]), ("argmin", pt.constant(0), [0, 0]),
        ("max", pt.constant(1), [1, 2, 1]), ("min", [pt.constant(0)], [1, 1]),
        ("max", pt.constant([0, 1]), 2), ("max", None, 2),
    ],
)  # fmt: skip
def test_an_axis_may_be_a_constant(name, axis, expected):
    assert getattr(T, name)(pt.constant(X), axis).eval().tolist() == expected
    assert old(f"theano.tensor.basic.{name}")(pt.constant(X), axis=axis).eval().tolist() == expected


def test_rows_at_a_vector_of_indices():
    x, rows = pt.constant(X), np.array([1, 1])
    assert T.AdvancedSubtensor1()(x, rows).eval().tolist() == [[2, 2], [2, 2]]
    assert isinstance(x[pt.lvector()].owner.op, T.AdvancedSubtensor1)
    put = T.AdvancedIncSubtensor1(set_instead_of_inc=True)
    assert put(x, [[7, 8]], np.array([0])).eval().tolist() == [[7, 8], [2, 2], [1, 1]]
    assert T.AdvancedIncSubtensor1()(x, [[1, 1]], [0]).eval().tolist()[0] == [2, 2]


IMAGE = np.arange(16.0).reshape(1, 1, 4, 4)
ONES = np.ones((1, 1, 2, 2))


@pytest.mark.parametrize("module", ["pool", "downsample"])
def test_poolings_that_are_given_windows_when_they_are_made(module):
    """The forms of Theano 0.8."""
    signal = import_module(f"pytensor_unpool.compat.theano.tensor.signal.{module}")
    x = pt.constant(IMAGE)
    pooling = signal.Pool if module == "pool" else signal.DownsampleFactorMax
    maxima = pooling(ds=(2, 2), ignore_border=True)(x)
    assert maxima.eval().tolist() == [[[[5, 7], [13, 15]]]]
    sums = pooling((2, 2), st=(2, 2), padding=(0, 0), mode="sum")(x)
    assert sums.eval().tolist() == [[[[10, 18], [42, 50]]]]
    unpooled = signal.MaxPoolGrad(ds=(2, 2), ignore_border=True)(x, maxima, ONES).eval()
    assert unpooled.nonzero()[2:][0].tolist() == [1, 1, 3, 3]
    shares = signal.AveragePoolGrad((2, 2), True, mode="average_exc_pad")(x, ONES).eval()
    assert (shares == 0.25).all()


def test_gradients_of_averages_by_their_oldest_name():
    signal = import_module("pytensor_unpool.compat.theano.tensor.signal.downsample")
    grad = signal.DownsampleFactorMaxGrad((2, 2), True, mode="sum")
    assert (grad(pt.constant(IMAGE), ONES).eval() == 1).all()


def test_classes_of_operations_know_what_they_make():
    nnet, pool = T.nnet, import_module("pytensor_unpool.compat.theano.tensor.signal.pool")
    x, image = pt.dmatrix(), pt.dtensor4()
    assert isinstance(nnet.softmax(x).owner.op, nnet.Softmax)
    assert isinstance(nnet.logsoftmax(x).owner.op, nnet.LogSoftmax)
    assert not isinstance(nnet.logsoftmax(x).owner.op, nnet.Softmax)
    assert isinstance(pool.pool_2d(image, (2, 2), ignore_border=True).owner.op, pool.Pool)
    sums = pool.pool_2d(image, (2, 2), ignore_border=True, mode="sum")
    assert isinstance(sums.owner.op, pool.Pool)
    assert isinstance(nnet.Softmax(), nnet.Softmax)

    class Mine(nnet.Softmax):
        pass

    assert not isinstance(nnet.softmax(x).owner.op, Mine)


OPERATIONS = (
    "tensor.nnet.softsign", "tensor.nnet.ultra_fast_sigmoid", "tensor.nnet.softmax_with_bias",
    "tensor.nnet.softmax", "tensor.nnet.crossentropy_categorical_1hot",
    "tensor.nnet.crossentropy_softmax_argmax_1hot_with_bias",
    "tensor.nnet.prepend_scalar_to_each_row", "tensor.conj", "tensor.basic.conj",
    "tensor.slinalg.cholesky", "tensor.nlinalg.pinv", "tensor.default",
)  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("attribute", ["grad", "L_op", "R_op"])
def test_gradients_of_functions_are_refused(name, attribute):
    """Catches a gradient that is kept as an attribute and never used."""
    function = old(f"theano.{name}")
    match = f"{function.__name__} cannot have a {attribute} of its own"
    for some in (function, copy.copy(function), copy.deepcopy(function)):
        with pytest.raises(NotImplementedError, match=match):
            setattr(some, attribute, lambda *arguments: arguments)
    assert pickle.loads(pickle.dumps(function)) is function


def test_functions_that_were_operations_look_like_functions():
    assert T.nnet.softsign.__name__ == "softsign"
    assert T.nnet.softsign.__doc__ == "Return ``x / (1 + abs(x))``."
    assert repr(T.nnet.softsign) == "<function softsign>"
    assert T.conj(pt.constant(1 + 2j)).eval() == 1 - 2j


def test_what_no_theano_had_is_told_from_the_rest():
    for name, why in (
        ("theano.tensor.softmaxx", "no Theano from 0.7 to 1.0 had it"),
        ("theano.tensor._surely", "what was private in Theano is not here"),
        ("pylearn2.utils.surely", "only what is listed works on PyTensor"),
    ):
        with pytest.raises(AttributeError, match=why):
            old(name)


def test_what_is_gone_says_why_when_it_is_used():
    for name, why in (
        ("theano.gpuarray.elemwise.GpuElemwise", "It ran on CUDA"),
        ("theano.gof.unify.FVar", "pytensor.graph.rewriting.unify"),
        ("theano.tensor.opt.local_fill_sink", "pytensor.tensor.rewriting"),
    ):
        with pytest.raises(NotImplementedError, match=why):
            old(name)()
