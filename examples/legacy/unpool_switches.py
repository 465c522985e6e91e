"""A pair of Ops of one's own: max-pooling that returns switches, and un-pooling that takes them.

Prints:
    [[5.0, 7.0], [13.0, 15.0]]
    [[3, 3], [3, 3]]
    [[0.0, 0.0, 0.0, 0.0], [0.0, 5.0, 0.0, 7.0], [0.0, 0.0, 0.0, 0.0], [0.0, 13.0, 0.0, 15.0]]
    [[1.0, 1.0], [1.0, 1.0]]
"""

import numpy as np
import theano
import theano.tensor as T


class MaxSwitches(theano.Op):
    __props__ = ("ds",)

    def __init__(self, ds):
        self.ds = tuple(ds)

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.gof.Apply(self, [x], [x.type(), T.ltensor4()])

    def perform(self, node, inputs, outputs):
        (x,) = inputs
        rows, columns = x.shape[2] // self.ds[0], x.shape[3] // self.ds[1]
        values = np.empty(x.shape[:2] + (rows, columns), dtype=x.dtype)
        switches = np.empty(values.shape, dtype="int64")
        for n, c, i, j in np.ndindex(*values.shape):
            window = x[n, c, i * self.ds[0] : (i + 1) * self.ds[0], j * self.ds[1] : (j + 1) * self.ds[1]]
            switches[n, c, i, j] = window.argmax()
            values[n, c, i, j] = window.max()
        outputs[0][0] = values
        outputs[1][0] = switches

    def infer_shape(self, node, in_shapes):
        n, c, h, w = in_shapes[0]
        shape = (n, c, h // self.ds[0], w // self.ds[1])
        return [shape, shape]


class Unpool(theano.Op):
    __props__ = ("ds",)

    def __init__(self, ds):
        self.ds = tuple(ds)

    def make_node(self, values, switches):
        values = T.as_tensor_variable(values)
        return theano.gof.Apply(self, [values, switches], [values.type()])

    def perform(self, node, inputs, outputs):
        values, switches = inputs
        n, c, h, w = values.shape
        out = np.zeros((n, c, h * self.ds[0], w * self.ds[1]), dtype=values.dtype)
        for b, k, i, j in np.ndindex(*values.shape):
            row, column = divmod(switches[b, k, i, j], self.ds[1])
            out[b, k, i * self.ds[0] + row, j * self.ds[1] + column] = values[b, k, i, j]
        outputs[0][0] = out

    def grad(self, inputs, output_gradients):
        values, switches = inputs
        (gz,) = output_gradients
        picked = T.zeros_like(values)
        for k in range(self.ds[0] * self.ds[1]):
            part = gz[:, :, k // self.ds[1] :: self.ds[0], k % self.ds[1] :: self.ds[1]]
            picked = picked + part * T.eq(switches, k)
        return [picked, theano.gradient.grad_undefined(self, 1, switches)]


x = T.tensor4("x")
values, switches = MaxSwitches((2, 2))(x)
v = T.tensor4("v")
unpooled = Unpool((2, 2))(v, switches)
f = theano.function([x], [values, switches])
image = np.arange(16, dtype=theano.config.floatX).reshape(1, 1, 4, 4)
maxima, places = f(image)
print(maxima[0, 0].tolist())
print(places[0, 0].tolist())
g = theano.function([x, v], [unpooled, T.grad(unpooled.sum(), v)])
for result in g(image, maxima):
    print(result[0, 0].tolist())
