"""Types of what old names return, and of what functions, scans and updates accept.

Theano's types say which lengths are 1 for good. The expected patterns are those of its `make_node`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytensor
import pytest
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.tensor.subtensor import Subtensor

import pytensor_unpool
from pytensor_unpool.compat import theano
from pytensor_unpool.compat.static_shape import UnspecifyShape
from pytensor_unpool.compat.theano import tensor as T  # noqa: N812
from pytensor_unpool.compat.theano.ifelse import ifelse
from pytensor_unpool.compat.theano.sandbox.neighbours import images2neibs
from pytensor_unpool.compat.theano.scan_module import until
from pytensor_unpool.compat.theano.tensor.signal import pool

MODES = ["FAST_COMPILE", "CVM"]


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with pytensor_unpool.installed():
        yield


def shared(*shape: int) -> Any:
    return theano.shared(np.ones(shape))


# What old names return.


@pytest.mark.parametrize("ones", [(), (0,), (1,), (0, 1), (0, 1, 2, 3)])
def test_convolutions_have_the_batch_of_images_and_the_channels_of_the_kernel(
    ones: tuple[int, ...],
) -> None:

    x = T.TensorType("float64", [axis in ones for axis in range(4)])()
    w = T.TensorType("float64", [axis == 0 for axis in range(4)])()
    y = T.nnet.conv2d(x, w, input_shape=(1, 1, 1, 1), filter_shape=(1, 1, 1, 1))
    assert y.type.broadcastable == (0 in ones, True, False, False)
    assert {n for n in y.type.shape if n != 1} == {None}
    dx = T.nnet.abstract_conv.conv2d_grad_wrt_inputs(y, w, (1, 1, 1, 1))
    assert dx.type.broadcastable == (0 in ones, False, False, False)
    dw = T.nnet.abstract_conv.conv2d_grad_wrt_weights(x, y, (1, 1, 1, 1))
    assert dw.type.broadcastable == (True, 1 in ones, False, False)


def test_pooled_axes_are_never_1_for_good() -> None:
    x = T.ones((1, 2, 1, 4))
    assert pool.pool_2d(x, (1, 4), ignore_border=True).type.shape == (1, None, None, None)
    assert pool.pool_3d(x, (2, 1, 4), ignore_border=True).type.shape == (1, None, None, None)
    assert pool.MaxPoolGrad(True)(x, x, x, (1, 1)).type == x.type
    assert pool.AveragePoolGrad(True)(x, x, (1, 1)).type == x.type


def test_patches_are_a_matrix_of_any_shape() -> None:
    assert images2neibs(T.ones((1, 1, 2, 2)), (2, 2)).type == T.dmatrix().type


def test_unbroadcast_axes_cost_nothing() -> None:
    """They are a view; taking the only item would be a copy."""

    x = T.drow("x")
    y = T.unbroadcast(x, 0)
    assert y.type == T.dmatrix().type
    f = theano.function([x], y.sum(), mode="CVM")
    ops = [node.op for node in f.maker.fgraph.toposort()]
    assert not any(isinstance(op, UnspecifyShape | Subtensor) for op in ops)
    assert f([[1.0, 2.0]]) == 3.0
    assert T.grad(y.sum(), x).type == x.type


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "CVM", "NUMBA"])
def test_gradients_have_the_type_of_what_they_are_the_gradient_of(mode: str) -> None:
    x, w, change = T.dtensor4("x"), shared(20, 1, 5, 5), shared(20, 1, 5, 5)
    y = T.nnet.conv2d(x, w, input_shape=(None, 1, 28, 28), filter_shape=(20, 1, 5, 5))
    gradient = T.grad(y.sum(), w)
    assert gradient.type == w.type
    step = theano.function([x], [], updates=[(change, gradient)], mode=mode)
    step(np.ones((2, 1, 28, 28)))
    # Each weight meets 24 x 24 pixels of two images, all ones.
    np.testing.assert_array_equal(change.get_value(), np.full((20, 1, 5, 5), 1152.0))
    (product,) = T.Lop([y], [w], [T.ones_like(y)])
    assert product.type == w.type


# What functions accept.


@pytest.mark.parametrize("mode", ["FAST_COMPILE"])
@pytest.mark.parametrize("container", [list, dict])
def test_updates_may_say_more_of_their_shape(container: Any, mode: str) -> None:
    x, s, t = T.dvector("x"), shared(3), shared(2, 2)
    step = theano.function(
        [x], [], updates=container([(s, x[:1]), (t, T.zeros((1, 2)))]), mode=mode
    )
    step([5.0, 6.0])
    assert s.get_value().tolist() == [5.0]
    assert t.get_value().tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("mode", ["FAST_COMPILE"])
def test_default_updates_may_say_more_of_their_shape(mode: str) -> None:
    x, w, mean = T.dtensor4("x"), shared(16, 3, 3, 3), theano.shared(np.zeros(16))
    maps = T.nnet.conv2d(x, w, filter_shape=(16, 3, 3, 3))
    mean.default_update = 0.9 * mean + 0.1 * maps.mean((0, 2, 3))
    assert mean.default_update.type == mean.type
    theano.function([x], mean * 1, mode=mode)(np.ones((1, 3, 5, 5)))
    # 27 ones for each weight.
    np.testing.assert_allclose(mean.get_value(), np.full(16, 2.7))


def test_default_updates_of_other_code_are_pytensors() -> None:
    """Catches a property that stays replaced."""
    own = SharedVariable.default_update
    pytensor_unpool.uninstall()
    assert SharedVariable.default_update is not own
    pytensor_unpool.install()


@pytest.mark.parametrize(("rows", "mode"), [(None, "FAST_COMPILE"), (8, "CVM")])
def test_batch_normalization_after_a_convolution(
    rows: int | None, mode: str, rng: np.random.Generator
) -> None:
    """As in Lasagne: running means are clones of shared variables, with default updates."""

    x, w = T.dtensor4("x"), theano.shared(rng.normal(size=(4, 1, 3, 3)))
    maps = T.nnet.conv2d(x, w, input_shape=(None, 1, rows, rows), filter_shape=(4, 1, 3, 3))
    mean, inv_std = maps.mean((0, 2, 3)), T.inv(T.sqrt(maps.var((0, 2, 3)) + 1e-4))
    stored = [theano.shared(np.zeros(4)), theano.shared(np.ones(4))]
    running = [theano.clone(value, share_inputs=False) for value in stored]
    for clone, value in zip(running, (mean, inv_std), strict=True):
        clone.default_update = 0.5 * clone + 0.5 * value
    mean, inv_std = mean + 0 * running[0], inv_std + 0 * running[1]
    pattern = ["x", 0, "x", "x"]
    normal = (maps - mean.dimshuffle(pattern)) * inv_std.dimshuffle(pattern)
    velocity = theano.shared(np.zeros((4, 1, 3, 3)))
    gradient = T.grad((normal**3).mean(), w)
    updates = [(velocity, 0.9 * velocity + gradient), (w, w - velocity)]
    step = theano.function([x], [mean, normal], updates=updates, mode=mode)
    means, normalized = step(rng.normal(size=(2, 1, 8, 8)))
    np.testing.assert_allclose(stored[0].get_value(), 0.5 * means)
    np.testing.assert_allclose(normalized.mean((0, 2, 3)), 0, atol=1e-12)
    assert velocity.get_value().shape == (4, 1, 3, 3)


# What scans accept.


def compiled(inputs: list[Any], outputs: Any, updates: Any, mode: str) -> Any:
    """Compile a scan, whose steps PyTensor would compile in C in Python's mode, too."""
    with pytensor.config.change_flags(**({"cxx": ""} if mode == "FAST_COMPILE" else {})):
        return theano.function(inputs, outputs, updates=updates, mode=mode)


