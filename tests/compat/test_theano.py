"""Names of Theano whose arguments or meaning PyTensor has changed: what they gave, and give."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import verify_grad

from pytensor_unpool.compat import theano
from pytensor_unpool.compat.theano import gof
from pytensor_unpool.compat.theano import tensor as T  # noqa: N812
from pytensor_unpool.compat.theano.compat import six
from pytensor_unpool.compat.theano.compat.six.moves import xrange
from pytensor_unpool.compat.theano.gof.graph import inputs, is_same_graph, stack_search
from pytensor_unpool.compat.theano.printing import debugprint, var_descriptor
from pytensor_unpool.compat.theano.sandbox import cuda
from pytensor_unpool.compat.theano.sandbox.cuda.type import CudaNdarrayType
from pytensor_unpool.compat.theano.tests import unittest_tools
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from tests.support.modes import C_OR_PYTHON, PYTHON

X, Y = np.array([[-2.0, -0.5, 0.0], [1.0, 2.5, 30.0]]), np.array([2, 0])

# What Theano 1.0.5 gave for X and Y, rounded to 12 digits.
GAVE = json.loads((Path(__file__).parents[1] / "data" / "names.json").read_text())


def test_calls_give_what_they_gave_in_theano():
    x, y = T.dmatrix("x"), T.lvector("y")
    outputs = [eval(case["call"], {"T": T, "np": np, "x": x, "y": y}) for case in GAVE]  # noqa: S307
    results = pytensor.function([x, y], outputs, mode=PYTHON)(X, Y)
    for case, result in zip(GAVE, results, strict=True):
        wanted = np.asarray(case["out"])
        assert result.shape == wanted.shape, case["call"]
        np.testing.assert_allclose(result, wanted, rtol=1e-9, atol=1e-11, err_msg=case["call"])


def evaluate(x: Any) -> Any:
    return np.asarray(x.eval(mode=PYTHON)).tolist()


# Softmax and losses.


def test_softmax_is_of_rows():
    """Catches PyTensor's own default, which is over all elements."""
    assert evaluate(T.nnet.softmax(np.zeros((2, 2)))) == [[0.5, 0.5], [0.5, 0.5]]
    assert evaluate(T.nnet.softmax(np.zeros(4))) == [[0.25] * 4]
    with pytest.raises(ValueError, match="x must be 1-d or 2-d tensor of floats"):
        T.nnet.softmax(T.tensor3())
    with pytest.raises(ValueError, match="x must be 1-d or 2-d tensor of floats"):
        T.nnet.softmax(T.imatrix())


