"""Operations as old code wrote them, each with the gradient x ** 2 in some way."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from pytensor_unpool.compat import theano
from pytensor_unpool.compat.theano import scalar
from pytensor_unpool.compat.theano import tensor as T  # noqa: N812

X = np.array([2.0, 3.0, -1.0])


def square(inputs: Any, gradients: Any) -> list[Any]:
    """No operation here has this gradient of its own: x ** 2."""
    return [inputs[0] ** 2 * gradients[0]]


def square_of_output(inputs: Any, outputs: Any, gradients: Any) -> list[Any]:
    return [inputs[0] ** 2 * gradients[0] + 0 * outputs[0]]


def square_alone(inputs: Any, outputs: Any, gradients: Any) -> Any:
    return square_of_output(inputs, outputs, gradients)[0]


class View(theano.compile.ViewOp):
    def grad(self, inputs, gradients):
        return square(inputs, gradients)


class ViewByL(theano.compile.ops.ViewOp):
    def L_op(self, inputs, outputs, gradients):  # noqa: N802
        return square_of_output(inputs, outputs, gradients)


class Exp(T.Elemwise):
    def __init__(self):
        super().__init__(scalar.exp)

    def grad(self, inputs, gradients):
        return square(inputs, gradients)


class Tanh(scalar.basic.Tanh):
    def grad(self, inputs, gradients):
        return square(inputs, gradients)


class Rounded(scalar.UnaryScalarOp):
    """Of BinaryNet: it has no gradient but its own, and C code alone where it was written."""

    def impl(self, x):
        return np.round(x)

    def c_code(self, node, name, inputs, outputs, sub):
        return f"{outputs[0]} = round({inputs[0]});"

    def c_headers(self):
        return ["<math.h>"]

    def c_code_cache_version(self):
        return (1,)

    def grad(self, inputs, gradients):
        return square(inputs, gradients)


class Own(theano.Op):
    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] + 1

    def infer_shape(self, node, shapes):
        return shapes


class Inner(theano.OpFromGraph):
    def __init__(self):
        x = T.dvector()
        super().__init__([x], [T.nnet.relu(x)])

    def grad(self, inputs, gradients):
        return square(inputs, gradients)


def relu(**options: Any) -> Any:
    x = T.dvector()
    return theano.OpFromGraph([x], [T.nnet.relu(x)], **options)


def changed(op: Any, **overrides: Any) -> Any:
    for name, override in overrides.items():
        setattr(op, name, override)
    return op


def by_decorator() -> Any:
    op = theano.compile.as_op(itypes=[T.dvector], otypes=[T.dvector])(lambda x: x + 1)
    op.grad = square
    return op


WRITTEN: dict[str, Callable[[], Any]] = {
    "subclass": View,
    "subclass, L_op": ViewByL,
    "Elemwise": Exp,
    "scalar": lambda: T.Elemwise(Tanh(scalar.upgrade_to_float, name="tanh")),
    "scalar in C": lambda: T.elemwise.Elemwise(Rounded(scalar.same_out_nocomplex, name="round")),
    "copy": lambda: changed(copy.copy(T.nnet.sigmoid), grad=square),
    "deepcopy": lambda: changed(copy.deepcopy(T.exp), L_op=square_of_output),
    "instance": lambda: changed(T.Elemwise(scalar.exp), grad=square),
    "Op": lambda: changed(Own(), grad=square),
    "as_op": by_decorator,
    "OpFromGraph": lambda: changed(relu(), grad=square),
    "OpFromGraph, L_op": lambda: changed(relu(inline=True), L_op=square_of_output),
    "OpFromGraph, subclass": Inner,
    "grad_overrides": lambda: relu(grad_overrides=square),
    "lop_overrides": lambda: relu(lop_overrides=[square_alone]),
}
