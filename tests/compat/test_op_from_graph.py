"""`theano.OpFromGraph`: its arguments, its shared variables, and the gradients that it is given."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile import builders

from pytensor_unpool.compat import theano
from pytensor_unpool.compat.theano import tensor as T  # noqa: N812
from pytensor_unpool.errors import ArgumentError


def run(inputs, outputs, *values):
    return theano.function(inputs, outputs, mode="FAST_COMPILE")(*values)


def product(**options):
    x, y = T.dscalars("x", "y")
    return theano.OpFromGraph([x, y], [x * y], **options)


def scaled(inputs, gradients):
    return [10 * gradients[0], 20 * gradients[0]]


def scaled_first(inputs, gradients):
    return 10 * gradients[0]


def with_output(inputs, outputs, gradients):
    return [outputs[0] * gradients[0], inputs[0] * 0 + 7]


def of_types(kind):
    x, y, g = T.dscalars("x", "y", "g")
    return kind([x, y, g], [10 * g, 20 * g], on_unused_input="ignore")


NULL = theano.gradient.NullType("not here")()
DISCONNECTED = theano.gradient.DisconnectedType()()


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [5, 3]),
        ({"grad_overrides": None}, [5, 3]),
        ({"inline": True}, [5, 3]),
        ({"grad_overrides": scaled}, [10, 20]),
        ({"grad_overrides": scaled, "inline": True}, [10, 20]),
        ({"grad_overrides": [scaled_first, "default"]}, [10, 3]),
        ({"grad_overrides": ["default", scaled_first]}, [5, 10]),
        ({"grad_overrides": ["default", DISCONNECTED]}, [5, 0]),
        ({"grad_overrides": of_types(theano.OpFromGraph)}, [10, 20]),
        ({"grad_overrides": of_types(builders.OpFromGraph)}, [10, 20]),
        ({"lop_overrides": with_output}, [15, 7]),
    ],
    # The functions' text holds their addresses, which differ between processes.
    ids=lambda value: ", ".join(value) or "none" if isinstance(value, dict) else str(value),
)
def test_gradients_are_overridden_by_arguments(options, wanted):
    op = product(**options)
    x, y = T.dscalars("x", "y")
    z = op(x, y)
    gradients = T.grad(z, [x, y], disconnected_inputs="ignore")
    assert [float(value) for value in run([x, y], [z, *gradients], 3.0, 5.0)] == [15, *wanted]


def test_overrides_of_old_functions_may_use_shared_variables():
    """Catches PyTensor 3.3, whose operations are made of nothing but their inputs."""
    rate, x = theano.shared(4.0, name="rate"), T.dscalar("x")
    op = theano.OpFromGraph([x], [x + 1], grad_overrides=lambda _, gradients: [rate * gradients[0]])
    op_with_rate = theano.OpFromGraph([x], [x * rate])
    y = op(x) * op_with_rate(x)
    got = run([x], [y, T.grad(y, x), T.grad(y, rate)], 3.0)
    assert [float(value) for value in got] == [48, 4 * 12 + 4 * 4, 12]
    rate.set_value(1.0)
    assert float(run([x], y, 3.0)) == 12


def test_overrides_can_be_set_later_and_differ_in_the_r_operator():
    op, plain = product(), product()
    op.set_grad_overrides(scaled)
    op.set_rop_overrides([lambda inputs, points: 100 * points[0]])
    x, y = T.dscalars("x", "y")
    forward = theano.gradient.Rop(op(x, y), [x, y], [x, y])
    default = theano.gradient.Rop(product(grad_overrides=scaled)(x, y), [x, y], [x, y])
    got = run([x, y], [*T.grad(op(x, y), [x, y]), forward, default], 3.0, 5.0)
    assert [float(value) for value in got] == [10, 20, 300, 30]
    assert op != plain
    op.set_lop_overrides("default")
    assert [float(value) for value in run([x, y], T.grad(op(x, y), [x, y]), 3.0, 5.0)] == [5, 3]


def test_equal_graphs_of_other_gradients_stay_apart():
    """Catches PyTensor, which merges equal operations inside of others before differentiating."""
    x = T.dvector("x")
    ops = [theano.OpFromGraph([x], [2 * x]) for _ in range(3)]
    ops[0].grad = lambda _, gradients: [10 * gradients[0]]
    ops[1].grad = lambda _, gradients: [100 * gradients[0]]
    outer = theano.OpFromGraph([x], [sum(op(x) for op in ops)])
    assert run([x], T.grad(outer(x).sum(), x), [1.0]).tolist() == [112]
    assert ops[0] != ops[1] != ops[2]


def test_a_gradient_makes_a_connection():
    """Catches an output that depends on the input by the gradient that was written alone."""
    x = T.dvector("x")
    op = theano.OpFromGraph([x], [theano.gradient.disconnected_grad(pt.sign(x))])
    op.grad = lambda inputs, gradients: [gradients[0] * (abs(inputs[0]) < 1)]
    assert run([x], T.grad(op(x).sum(), x), [0.5, 2.0]).tolist() == [1, 0]
    pattern = [[False]]
    cut = theano.OpFromGraph([x], [T.exp(x)], connection_pattern=pattern, grad_overrides=[NULL])
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(cut(x).sum(), x)


def test_several_outputs_of_which_one_is_used():
    x = T.dvector("x")
    op = theano.OpFromGraph([x], [T.exp(x), 3 * x], lop_overrides=lambda i, o, g: [g[0] + 2 * g[1]])
    assert run([x], T.grad(op(x)[1].sum(), x), [0.5, 2.0]).tolist() == [2, 2]


def test_options_of_compiling_are_taken():
    x = T.dscalar("x")
    op = theano.OpFromGraph([x], [T.exp(x)], False, name="exp", mode="FAST_COMPILE")
    assert float(run([x], op(x), 0.0)) == 1
    assert isinstance(op, builders.OpFromGraph)
    assert isinstance(builders.OpFromGraph([x], [x + 1]), theano.OpFromGraph)


def test_wrong_overrides_are_errors():
    x, y = T.dscalars("x", "y")
    with pytest.raises(ValueError, match="lop_overrides and grad_overrides are mutu"):
        product(lop_overrides=with_output, grad_overrides=scaled)
    with pytest.raises(TypeError, match=r"outputs must be list of variables.*brackets"):
        theano.OpFromGraph([x], x)
    with pytest.raises(ArgumentError, match="grad_overrides must have 2 entries: got 1"):
        product(grad_overrides=["default"])
    with pytest.raises(ArgumentError, match="grad_overrides must be 'default', a function"):
        T.grad(product(grad_overrides=x)(x, y), x)
    with pytest.raises(ArgumentError, match=r"return a list with a gradient for each of its 2"):
        T.grad(product(grad_overrides=lambda _, gradients: gradients)(x, y), x)
    with pytest.raises(theano.gradient.NullTypeGradError, match="not here"):
        T.grad(product(grad_overrides=NULL)(x, y), x)


@pytest.mark.parametrize("mode", ["NUMBA", "CVM"])
def test_guided_backpropagation_in_compiled_modes(mode):
    x, g = T.dvector("x"), T.dvector("g")
    op = theano.OpFromGraph([x], [T.nnet.relu(x)])
    op.grad = lambda inputs, gradients: [gradients[0] * (inputs[0] > 0) * (gradients[0] > 0)]
    guided = theano.gradient.Lop(op(x), x, g)
    got = pytensor.function([x, g], [op(x), guided], mode=mode)([2.0, 3.0, -1.0], [1.0, -1.0, 1.0])
    assert [np.asarray(value).tolist() for value in got] == [[2, 3, 0], [1, 0, 0]]