@pytest.mark.parametrize("mode", MODES)
def test_steps_may_say_more_of_a_state(mode: str) -> None:
    h0, w = T.dtensor4("h0"), shared(1, 1, 3, 3)

    def step(h: Any) -> Any:
        return T.nnet.conv2d(
            h, w, input_shape=(2, 1, 8, 8), filter_shape=(1, 1, 3, 3), border_mode="half"
        )

    states, updates = theano.scan(step, outputs_info=[h0], n_steps=3)
    gradient = T.grad(states[-1].sum(), w)
    assert gradient.type == w.type
    f = compiled([h0], [states, gradient], updates, mode)
    values, slopes = f(np.ones((2, 1, 8, 8)))
    assert values.shape == (3, 2, 1, 8, 8)
    assert values[0, 0, 0, 0, 0] == 4.0
    assert values[1, 0, 0, 1, 1] == 4 + 4 * 6 + 4 * 9
    # The sum is homogeneous of degree 3 in the kernel.
    np.testing.assert_allclose(slopes.sum(), 3 * values[-1].sum())


@pytest.mark.parametrize("mode", MODES)
def test_states_of_several_taps_and_sequences(mode: str) -> None:
    """Catches a state that is given the type of another argument."""

    start, pairs, total = T.dmatrix("start"), T.dvector("pairs"), shared(1)

    def step(a: Any, b: Any, h: Any, before: Any, last: Any, factor: Any) -> Any:
        return [h[:1] * factor, (before + last)[:1], a + b], {total: total[:1] + a}

    outputs, updates = theano.scan(
        step,
        sequences=[T.arange(3.0), {"input": T.arange(4.0), "taps": [1]}],
        outputs_info=[pairs, {"initial": start, "taps": [-2, -1]}, None],
        non_sequences=[T.constant(2.0)],
    )
    f = compiled([pairs, start], outputs, updates, mode)
    powers, fibonacci, sums = f([1.0], [[1.0], [1.0]])
    assert powers.ravel().tolist() == [2.0, 4.0, 8.0]
    assert fibonacci.ravel().tolist() == [2.0, 3.0, 5.0]
    assert sums.tolist() == [1.0, 3.0, 5.0]
    assert total.get_value().tolist() == [4.0]


