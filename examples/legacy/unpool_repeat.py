"""Un-pool by repeating: every element becomes a block.

Prints:
    [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0], [3.0, 3.0, 4.0, 4.0]]
    True
    [[1.0, 1.0, 2.0], [1.0, 1.0, 2.0], [3.0, 3.0, 4.0]]
"""

import numpy as np
import theano
import theano.tensor as T

x = T.tensor4("x")
pooled = np.array([[1, 2], [3, 4]], dtype=theano.config.floatX).reshape(1, 1, 2, 2)

by_repeat = T.extra_ops.repeat(T.extra_ops.repeat(x, 2, axis=2), 2, axis=3)
methods = x.repeat(2, axis=2).repeat(2, axis=3)
f = theano.function([x], [by_repeat, methods])
first, second = f(pooled)
print(first[0, 0].tolist())
print((first == second).all())

# By strided assignments, cut to the size of the image that was pooled.
height, width = 3, 3
u = T.zeros((x.shape[0], x.shape[1], x.shape[2] * 2, x.shape[3] * 2), dtype=x.dtype)
for i in range(2):
    for j in range(2):
        u = T.set_subtensor(u[:, :, i::2, j::2], x)
print(theano.function([x], u[:, :, :height, :width])(pooled)[0, 0].tolist())
