"""Gradients that old code gave to operations of Theano: they are what differentiates."""

import copy
from typing import Any

import numpy as np
import pytest
from pytensor.compile import ops as new_ops
from pytensor.tensor.elemwise import Elemwise

from pytensor_unpool.compat import theano
from pytensor_unpool.compat.theano import scalar
from pytensor_unpool.compat.theano import tensor as T  # noqa: N812
from pytensor_unpool.errors import ArgumentError
from tests.support.old_operations import (
    WRITTEN,
    Own,
    View,
    X,
    changed,
    relu,
    square,
    square_of_output,
)


def derivatives(op: Any, times: int) -> tuple[Any, list[Any]]:
    x = T.dvector("x")
    results = [op(x)]
    for _ in range(times):
        results.append(T.grad(results[-1].sum(), x))
    return x, results[1:]


@pytest.mark.parametrize("written", WRITTEN)
def test_gradients_of_old_code_differentiate_to_any_order(written):
    x, results = derivatives(WRITTEN[written](), 3)
    got = theano.function([x], results, mode="FAST_COMPILE")(X)
    np.testing.assert_allclose(got, [X**2, 2 * X, [2, 2, 2]])


@pytest.mark.filterwarnings("ignore:Numba will use object mode:UserWarning")
@pytest.mark.parametrize("mode", ["NUMBA", "CVM"])
@pytest.mark.parametrize("written", ["subclass", "Elemwise", "scalar in C", "copy", "Op"])
def test_gradients_of_old_code_differentiate_in_compiled_modes(written, mode):
    """The values come from PyTensor's kernels, which are found by the class."""
    op = WRITTEN[written]()
    x, results = derivatives(op, 2)
    got = theano.function([x], [op(x), *results], mode=mode)(X)
    values = op(x).eval({x: X}, mode="FAST_COMPILE")
    np.testing.assert_allclose(got, [values, X**2, 2 * X])


SAME = {
    "subclass": theano.compile.ViewOp(),
    "copy": T.nnet.sigmoid,
    "OpFromGraph": T.nnet.relu,
}


@pytest.mark.parametrize("written", WRITTEN)
def test_gradients_of_old_code_differentiate_inside_scan(written):
    """Catches equal operations that PyTensor merges in there, before it differentiates."""
    op, plain = WRITTEN[written](), SAME.get(written, T.exp)
    x, rows = T.dvector("x"), T.dmatrix("rows")
    mapped, _ = theano.scan(lambda row: op(row) + plain(row), sequences=rows)
    repeated, _ = theano.scan(op, outputs_info=x, n_steps=2)
    wanted = [rows**2 + T.grad(plain(rows).sum(), rows), op(x) ** 2 * x**2]
    results = [T.grad(mapped.sum(), rows), T.grad(repeated[-1].sum(), x)]
    got = theano.function([rows, x], [*results, *wanted], mode="FAST_COMPILE")(np.outer(X, X), X)
    for result, value in zip(got[:2], got[2:], strict=True):
        np.testing.assert_allclose(result, value)


class TestWhatOthersWrote:
    def test_guided_backpropagation(self):
        """Of Lasagne's recipe: an operation for each type, whose gradient is a method."""

        class GuidedBackprop:
            def __init__(self, nonlinearity):
                self.nonlinearity, self.ops = nonlinearity, {}

            def __call__(self, x):
                if x.type not in self.ops:
                    inner = x.type()
                    op = theano.OpFromGraph([inner], [self.nonlinearity(inner)])
                    op.grad = self.grad
                    self.ops[x.type] = op
                return self.ops[x.type](x)

            def grad(self, inputs, gradients):
                (x,), (g,) = inputs, gradients
                return (g * (x > 0).astype(x.dtype) * (g > 0).astype(g.dtype),)

        x, g = T.dvector("x"), T.dvector("g")
        guided = theano.gradient.Lop(GuidedBackprop(T.nnet.relu)(x), x, g)
        assert guided.eval({x: X, g: [1, -1, 1]}, mode="FAST_COMPILE").tolist() == [1, 0, 0]

    def test_reversal_of_gradients(self):
        class Rev(theano.compile.ViewOp):
            def grad(self, inputs, gradients):
                return [-3 * gradients[0]]

        x = T.dvector("x")
        y = T.grad(Rev()(x).sum(), x)
        assert y.eval({x: [1, 2]}, mode="FAST_COMPILE").tolist() == [-3, -3]

    def test_reversal_with_a_setting_that_is_no_property(self):
        """Catches the merging of both: `ViewOp` has no `__props__`."""

        class Reverse(theano.compile.ViewOp):
            def __init__(self, strength):
                self.strength = strength

            def grad(self, inputs, gradients):
                return [-self.strength * gradients[0]]

        x = T.dvector()
        both = theano.OpFromGraph([x], [Reverse(1.0)(x) + Reverse(10.0)(x)])
        y = T.grad(both(x).sum(), x)
        assert y.eval({x: [1, 2]}, mode="FAST_COMPILE").tolist() == [-11, -11]
        assert Reverse(1.0) == Reverse(1.0) != Reverse(2.0)


