"""Un-pool to a random element of each window, or to all: the depoolers of motion synthesis.

Prints:
    True
    True
    [[1.0, 1.0, 2.0, 2.0, 3.0, 3.0]]
"""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams

theano_rng = RandomStreams(23455)
X = T.tensor3("X")


def depool_random(x, shape):
    u = theano_rng.uniform(size=(shape[0], shape[1], shape[2], 2), dtype=theano.config.floatX)
    mask = T.floor(u / u.max(axis=3).dimshuffle(0, 1, 2, "x"))
    return (mask * x.dimshuffle(0, 1, 2, "x")).reshape((shape[0], shape[1], shape[2] * 2))


shape = (2, 3, 50)
f = theano.function([X], depool_random(X, shape))
values = np.arange(1, 301, dtype=theano.config.floatX).reshape(shape)
out = f(values)
print((out.reshape(2, 3, 50, 2).sum(axis=3) == values).all())
print((f(values) != out).any())
half = T.matrix("half")
print(half.repeat(2, axis=1).eval({half: np.array([[1, 2, 3]], theano.config.floatX)}).tolist())
