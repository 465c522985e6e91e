"""Ops of one's own, with grad, R_op, infer_shape of two arguments, and a gradient check.

Prints:
    [1.0, 8.0, 27.0]
    [3.0, 12.0, 27.0]
    [6.0, 12.0, 18.0]
    (2, 3)
    True
"""

import numpy
import theano
from theano import gof, tensor
from theano.gof import Apply, Op


class Cube(gof.Op):
    __props__ = ()

    def make_node(self, x):
        x = theano.tensor.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        (z,) = output_storage
        z[0] = x ** 3

    def infer_shape(self, node, i0_shapes):
        return i0_shapes

    def grad(self, inputs, output_grads):
        (x,) = inputs
        return [output_grads[0] * 3 * x ** 2]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None:
            return eval_points
        return self.grad(inputs, eval_points)


class CumulativeMax(Op):
    """With the older way to be equal to others of its kind."""

    def __init__(self, axis):
        self.axis = axis

    def __eq__(self, other):
        return type(self) == type(other) and self.axis == other.axis

    def __hash__(self):
        return hash(type(self)) ^ hash(self.axis)

    def make_node(self, x):
        x = tensor.as_tensor_variable(x)
        return Apply(self, [x], [tensor.TensorType(x.dtype, x.broadcastable)()])

    def perform(self, node, inp, out):
        out[0][0] = numpy.maximum.accumulate(inp[0], axis=self.axis)

    def infer_shape(self, node, shapes):
        return [shapes[0]]


x = tensor.vector("x")
y = Cube()(x)
f = theano.function([x], [y, tensor.grad(y.sum(), x)])
value = numpy.array([1, 2, 3], dtype=theano.config.floatX)
for result in f(value):
    print(result.tolist())
second = theano.grad(theano.grad(y.sum(), x).sum(), x)
print(second.eval({x: value}).tolist())
m = tensor.matrix("m")
shape = theano.function([m], CumulativeMax(1)(m).shape)
print(tuple(int(n) for n in shape(numpy.zeros((2, 3), dtype=theano.config.floatX))))
theano.tests.unittest_tools.verify_grad(
    Cube(), [numpy.random.RandomState(1).rand(4)], rng=numpy.random.RandomState(2)
)
running = CumulativeMax(0)(m).eval({m: numpy.array([[1, 5], [4, 2]], dtype=theano.config.floatX)})
print(running.tolist() == [[1, 5], [4, 5]])
