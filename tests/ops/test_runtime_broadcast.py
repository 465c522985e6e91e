"""Broadcasting at run time: the Op that rewrites insert, its gradient and its errors."""

import numpy as np
import pytensor
import pytensor.gradient
import pytensor.tensor as pt
import pytest

from pytensor_unpool.ops import RuntimeBroadcast
from tests.support.modes import PYTHON, every_mode

X, LIKE = pt.dmatrix("x"), pt.dmatrix("like")


@every_mode
def test_axes_of_length_1_are_stretched_and_no_others(mode):
    along_all, along_rows = RuntimeBroadcast((0, 1))(X, LIKE), RuntimeBroadcast((0,))(X, LIKE)
    run = pytensor.function([X, LIKE], [along_all, along_rows], mode=mode)
    x = np.array([[5.0, 6.0]])
    assert [y.tolist() for y in run(x, np.zeros((3, 2)))] == [[[5, 6]] * 3] * 2
    wide, tall = run(np.array([[5.0]]), np.zeros((2, 3)))
    assert wide.tolist() == [[5] * 3] * 2
    assert tall.tolist() == [[5], [5]]
    backwards = np.arange(6.0).reshape(3, 2).T
    assert run(backwards, np.zeros((2, 3)))[0].tolist() == [[0, 2, 4], [1, 3, 5]]
    with pytest.raises(ValueError, match="axis -1 has length 2, wanted 3"):
        run(np.zeros((1, 2)), np.zeros((1, 3)))


def test_arrays_of_the_right_shape_are_not_copied():
    for mode in ("FAST_COMPILE", "CVM"):
        run = pytensor.function(
            [pytensor.In(X, borrow=True), LIKE],
            pytensor.Out(RuntimeBroadcast((0, 1))(X, LIKE), borrow=True),
            mode=mode,
        )
        x = np.ones((2, 3))
        assert np.shares_memory(run(x, x), x)


def test_lengths_that_do_not_fit_are_errors_when_the_graph_is_built():
    x = pt.tensor("x", shape=(2, 3))
    with pytest.raises(ValueError, match="axis -2 has length 2, wanted 4"):
        RuntimeBroadcast((0, 1))(x, pt.tensor("like", shape=(4, 3)))
    with pytest.raises(ValueError, match="axis -1"):
        RuntimeBroadcast((1,))(pt.tensor("x", shape=(2, 1)), x, pt.tensor("like", shape=(2, 4)))


def test_static_lengths_are_those_of_the_result():
    x, like = pt.tensor("x", shape=(1, None)), pt.tensor("like", shape=(4, 1))
    assert RuntimeBroadcast((0, 1))(x, like).type.shape == (4, 1)
    assert RuntimeBroadcast((0,))(x, like).type.shape == (4, None)
    assert RuntimeBroadcast((0, 1))(x, pt.tensor("like", shape=(None, 3))).type.shape == (None, 3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 1), (2, 3)])
def test_the_gradient_adds_up_what_is_one_element(shape, rng):
    like = np.zeros((2, 3))
    pytensor.gradient.verify_grad(
        lambda x: RuntimeBroadcast((0, 1))(x, pt.constant(like)), [rng.normal(size=shape)], rng=rng,
        mode=PYTHON,
    )  # fmt: skip


def test_shapes_are_inferred():
    run = pytensor.function([X, LIKE], RuntimeBroadcast((0, 1))(X, LIKE).shape, mode="FAST_COMPILE")
    assert not any(isinstance(n.op, RuntimeBroadcast) for n in run.maker.fgraph.apply_nodes)
    assert run(np.zeros((1, 3)), np.zeros((2, 1))).tolist() == [2, 1]
    assert run(np.zeros((1, 1)), np.zeros((2, 3))).tolist() == [2, 3]
