"""Un-pool to the top-left corner of each window: strided assignment, mask, one-hot matrix.

Prints:
    [[1.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0], [3.0, 0.0, 4.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    True
    True
    [[2.0, 2.0], [2.0, 2.0]]
"""

import numpy as np
import theano
import theano.tensor as T

floatX = theano.config.floatX
x = T.tensor4("x")
pooled = np.array([[1, 2], [3, 4]], dtype=floatX).reshape(1, 1, 2, 2)

upscaled = T.zeros(shape=(x.shape[0], x.shape[1], x.shape[2] * 2, x.shape[3] * 2), dtype=x.dtype)
upscaled = T.set_subtensor(upscaled[:, :, ::2, ::2], x)

# A mask of the size of the image, as a constant.
mask = np.zeros((1, 1, 4, 4), dtype=floatX)
mask[:, :, ::2, ::2] = 1
mask = theano.shared(mask, borrow=True)
masked = x.repeat(2, axis=2).repeat(2, axis=3) * T.addbroadcast(mask, 0, 1)


def perforation(rows, columns):
    U = np.zeros((rows * columns, 4 * rows * columns), dtype=floatX)
    for i in range(rows * columns):
        U[i, (i // columns) * 4 * columns + (i % columns) * 2] = 1
    return theano.shared(U)


flat = T.dot(x.flatten(3).flatten(2).reshape((x.shape[0] * x.shape[1], 4)), perforation(2, 2))
perforated = flat.reshape((x.shape[0], x.shape[1], 4, 4))

f = theano.function([x], [upscaled, masked, perforated, T.grad((upscaled * 2).sum(), x)])
one, two, three, gradient = f(pooled)
print(one[0, 0].tolist())
print((one == two).all())
print((one == three).all())
print(gradient[0, 0].tolist())
