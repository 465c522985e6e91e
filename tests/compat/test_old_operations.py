"""Operations by their old names: what they compute, their classes, their gradients."""

import copy
import pickle
from importlib import import_module

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.compat import theano

T = theano.tensor


def old(name):
    module, _, attribute = f"pytensor_unpool.compat.{name}".rpartition(".")
    return getattr(import_module(module), attribute)


def test_functions_in_place_overwrite_their_argument():
    x = pt.dvector("x")
    y = old("theano.tensor.inplace.exp_inplace")(x)
    compiled = theano.function([pytensor.In(x, mutable=True)], y, accept_inplace=True, mode="CVM")
    data = np.zeros(2)
    assert compiled(data).tolist() == [1.0, 1.0]
    assert data.tolist() == [1.0, 1.0]
    add = old("theano.tensor.inplace.add_inplace")
    assert pickle.loads(pickle.dumps(add)) == add


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
        (T.extra_ops.Unique, [1, 2]),
        (T.extra_ops.CumOp, [1, 2, 4, 6, 7, 8]),
        (lambda: T.extra_ops.CumOp(mode="mul", axis=-1), [[1, 1], [2, 4], [1, 1]]),
        (lambda: T.extra_ops.CumOp(0), [[1, 1], [3, 3], [4, 4]]),
        (lambda: T.extra_ops.CumsumOp(axis=1), [[1, 2], [2, 4], [1, 2]]),
        (T.extra_ops.CumprodOp, [1, 1, 2, 4, 4, 4]),
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


def test_outputs_come_in_the_form_that_they_are_asked_for():
    format_as = old("theano.gradient.format_as")
    assert format_as(True, False, 1) == [1]
    assert format_as(False, True, [1, 2]) == (1, 2)
    assert format_as(False, False, [1]) == 1
    for flags in ((True, True), (False, False)):
        with pytest.raises(ValueError, match="format_as needs one flag for 2 outputs"):
            format_as(*flags, [1, 2])


def test_symmetric_systems_are_solved():
    solve = old("theano.tensor.slinalg.solve_symmetric")
    x = solve(pt.constant([[2.0, 1.0], [1.0, 3.0]]), pt.constant([4.0, 7.0]))
    assert np.allclose(x.eval(mode="FAST_COMPILE"), [1.0, 2.0])


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
