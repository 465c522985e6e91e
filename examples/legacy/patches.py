"""Patches by images2neibs: their means, their norms, and the image put together again.

Prints:
    (8, 4)
    [0.0, 1.0, 4.0, 5.0]
    [2.5, 4.5, 10.5, 12.5, 18.5, 20.5, 26.5, 28.5]
    True
    (18, 4)
    [0.0, 1.0, 4.0, 5.0, 1.0, 2.0, 5.0, 6.0]
"""

import numpy
import theano
from theano import tensor as T
from theano.sandbox.neighbours import images2neibs as old_images2neibs
from theano.tensor.nnet.neighbours import images2neibs, neibs2images

images = T.tensor4("images")
neibs = images2neibs(images, neib_shape=(2, 2))
window_function = theano.function([images], neibs)
im_val = numpy.arange(2 * 4 * 4, dtype=theano.config.floatX).reshape((2, 1, 4, 4))
neibs_val = window_function(im_val)
print(neibs_val.shape)
print(neibs_val[0].tolist())
print(theano.function([images], neibs.mean(axis=1))(im_val).tolist())

im_new = neibs2images(neibs, (2, 2), im_val.shape)
inv_window = theano.function([images], im_new)
print((inv_window(im_val) == im_val).all())

overlapping = old_images2neibs(images, (2, 2), (1, 1))
f = theano.function([images], overlapping)
print(f(im_val).shape)
print(f(im_val)[:2].flatten().tolist())
