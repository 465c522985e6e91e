"""Un-pool where an image equals its repeated maxima; and by the first maximum of four slices.

Prints:
    [[0.0, 0.0, 0.0, 0.0], [0.0, 10.0, 0.0, 20.0], [0.0, 0.0, 30.0, 0.0], [0.0, 40.0, 30.0, 0.0]]
    [[0, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]]
"""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.signal.downsample import max_pool_2d

x, z = T.tensor4("x"), T.tensor4("z")


def repeat(y):
    return T.repeat(T.repeat(y, 2, axis=2), 2, axis=3)


equal = T.eq(x, repeat(max_pool_2d(x, ds=(2, 2)))) * repeat(z)

# The place of the maximum among four strided slices: the first one, where several are equal.
slices = T.stack(x[:, :, ::2, ::2], x[:, :, ::2, 1::2], x[:, :, 1::2, ::2], x[:, :, 1::2, 1::2])
index = T.argmax(slices, axis=0)
location = T.zeros_like(x, dtype="int32")
for row in range(2):
    for column in range(2):
        here = T.eq(index, 2 * row + column)
        location = T.set_subtensor(location[:, :, row::2, column::2], T.cast(here, "int32"))

f = theano.function([x, z], [equal, location])
image = np.arange(16, dtype=theano.config.floatX).reshape(1, 1, 4, 4)
image[0, 0, 2:, 2:] = [[9, 1], [9, 2]]
values = np.array([[10, 20], [40, 30]], dtype=theano.config.floatX).reshape(1, 1, 2, 2)
for result in f(image, values):
    print(result[0, 0].tolist())
