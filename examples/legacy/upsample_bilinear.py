"""Upsample linearly, and by shuffling channels into space.

Prints:
    [0.0, 0.5, 1.0, 1.0]
    (1, 1, 4, 4)
    [[0.0, 4.0, 1.0, 5.0], [8.0, 12.0, 9.0, 13.0], [2.0, 6.0, 3.0, 7.0], [10.0, 14.0, 11.0, 15.0]]
    True
"""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.nnet.abstract_conv import bilinear_upsampling

floatX = theano.config.floatX
x = T.tensor4("x")
ramp = np.array([[0, 1], [0, 1]], dtype=floatX).reshape(1, 1, 2, 2)
upsampled = bilinear_upsampling(x, ratio=2, batch_size=1, num_input_channels=1)
f = theano.function([x], upsampled)
print(f(ramp)[0, 0, 0].tolist())


def subpixel(input, r):
    b, c, h, w = input.shape
    out = T.zeros((b, c // (r * r), h * r, w * r), dtype=input.dtype)
    for y, x in [(i, j) for i in range(r) for j in range(r)]:
        out = T.inc_subtensor(out[:, :, y::r, x::r], input[:, r * y + x :: r * r, :, :])
    return out


def shuffled(input, r):
    b, c, h, w = input.shape
    split = input.reshape((b, c // (r * r), r, r, h, w)).dimshuffle(0, 1, 4, 2, 5, 3)
    return split.reshape((b, c // (r * r), h * r, w * r))


image = np.arange(16, dtype=floatX).reshape(1, 4, 2, 2)
one, two = theano.function([x], [subpixel(x, 2), shuffled(x, 2)])(image)
print(one.shape)
print(one[0, 0].tolist())
print((one == two).all())
