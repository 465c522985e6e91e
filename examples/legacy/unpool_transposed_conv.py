"""Un-pool by transposed convolution: gradient Ops, the gradient trick, FilterActs' transpose.

Prints:
    (2, 3, 9, 9)
    True
    True
    True
"""

import numpy as np
import theano
import theano.tensor as T
from pylearn2.sandbox.cuda_convnet.img_acts import ImageActs
from theano.tensor.nnet.abstract_conv import AbstractConv2d_gradInputs
from theano.tensor.nnet.conv import conv2d as old_conv2d

rng = np.random.RandomState(3)
floatX = theano.config.floatX
x, w = T.tensor4("x"), T.tensor4("w")

op = AbstractConv2d_gradInputs(
    imshp=(None, 3, 9, 9), kshp=(4, 3, 3, 3), subsample=(2, 2), border_mode="valid"
)
by_op = op(w, x, (9, 9))

fake = T.alloc(np.asarray(0.0, dtype=floatX), x.shape[0], 3, 9, 9)
convolved = T.nnet.conv2d(fake, w, subsample=(2, 2), border_mode="valid")
by_trick = T.grad(None, wrt=fake, known_grads={convolved: x})

images = ImageActs(stride=2)(
    x.dimshuffle(1, 2, 3, 0), w[:, :, ::-1, ::-1].dimshuffle(1, 2, 3, 0), T.as_tensor_variable((9, 9))
)
dilated = T.zeros((x.shape[0], x.shape[1], 7, 7), dtype=x.dtype)
dilated = T.set_subtensor(dilated[:, :, ::2, ::2], x)
full = old_conv2d(dilated, w.dimshuffle(1, 0, 2, 3)[:, :, ::-1, ::-1], border_mode="full")

f = theano.function([x, w], [by_op, by_trick, images.dimshuffle(3, 0, 1, 2), full])
results = f(rng.randn(2, 4, 4, 4).astype(floatX), rng.randn(4, 3, 3, 3).astype(floatX))
print(results[0].shape)
for other in results[1:]:
    print(np.allclose(results[0], other, atol=1e-4))