class TestWhichGradient:
    def test_the_nearest_one_counts(self):
        class New(theano.compile.ViewOp):
            def pullback(self, inputs, outputs, gradients):
                return [3 * gradients[0]]

        class Old(New):
            def grad(self, inputs, gradients):
                return [5 * gradients[0]]

        class Newer(Old):
            def pullback(self, inputs, outputs, gradients):
                return [2 * super().pullback(inputs, outputs, gradients)[0]]

        class Both(Old):
            def L_op(self, inputs, outputs, gradients):  # noqa: N802
                return [7 * super().L_op(inputs, outputs, gradients)[0]]

        by_instance = changed(Old(), grad=lambda _, gradients: [11 * gradients[0]])
        x = T.dvector("x")
        ops = [New(), Old(), Newer(), Both(), by_instance]
        results = [T.grad(op(x).sum(), x)[0] for op in ops]
        got = theano.function([x], results, mode="FAST_COMPILE")(X)
        assert [float(y) for y in got] == [3, 5, 10, 35, 11]

    def test_super_gives_the_gradient_of_pytensor(self):
        class Doubled(T.Elemwise):
            def grad(self, inputs, gradients):
                return [2 * g for g in super().grad(inputs, gradients)]

        class DoubledOfScalars(scalar.basic.Exp):
            def L_op(self, inputs, outputs, gradients):  # noqa: N802
                return [2 * g for g in super().L_op(inputs, outputs, gradients)]

        x = T.dvector("x")
        for op in Doubled(scalar.exp), T.Elemwise(DoubledOfScalars(scalar.upgrade_to_float)):
            gradient = T.grad(op(x).sum(), x).eval({x: X}, mode="FAST_COMPILE")
            np.testing.assert_allclose(gradient, 2 * np.exp(X))

    def test_a_gradient_may_come_from_a_class_that_is_no_operation(self):
        class Reversed:
            def grad(self, inputs, gradients):
                return [-gradients[0]]

        class View(Reversed, theano.compile.ViewOp):
            pass

        x = T.dvector("x")
        assert T.grad(View()(x).sum(), x).eval({x: X}, mode="FAST_COMPILE").tolist() == [-1] * 3

    def test_the_r_operator_is_that_of_old_code(self):
        """Catches PyTensor's, which knows nothing of the gradient that was written."""

        class ByPoints(View):
            def R_op(self, inputs, points):  # noqa: N802
                return [7 * points[0]]

        x = T.dvector("x")
        ops = [ByPoints(), View(), copy.copy(T.nnet.sigmoid)]
        ops[2].L_op = square_of_output
        results = [theano.gradient.Rop(op(x), x, x) for op in ops]
        got = theano.function([x], results, mode="FAST_COMPILE")(X)
        np.testing.assert_allclose(got, [7 * X, X**3, X**3])
        guided = relu()
        guided.grad = lambda inputs, gradients: [gradients[0] * (gradients[0] > 0)]
        with pytest.raises(NotImplementedError, match=r"OpFromGraph is not linear.*Write R_op"):
            theano.gradient.Rop(guided(x), x, x)

    def test_none_and_wrong_numbers_of_gradients(self):
        x, y = T.dvectors("x", "y")
        op = changed(T.Elemwise(scalar.add), grad=lambda _, gradients: [gradients[0], None])
        total = op(x, y).sum()
        assert T.grad(total, x).eval({x: X, y: X}, mode="FAST_COMPILE").tolist() == [1, 1, 1]
        with pytest.raises(theano.gradient.NullTypeGradError, match=r"null.*Add|Add.*undefined"):
            T.grad(total, y)
        op = changed(T.Elemwise(scalar.add), grad=lambda _, gradients: gradients)
        with pytest.raises(ArgumentError, match=r"grad of Elemwise must return a list .* 2 inputs"):
            T.grad(op(x, y).sum(), x)

    def test_without_a_gradient_it_is_said_which_class_has_none(self):
        x = T.dvector("x")
        for op in Own(), T.Elemwise(type("NoSlope", (scalar.UnaryScalarOp,), {})(scalar.same_out)):
            with pytest.raises(NotImplementedError, match=r"(Own|NoSlope) has no grad"):
                T.grad(op(x).sum(), x)


class TestWhatCannotBeUsed:
    """Catches the loss of a gradient of an operation that came by none of its old names."""

    def test_an_operation_out_of_a_graph(self):
        x = T.dvector("x")
        y = changed(copy.copy(T.nnet.sigmoid(x).owner.op), grad=square)(x)
        for differentiate in (
            lambda: T.grad(y.sum(), x),
            lambda: T.grad(None, x, known_grads={y: x}),
            lambda: T.Lop(y, x, x),
            lambda: T.Rop([y], [x], [x]),
            lambda: theano.OpFromGraph([x], [y]),
            lambda: theano.scan(lambda _: y, sequences=x),
        ):
            message = r"grad of Elemwise.*would not be used.*copy.copy\(T.exp\)"
            with pytest.raises(NotImplementedError, match=message):
                differentiate()

    def test_a_scalar_operation_out_of_a_graph(self):
        x = T.dvector("x")
        op = Elemwise(changed(copy.copy(T.exp(x).owner.op.scalar_op), grad=square))
        with pytest.raises(NotImplementedError, match=r"grad of Exp would not be used"):
            T.grad(op(x).sum(), x)

    def test_a_class_derived_from_pytensors_own(self):
        class Reversed(new_ops.ViewOp):
            def L_op(self, inputs, outputs, gradients):  # noqa: N802
                return [-gradients[0]]

        class New(Reversed):
            def pullback(self, inputs, outputs, gradients):
                return [-gradients[0]]

        x = T.dvector("x")
        with pytest.raises(NotImplementedError, match=r"L_op of Reversed.*theano\.compile\.ViewOp"):
            T.grad(Reversed()(x).sum(), x)
        assert T.grad(New()(x).sum(), x).eval({x: X}, mode="FAST_COMPILE").tolist() == [-1] * 3
