"""Un-pool with the Ops that were the gradient of pooling, called by hand.

Prints:
    [[0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0]]
    True
    [[0.0, 0.0, 0.0, 0.0], [0.0, 5.0, 0.0, 7.0], [0.0, 0.0, 0.0, 0.0], [0.0, 13.0, 0.0, 15.0]]
    [[2.5, 2.5, 4.5, 4.5], [2.5, 2.5, 4.5, 4.5], [10.5, 10.5, 12.5, 12.5], [10.5, 10.5, 12.5, 12.5]]
"""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.signal.downsample import DownsampleFactorMaxGrad, max_pool_2d
from theano.tensor.signal.pool import AveragePoolGrad, max_pool_2d_same_size, pool_2d

x = T.tensor4("x")
pooled = max_pool_2d(x, (2, 2), ignore_border=True)
unpooled = DownsampleFactorMaxGrad((2, 2), ignore_border=True)(x, pooled, T.ones_like(pooled))
same_size = max_pool_2d_same_size(x, (2, 2))
mean = pool_2d(x, (2, 2), ignore_border=True, mode="average_exc_pad")
spread = AveragePoolGrad(ignore_border=True)(x, mean, (2, 2), (2, 2), (0, 0)) * 4
f = theano.function([x], [unpooled, T.eq(unpooled * x, same_size).all(), same_size, spread])
for result in f(np.arange(16, dtype=theano.config.floatX).reshape(1, 1, 4, 4)):
    print(result[0, 0].tolist() if result.ndim else bool(result))