@pytest.mark.parametrize("mode", ["FAST_COMPILE"])
def test_loops_end_where_the_step_says(mode: str) -> None:
    h0 = T.dvector("h0")
    states, _ = theano.scan(lambda h: ((2 * h)[:1], until(h[0] > 3)), outputs_info=h0, n_steps=10)
    assert compiled([h0], states, {}, mode)([1.0]).ravel().tolist() == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("mode", ["FAST_COMPILE"])
def test_branches_may_differ_in_what_their_types_say(mode: str) -> None:
    condition, x = T.iscalar("condition"), T.dvector("x")
    f = theano.function([condition, x], ifelse(condition, T.zeros(3), x), mode=mode)
    assert f(1, [5.0]).tolist() == [0.0, 0.0, 0.0]
    assert f(0, [5.0]).tolist() == [5.0]


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "CVM", "NUMBA"])
def test_the_op_is_the_identity_with_all_derivatives(mode: str) -> None:
    x = T.dcol("x")
    y = UnspecifyShape((None, None))(x)
    v = T.dmatrix("v")
    curvature = T.grad((T.grad((y**3).sum(), x) * v[:, :1]).sum(), x)
    f = theano.function([x, v], [y, curvature, T.Rop(y**2, x, x)], mode=mode)
    values, slopes, tangents = f([[1.0], [2.0]], [[1.0], [1.0]])
    assert values.tolist() == [[1.0], [2.0]]
    assert slopes.tolist() == [[6.0], [12.0]]
    assert tangents.tolist() == [[2.0], [8.0]]
