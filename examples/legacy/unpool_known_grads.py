"""Un-pool by the gradient of pooling: Lasagne's InverseLayer, and masks made of it.

Equal maxima all get the value, and windows that overlap add up.

Prints:
    [[0.0, 0.0, 0.0, 0.0], [0.0, 10.0, 0.0, 20.0], [0.0, 0.0, 0.0, 0.0], [0.0, 30.0, 0.0, 40.0]]
    [[0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0]]
    True
    [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]
    [[0.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]]
"""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.signal import pool

floatX = theano.config.floatX


class InverseLayer(object):
    def __init__(self, layer_input, layer_output):
        self.layer_input, self.layer_output = layer_input, layer_output

    def get_output_for(self, input):
        return theano.grad(None, wrt=self.layer_input, known_grads={self.layer_output: input})


x, z = T.tensor4("x"), T.tensor4("z")
pooled = pool.pool_2d(x, ws=(2, 2), ignore_border=True)
unpooled = InverseLayer(x, pooled).get_output_for(z)
mask = T.grad(T.sum(pooled), wrt=x)
by_mask = mask * z.repeat(2, axis=2).repeat(2, axis=3)
f = theano.function([x, z], [unpooled, mask, by_mask])
image = np.arange(16, dtype=floatX).reshape(1, 1, 4, 4)
values = np.array([[10, 20], [30, 40]], dtype=floatX).reshape(1, 1, 2, 2)
one, two, three = f(image, values)
print(one[0, 0].tolist())
print(two[0, 0].tolist())
print((one == three).all())
print(f(image * 0, values)[1][0, 0].tolist())

overlapping = pool.pool_2d(x, ds=(2, 2), st=(1, 1), ignore_border=True)
g = theano.function([x], T.grad(overlapping.sum(), x))
peak = np.zeros((1, 1, 3, 3), dtype=floatX)
peak[:, :, 1, 1] = 9
print(g(peak)[0, 0].tolist())