def test_losses_of_sure_predictions_are_finite():
    x, y = T.dmatrix("x"), T.lvector("y")
    of_classes = T.nnet.categorical_crossentropy(T.nnet.softmax(x), y)
    of_units = T.nnet.binary_crossentropy(T.nnet.sigmoid(x), np.array([[0.0, 1.0]]))
    run = theano.function([x, y], [of_classes, of_units], mode="CVM")
    got = [result.tolist() for result in run([[1000.0, -1000.0]], [1])]
    assert got == [[2000.0], [[1000.0, 1000.0]]]
    with pytest.raises(TypeError, match="rank mismatch between coding and true"):
        T.nnet.categorical_crossentropy(T.matrix(), T.scalar())


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "NUMBA"])
@pytest.mark.parametrize(
    "loss", [T.nnet.categorical_crossentropy, T.nnet.crossentropy_categorical_1hot]
)
def test_a_class_of_probability_zero_leaves_the_gradients_of_others_finite(loss, mode):
    """Catches 0 * (1 / 0), where the logarithm is taken of all classes before one is chosen."""
    p, y = T.dmatrix("p"), T.lvector("y")
    losses = loss(p, y)
    run = theano.function([p, y], [losses, T.grad(losses.sum(), p)], mode=mode)
    values, gradient = run([[0.4, 0.6, 0.0], [0.1, 0.8, 0.1]], [0, 1])
    np.testing.assert_allclose(values, [-np.log(0.4), -np.log(0.8)])
    np.testing.assert_allclose(gradient, [[-2.5, 0, 0], [0, -1.25, 0]])


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "CVM", "NUMBA"])
def test_gradients_of_sure_predictions_are_the_differences_of_probabilities(mode):
    """Catches 1 / 0, where the true class has a probability that is rounded to 0."""
    x, y = T.dmatrix("x"), T.lvector("y")
    exponentials = T.exp(x - x.max(axis=1, keepdims=True))
    for p in (T.nnet.softmax(x), exponentials / exponentials.sum(axis=1, keepdims=True)):
        loss = T.nnet.categorical_crossentropy(p, y).sum()
        gradient = theano.function([x, y], T.grad(loss, x), mode=mode)
        assert gradient([[900.0, 0.0, -900.0]], [1]).tolist() == [[1.0, -1.0, 0.0]]


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "CVM"])
def test_logarithms_of_softmaxes_are_stable(mode):
    """Catches -inf in FAST_COMPILE, which has the stable form in Theano."""
    x, y = T.dmatrix("x"), T.lvector("y")
    p, rows = T.nnet.softmax(x), T.arange(y.shape[0])
    outputs = [
        T.log(p)[rows, y],
        T.log(p[rows, y]),
        T.log(p.T)[y, rows],
        -T.nnet.categorical_crossentropy(p, y),
        T.log(T.nnet.softmax_with_bias(x, T.zeros(3)))[rows, y],
        T.log(T.nnet.nnet.softmax_op(x[0]))[0, y],
    ]
    run = theano.function([x, y], outputs, mode=mode)
    assert [a.tolist() for a in run([[900.0, 0.0, -900.0]], [1])] == [[-900.0]] * len(outputs)
    new = pt.log(pt.special.softmax(x, axis=-1))
    assert np.isneginf(new.eval({x: [[900.0, 0.0, -900.0]]}, mode="FAST_COMPILE")[0, 1])


def test_losses_of_classes_have_derivatives_of_both_modes_and_second_order():
    p, y = T.dmatrix("p"), T.lvector("y")
    loss = T.nnet.categorical_crossentropy(p, y).sum()
    first = T.grad(loss, p)
    second = T.grad(first.sum(), p)
    run = theano.function([p, y], [second, T.Rop(loss, p, p)], mode="FAST_COMPILE")
    of_gradient, forward = run([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0]], [0, 0])
    np.testing.assert_allclose(of_gradient, [[4, 0, 0], [16, 0, 0]])
    np.testing.assert_allclose(forward, -2)


def test_h_softmax_gives_the_probability_of_the_target(rng):
    arrays = [rng.normal(size=s) for s in ((5, 3), (3, 4), (4,), (4, 3, 2), (4, 2))]
    target = np.array([0, 7, 3, 5, 2])
    x, *weights = map(pt.as_tensor_variable, arrays)
    every = T.nnet.h_softmax(x, 5, 8, 4, 2, *weights).eval(mode=PYTHON)
    chosen = T.nnet.h_softmax(x, 5, 8, 4, 2, *weights, target=target).eval(mode=PYTHON)
    np.testing.assert_allclose(every.sum(axis=1), 1)
    np.testing.assert_allclose(chosen, every[np.arange(5), target])


def test_batch_normalization_has_gradients(rng):
    def normalized(x: Any, gamma: Any, beta: Any) -> Any:
        return T.nnet.bn.batch_normalization_train(x, gamma, beta, "spatial")[0]

    arrays = [rng.normal(size=s) for s in ((3, 2, 4), (2,), (2,))]
    verify_grad(normalized, arrays, rng=rng, mode=PYTHON)


# Functions and shared variables.


def test_inputs_may_have_defaults():
    x, rate = T.dscalar("x"), T.dscalar("rate")
    for given in (theano.In(rate, value=0.5), theano.Param(rate, default=0.5)):
        step = theano.function([x, given], x * rate, mode="FAST_COMPILE")
        assert [float(step(4.0)), float(step(4.0, 2.0)), float(step(4.0, rate=3.0))] == [2, 8, 12]
        assert step.maker.fgraph.outputs
    with pytest.raises(ArgumentError, match="no value for its input x"):
        step()


