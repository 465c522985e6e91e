"""Un-pool by neibs2images: each element copied to all of its patch.

Prints:
    [[5.0, 5.0, 7.0, 7.0], [5.0, 5.0, 7.0, 7.0], [13.0, 13.0, 15.0, 15.0], [13.0, 13.0, 15.0, 15.0]]
    [[0.0, 0.0, 0.0, 0.0], [0.0, 5.0, 0.0, 7.0], [0.0, 0.0, 0.0, 0.0], [0.0, 13.0, 0.0, 15.0]]
"""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.nnet.neighbours import images2neibs, neibs2images
from theano.tensor.signal.downsample import max_pool_2d

x = T.tensor4("x")
pool = (2, 2)
z = max_pool_2d(x, pool, ignore_border=True)
shape = (1, 1, 4, 4)
neibs = T.stack(*[z.flatten()] * 4).T
unpooled = neibs2images(neibs, pool, shape)

# The same, only where the maximum was: switches of a patch, found by argmax.
patches = images2neibs(x, pool)
switches = T.argmax(abs(patches), axis=1)
rows = T.arange(patches.shape[0])
z0 = T.zeros_like(patches)
z0 = T.inc_subtensor(z0[rows, switches], patches[rows, switches])
by_switches = neibs2images(z0, pool, shape)

f = theano.function([x], [unpooled, by_switches])
for result in f(np.arange(16, dtype=theano.config.floatX).reshape(shape)):
    print(result[0, 0].tolist())
