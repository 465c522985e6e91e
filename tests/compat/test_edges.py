"""Functions of old tensors and networks at the edges of their arguments, as in Theano 1.0.5.

One table: a function, its arguments, what it gives. The values are by hand, or NumPy's where
Theano's documentation refers to NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytest

from pytensor_unpool.compat.theano import tensor
from pytensor_unpool.compat.theano.tensor import nnet, slinalg
from tests.support.edges import Row, check, check_error, name, named, row

pytestmark = pytest.mark.filterwarnings("ignore:softmax of rows")

INF = np.inf
A = np.arange(6.0).reshape(2, 3)
B = np.arange(24.0).reshape(2, 3, 4)
V = np.array([3.0, 1.0, 2.0])
NONE = np.zeros((0, 3))
SINGLE = np.array([-1.0, 0.0, 2.0], dtype="float32")
INTS = np.array([-1, 0, 2], dtype="int8")

JOINING = [
    row(tensor.stack, [V, V], gives=np.stack([V, V])),
    row(tensor.stack, [V, V], -1, gives=np.stack([V, V], -1)),
    row(tensor.stack, [V, V], axis=1, gives=np.stack([V, V], 1)),
    row(tensor.stack, tensors=[V, V], axis=-2, gives=np.stack([V, V], -2)),
    row(tensor.stack, V, V, V, gives=np.stack([V, V, V])),
    row(tensor.stack, [1, 2.5], gives=np.array([1.0, 2.5], "float32")),
    row(tensor.stack, [INTS, INTS], gives=np.stack([INTS, INTS])),
    row(tensor.stack, [NONE, NONE], axis=2, gives=np.zeros((0, 3, 2))),
    row(tensor.flatten, np.float64(5), gives=np.array([5.0])),
    row(tensor.flatten, A, 1, gives=A.ravel()),
    row(tensor.flatten, B, 2, gives=B.reshape(2, 12)),
    row(tensor.flatten, B, outdim=3, gives=B),
    row(tensor.flatten, NONE, 1, gives=np.zeros(0)),
    row(tensor.flatten, NONE, gives=np.zeros(0)),
    row(tensor.tile, V, 0, gives=np.zeros(0)),
    row(tensor.tile, V, 1, gives=V),
    row(tensor.tile, V, (2, 1), gives=np.tile(V, (2, 1))),
    row(tensor.tile, A, (2,), gives=np.tile(A, 2)),
    row(tensor.tile, V, (2,), ndim=3, gives=np.tile(V, (1, 1, 2))),
    row(tensor.tile, NONE, (2, 2), gives=np.zeros((0, 6))),
    row(tensor.tile, INTS, np.array([2, 2]), ndim=2, gives=np.tile(INTS, (2, 2))),
    row(tensor.repeat, A, 0, axis=1, gives=np.zeros((2, 0))),
    row(tensor.repeat, A, 1, axis=-1, gives=A),
    row(tensor.repeat, A, [2, 0], axis=-2, gives=np.repeat(A, [2, 0], 0)),
    row(tensor.repeat, A, 2, gives=np.repeat(A, 2)),
    row(tensor.repeat, NONE, 3, axis=0, gives=NONE),
    row(tensor.repeat, INTS, np.int8(2), gives=np.repeat(INTS, 2)),
    row(tensor.default, None, 3, gives=np.int8(3)),
    row(tensor.unbroadcast, V[None], 0, gives=V[None]),
    row(tensor.patternbroadcast, V[None], (False, False), gives=V[None]),
    row(tensor.patternbroadcast, V[None], [True, False], gives=V[None]),
]

PRODUCTS = [
    row(tensor.batched_dot, V, V, gives=V * V),
    row(tensor.batched_dot, V[:2], A, gives=V[:2, None] * A),
    row(tensor.batched_dot, B, V[:2], gives=B * V[:2, None, None]),
    row(tensor.batched_dot, A, A, gives=(A * A).sum(1)),
    row(tensor.batched_dot, A, B, gives=np.einsum("ni,nij->nj", A, B)),
    row(tensor.batched_dot, B.swapaxes(1, 2), A, gives=np.einsum("nij,ni->nj", B, A)),
    row(tensor.batched_dot, NONE, NONE, gives=np.zeros(0)),
    row(tensor.batched_dot, A[:, :0], A[:, :0], gives=np.zeros(2)),
    row(tensor.batched_dot, A.astype("float32"), A, gives=(A * A).sum(1)),
    row(tensor.batched_dot, A.astype("int8"), A.astype("int8"), gives=np.array([5, 50], "int8")),
    row(tensor.batched_tensordot, A, A, 1, gives=(A * A).sum(1)),
    row(tensor.batched_tensordot, A, A, 0, gives=A[:, :, None] * A[:, None]),
    row(tensor.batched_tensordot, B, B, 2, gives=(B * B).sum((1, 2))),
    row(tensor.batched_tensordot, B, B, [[-1], [-1]], gives=np.einsum("nij,nkj->nik", B, B)),
    row(tensor.batched_tensordot, B, B, [1, 1], gives=np.einsum("nij,nik->njk", B, B)),
    row(slinalg.solve_lower_triangular, [[2.0, 9], [1, 4]], [2.0, 9], gives=np.array([1.0, 2])),
    row(slinalg.solve_upper_triangular, [[2.0, 1], [9, 4]], [4.0, 8], gives=np.array([1.0, 2])),
]

SORTING = [
    row(tensor.topk, V, 1, sorted=False, gives=np.array([3.0])),
    row(tensor.topk, V, -1, sorted=False, gives=np.array([1.0])),
    row(tensor.topk, A, 1, 0, sorted=False, gives=A[1:]),
    row(tensor.topk, A, 1, -2, sorted=False, gives=A[1:]),
    row(tensor.topk, A, 1, None, sorted=False, gives=np.array([5.0])),
    row(tensor.argtopk, V, 1, sorted=False, gives=np.array([0])),
    row(tensor.argtopk, V, 1, sorted=False, idx_dtype="int8", gives=np.array([0], "int8")),
    row(tensor.argtopk, A, -1, None, sorted=False, gives=np.array([0])),
    row(tensor.argtopk, INTS, 1, sorted=False, gives=np.array([2])),
]

ACTIVATIONS = [
    row(nnet.relu, SINGLE, gives=np.array([0, 0, 2], "float32")),
    row(nnet.relu, SINGLE, 0.5, gives=np.array([-0.5, 0, 2], "float32")),
    row(nnet.relu, SINGLE, 1, gives=SINGLE),
    row(nnet.relu, V[:0], gives=V[:0]),
    row(nnet.relu, A - 2, V, gives=np.where(A > 2, A - 2, (A - 2) * V)),
    row(nnet.elu, SINGLE, gives=np.array([np.expm1(-1), 0, 2], "float32")),
    row(nnet.elu, SINGLE, 0, gives=np.array([0, 0, 2], "float32")),
    row(nnet.elu, [-INF, INF], 2.0, gives=np.array([-2, INF])),
    row(nnet.selu, [0.0, 1.0], gives=np.array([0, 1.0507009873554805])),
    row(nnet.softsign, SINGLE, gives=np.array([-0.5, 0, 2 / 3], "float32")),
    row(nnet.sigmoid, [-INF, 0.0, INF], gives=np.array([0, 0.5, 1])),
    row(nnet.sigmoid, INTS[1:2], gives=np.array([0.5], "float32")),
    row(nnet.hard_sigmoid, [-2.5, -2.6, 0.0, 2.5, 9.0], gives=np.array([0, 0, 0.5, 1, 1])),
    row(nnet.hard_sigmoid, INTS, gives=np.array([0.3, 0.5, 0.9], "float32")),
    row(nnet.hard_sigmoid, INTS.astype("int32"), gives=np.array([0.3, 0.5, 0.9])),
    row(nnet.ultra_fast_sigmoid, np.zeros(1, "float32"), gives=np.array([0.5], "float32")),
    row(nnet.ultra_fast_sigmoid, [9.0], gives=np.array([0.997527376843365])),
    row(nnet.softplus, [-INF, 0.0, INF], gives=np.array([0, np.log(2), INF])),
]

SOFTMAXES = [
    row(nnet.softmax, [0.0, 0.0], gives=np.array([[0.5, 0.5]])),
    row(nnet.softmax, [[5.0], [7.0]], gives=np.ones((2, 1))),
    row(nnet.softmax, np.zeros((0, 3)), gives=np.zeros((0, 3))),
    row(nnet.softmax, [1000.0, 0.0], gives=np.array([[1.0, 0.0]])),
    row(nnet.softmax, SINGLE * 0, gives=np.full((1, 3), 1 / 3, "float32")),
    row(nnet.logsoftmax, [1000.0, 0.0], gives=np.array([[0.0, -1000.0]])),
    row(nnet.softmax_graph, A * 0, gives=np.full((2, 3), 1 / 3)),
    row(nnet.softmax_with_bias, A * 0, [0.0, -INF, 0.0], gives=np.array([[0.5, 0, 0.5]] * 2)),
    row(nnet.binary_crossentropy, 0.5, 1, gives=np.float32(np.log(2))),
    row(nnet.binary_crossentropy, [0.5, 0.25], INTS[1], gives=np.log([2, 4 / 3])),
    row(
        nnet.sigmoid_binary_crossentropy,
        [0.0, 800.0, -800.0],
        np.array([1, 0, 1]),
        gives=np.array([np.log(2), 800, 800]),
    ),
    row(nnet.categorical_crossentropy, [[0.5, 0.5]], [[0.0, 1.0]], gives=np.log([2.0])),
    row(nnet.categorical_crossentropy, [[0.25, 0.75]], np.array([0], "int8"), gives=np.log([4.0])),
    row(
        nnet.categorical_crossentropy,
        np.full((2, 3, 2), 0.5),
        np.full((2, 3, 2), 0.5),
        gives=np.full((2, 3), np.log(2)),
    ),
    row(nnet.categorical_crossentropy, np.zeros((0, 2)), np.zeros(0, int), gives=np.zeros(0)),
    row(
        lambda x, y: nnet.confusion_matrix(x, y)[0],
        [0, 2, 2],
        [0, 0, 2],
        gives=np.array([[1, 0], [1, 1]]),
    ),
    row(lambda x, y: nnet.confusion_matrix(x, y)[1], [-1, 5], [5, 7], gives=np.array([-1, 5, 7])),
    row(
        lambda x, y: nnet.crossentropy_softmax_1hot(x, y)[0],
        A * 0,
        [0, 2],
        gives=np.log([3.0, 3.0]),
    ),
    row(
        lambda x, y: nnet.crossentropy_softmax_argmax_1hot_with_bias(x, V * 0, y)[2],
        A,
        INTS[1:2].repeat(2),
        gives=np.array([2, 2], "int8"),
    ),
    row(
        nnet.bn.batch_normalization_test,
        A,
        V,
        V,
        V * 0,
        V,
        gives=A * V / np.sqrt(V + 1e-4) + V,
    ),
    row(lambda x: nnet.bn.batch_normalization_train(x, V, V)[0], A * 0, gives=np.stack([V, V])),
    row(
        lambda x: nnet.bn.batch_normalization_train(x, V[:1], V[:1], (1,))[1],
        A,
        gives=np.array([1.0, 4]),
    ),
    row(nnet.prepend_0_to_each_row, SINGLE[None], gives=np.array([[0, -1, 0, 2]], "float32")),
    row(nnet.prepend_1_to_each_row, NONE, gives=np.zeros((0, 4))),
    row(nnet.prepend_scalar_to_each_row, np.float64(5), A, gives=np.insert(A, 0, 5, axis=1)),
]

TABLE = [*JOINING, *PRODUCTS, *SORTING, *ACTIVATIONS, *SOFTMAXES]

ERRORS = [
    (tensor.flatten, (A, 0), ValueError, "ndim must be from 1 to 2: got 0"),
    (tensor.flatten, (A, 3), ValueError, "ndim must be from 1 to 2: got 3"),
    (tensor.flatten, (A, 1, 1), ValueError, "two names of one argument"),
    (tensor.tile, (A, 2, 1), ValueError, "ndim must be at least"),
    (tensor.tile, (V, (2, 2), 1), ValueError, "ndim must be at least"),
    (tensor.repeat, (A, 1.5), TypeError, "repeats must be integer"),
    (tensor.repeat, (A, 1, 2), ValueError, "axis 2 is out of bounds"),
    (tensor.batched_dot, (1.0, V), TypeError, "a must have a batch axis"),
    (tensor.batched_dot, (V, 1.0), TypeError, "b must have a batch axis"),
    (tensor.batched_dot, (A, np.ones((1, 3))), TypeError, "as many items"),
    (tensor.batched_dot, (B, np.ones((3, 4, 2))), TypeError, "as many items"),
    (tensor.batched_tensordot, (A, A, 2), ValueError, "axes must be a number below 2"),
    (tensor.batched_tensordot, (A, A, [[0], [1]]), ValueError, "batch axis"),
    (tensor.topk, (V, 0), ValueError, "and not 0: got 0"),
    (tensor.topk, (V, 4), ValueError, "kth must be at most"),
    (tensor.topk, (V, -4), ValueError, "kth must be at most"),
    (tensor.topk, (A, 1, 2), IndexError, "axis 2 is out of bounds"),
    (tensor.argtopk, (V, 1, -1, False, "float32"), TypeError, "idx_dtype must be an integer type"),
    (nnet.softmax, (B,), ValueError, "must be 1-d or 2-d"),
    (nnet.softmax, (INTS,), ValueError, "must be 1-d or 2-d"),
    (nnet.categorical_crossentropy, (A, B), TypeError, "rank mismatch"),
    (nnet.categorical_crossentropy, (A, V[:2]), TypeError, "integer vector required"),
    (nnet.confusion_matrix, (A, A), TypeError, "must be 1-d"),
]


@pytest.mark.parametrize("entry", TABLE, ids=named)
def test_values(entry: Row) -> None:
    check(entry)


@pytest.mark.parametrize(("f", "arguments", "error", "words"), ERRORS, ids=name)
def test_errors(f: Any, arguments: Any, error: type[Exception], words: str) -> None:
    check_error(f, arguments, error, words)


@pytest.mark.parametrize("many", [False, True])
def test_items_are_not_broadcast_at_run_time(many: bool) -> None:
    a, b = tensor.tensor("float64", (not many, False, False)), tensor.tensor3()
    run = pytensor.function([a, b], tensor.batched_dot(a, b), mode="FAST_COMPILE")
    np.testing.assert_array_equal(run(np.ones((1, 1, 3)), np.ones((1, 3, 1))), [[[3.0]]])
    with pytest.raises(ValueError if many else TypeError, match=r"broadcast|as many items"):
        run(np.ones((1, 1, 3)), np.ones((2, 3, 1)))


@pytest.mark.parametrize("kth", [0, 4, -4])
def test_the_number_of_elements_is_checked_at_run_time(kth: int) -> None:
    x, k = tensor.vector(), tensor.iscalar()
    for which, inputs in ((k, {x: V, k: kth}), (kth or 9, {x: V})):
        with pytest.raises(ValueError, match="kth must be at most"):
            tensor.topk(x, which, sorted=False).eval(inputs, mode="FAST_COMPILE")
