"""Names that public code for Theano uses, with the results that Theano gave."""

import io
from importlib import import_module

import numpy as np
import pytensor.tensor as pt
import pytest

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
    p, u = pt.dmatrix("p"), pt.dvector("u")
    draws = multinomial("int64")(p, u, 2)
    with pytest.raises(ValueError, match="pass n numbers for each row"):
        draws.eval({p: pvals, u: unis[:3]}, mode="FAST_COMPILE")
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