def test_shared_variables_may_be_broadcastable():
    row = theano.shared(np.zeros((1, 3)), broadcastable=(True, False), name="row")
    assert row.type.shape == (1, None)
    grown = theano.function([], row + np.ones((2, 3)), updates={row: row + 1}, mode="FAST_COMPILE")
    assert grown().shape == (2, 3)
    assert not isinstance(row, T.TensorVariable)
    assert isinstance(row + 1, T.TensorVariable)
    assert isinstance(row, theano.Variable)
    assert theano.Variable("type").owner is None


def test_scan_gives_outputs_and_updates():
    sums, updates = theano.scan(lambda a, b: a + b, T.arange(4), np.int64(0))
    assert theano.function([], sums, updates=updates, mode="FAST_COMPILE")().tolist() == [
        0,
        1,
        3,
        6,
    ]


def test_settings_of_theano_and_of_pytensor():
    assert (theano.config.device, theano.config.dnn.conv.algo_fwd) == ("cpu", "small")
    assert theano.config.blas.ldflags == pytensor.config.blas__ldflags
    with theano.change_flags(compute_test_value="raise", floatX="float32"):
        assert (theano.config.compute_test_value, pytensor.config.floatX) == ("raise", "float32")
    assert (theano.config.compute_test_value, pytensor.config.floatX) == ("off", "float64")
    with pytest.raises(AttributeError, match=r"theano\.config has no setting divice"):
        theano.config.divice  # noqa: B018


def test_updates_can_be_added():
    x, y = theano.shared(1.0, name="x"), theano.shared(2.0, name="y")
    both = theano.OrderedUpdates({x: x + 1}) + {y: y * 2}
    assert list(both) == [x, y]
    with pytest.raises(ArgumentError, match="already has another update of x"):
        both.update({x: x * 3})
    with pytest.raises(DTypeError, match="takes shared variables as keys"):
        both[x + 1] = y


# Tensors.


def test_tensors_of_other_arguments():
    x = T.as_tensor_variable(np.arange(6.0).reshape(1, 2, 3))
    assert T.flatten(x, outdim=2).type.ndim == 2
    assert T.stack(x, x).type.shape == (2, 1, 2, 3)
    assert T.stack([x, x], axis=1).type.shape == (1, 2, 2, 3)
    assert T.tile(x, (2,), ndim=4).eval(mode=PYTHON).shape == (1, 1, 2, 6)
    assert T.tensor4("x", "int8").type.dtype == "int8"
    assert T.row("x").type.shape == (1, None)
    assert T.inv(4.0).eval(mode=PYTHON) == 0.25
    assert T.unbroadcast(x, 0).type.shape == (None, 2, 3)
    assert T.patternbroadcast(x, (False, False, False)).type.broadcastable == (False,) * 3
    assert T.tensor("float32", (True, False), name="row").type.shape == (1, None)
    assert CudaNdarrayType((False, True))("x").type.dtype == "float32"
    with pytest.raises(ShapeError, match="ndim must be at least"):
        T.tile(x, (2,), ndim=2)


def test_batched_dot_of_any_numbers_of_axes(rng):
    for shapes, wanted in {
        ((4,), (4, 2)): "b,bi->bi",
        ((4, 2), (4,)): "bi,b->bi",
        ((4, 2), (4, 2)): "bi,bi->b",
        ((4, 2), (4, 2, 3)): "bi,bij->bj",
        ((4, 3, 2), (4, 2, 5)): "bki,bij->bkj",
        ((4, 3, 2), (4, 2)): "bki,bi->bk",
    }.items():
        a, b = (rng.normal(size=shape) for shape in shapes)
        np.testing.assert_allclose(T.batched_dot(a, b).eval(mode=PYTHON), np.einsum(wanted, a, b))


@pytest.mark.parametrize(
    "axes", [(2, 2), [2, 2], np.array([2, 2]), ([2], (2,)), (-1, 2), ([-1], 2)]
)
def test_batched_tensordot_takes_axes_as_numbers(axes, rng):
    x, y = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4))
    product = T.batched_tensordot(x, y, axes=axes).eval(mode=PYTHON)
    np.testing.assert_allclose(product, np.einsum("bij,bkj->bik", x, y))


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ((0, 0), r"batch axis"),
        ((-3, 1), r"batch axis"),
        ((3, 1), r"has 3 axes: got axis 3"),
        (([1, 2], [1]), r"as many axes of x as of y"),
        ((1, 2, 3), r"axes of x and those of y"),
        (3, r"axes must be a number below 3"),
        (-1, r"axes must be a number below 3"),
    ],
)
def test_wrong_axes_of_batched_tensordot_are_errors(axes, message):
    with pytest.raises(ValueError, match=message):
        T.batched_tensordot(np.ones((2, 3, 3)), np.ones((2, 3, 3)), axes=axes)


# Graphs.


def test_graphs_are_walked_in_the_old_order():
    x, y, z = T.dscalars("x", "y", "z")
    assert inputs([(y + x) * (x - z)]) == [y, x, z]
    assert is_same_graph(x + y, x + y)
    assert not is_same_graph(x + y, y + x)
    assert gof.graph.list_of_nodes([x, y], [x + y])[0].op == pt.add
    assert stack_search.__doc__
    assert var_descriptor(x + y) == var_descriptor(x + y) != var_descriptor(y + x)
    assert "Add" in debugprint(x + y, file="str", ids="int")


class Double(theano.Op):
    """As it was written for Theano 0.7."""

    __props__ = ()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return gof.Apply(self, [x], [x.type()])

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, gradients):
        return [2 * gradients[0]]

    def R_op(self, inputs, points):  # noqa: N802
        return [None if points[0] is None else 2 * points[0]]

    def c_code_cache_version(self):
        return (1,)

    def c_headers(self):
        return ["<math.h>"]

    def c_code(self, node, name, inputs, outputs, sub):
        (x,), (y,) = inputs, outputs
        return f"""
            Py_XDECREF({y});
            {y} = (PyArrayObject*)PyNumber_Add((PyObject*){x}, (PyObject*){x});
            if (!{y}) {sub["fail"]}
        """


class DoubleInPython(Double):
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] * 2


@pytest.mark.filterwarnings("ignore:Numba will use object mode:UserWarning")
@pytest.mark.parametrize(
    ("op", "mode"),
    [
        *((DoubleInPython(), mode) for mode in ("NUMBA", "CVM", "FAST_COMPILE")),
        *((Double(), mode) for mode in C_OR_PYTHON),
    ],
)
def test_old_operations_work(op, mode):
    """The one without `perform` has C code only: it is run on every linker."""
    x = T.dvector("x")
    doubled = op(x)
    outputs = [doubled, T.grad(doubled.sum(), x), doubled.shape, theano.gradient.Rop(doubled, x, x)]
    run = theano.function([x], outputs, mode=mode)
    got = [result.tolist() for result in run(np.array([1.0, 3.0]))]
    assert got == [[2, 6], [2, 2], [2], [2, 6]]
    assert isinstance(pt.add, theano.Op)


# Odds and ends.


def test_python_2_is_python_3():
    assert list(six.iteritems({"a": 1})) == [("a", 1)]
    assert list(xrange(2)) == [0, 1]
    assert theano.compat.exc_message(ValueError("no")) == "no"

    class Meta(type):
        pass

    class Derived(six.with_metaclass(Meta, dict)):
        pass

    assert type(Derived) is Meta
    assert Derived.__bases__ == (dict,)


def test_gpus_are_none():
    assert not cuda.cuda_available
    assert cuda.cuda_ndarray.cuda_ndarray.mem_info() == (0, 0)
    with pytest.warns(UserWarning, match="has no effect"):
        cuda.use("gpu0")
    with pytest.raises(ValueError, match="no GPU context 'dev0'"):
        theano.gpuarray.type.get_context("dev0")


@pytest.mark.filterwarnings("ignore:Numba will use object mode:UserWarning")
class TestShapes(unittest_tools.InferShapeTester):
    def test_infer_shape(self):
        x = T.dvector()
        self._compile_and_check([x], [Double()(x)], [np.ones(3)], Double)


def test_names_of_python_stay_pythons_inside_the_modules() -> None:
    """Catches a module whose functions call a tensor's `max` once somebody has read it there."""
    from pytensor_unpool.compat.theano.tensor import basic

    assert basic.max is not max
    x = T.matrix("x")
    assert basic.tile(x, (2,), ndim=4).type.ndim == 4
    assert "max" not in vars(basic)
