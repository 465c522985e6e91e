"""A training step of LeNet, written for Theano: ``lenet.py conv|nnet STEPS``.

The deep learning tutorials had it with `nnet.conv.conv2d`; `nnet.conv2d` came later and was faster.
Prints the costs of the first steps, and the seconds of the fastest of so many. Runs on Theano 0.7
to 1.0 as it is, and on PyTensor by ``python -m pytensor_unpool run``.
"""

import sys
from time import perf_counter

import numpy
import theano
import theano.tensor as T
from theano.tensor.nnet import conv
from theano.tensor.signal.pool import pool_2d

BATCH = 128
old_conv2d = conv.conv2d if sys.argv[1] == "conv" else None
rng = numpy.random.RandomState(23455)


def shared(value):
    return theano.shared(numpy.asarray(value, dtype=theano.config.floatX), borrow=True)


def weights(shape, fan_in, fan_out):
    bound = numpy.sqrt(6.0 / (fan_in + fan_out))
    return shared(rng.uniform(low=-bound, high=bound, size=shape))


def conv_pool(images, filter_shape, image_shape):
    fan_in = numpy.prod(filter_shape[1:])
    fan_out = filter_shape[0] * numpy.prod(filter_shape[2:]) // 4
    W, b = weights(filter_shape, fan_in, fan_out), shared(numpy.zeros(filter_shape[0]))
    if old_conv2d:
        out = old_conv2d(images, W, filter_shape=filter_shape, image_shape=image_shape)
    else:
        out = T.nnet.conv2d(images, W, input_shape=image_shape, filter_shape=filter_shape)
    pooled = pool_2d(out, ws=(2, 2), ignore_border=True)
    return T.tanh(pooled + b.dimshuffle("x", 0, "x", "x")), [W, b]


x, y = T.matrix("x"), T.ivector("y")
layer0, params0 = conv_pool(x.reshape((BATCH, 1, 28, 28)), (20, 1, 5, 5), (BATCH, 1, 28, 28))
layer1, params1 = conv_pool(layer0, (50, 20, 5, 5), (BATCH, 20, 12, 12))
W2, b2 = weights((800, 500), 800, 500), shared(numpy.zeros(500))
W3, b3 = shared(numpy.zeros((500, 10))), shared(numpy.zeros(10))
hidden = T.tanh(T.dot(layer1.flatten(2), W2) + b2)
p_y_given_x = T.nnet.softmax(T.dot(hidden, W3) + b3)
cost = -T.mean(T.log(p_y_given_x)[T.arange(y.shape[0]), y])
params = params0 + params1 + [W2, b2, W3, b3]
updates = [(p, p - 0.1 * g) for p, g in zip(params, T.grad(cost, params))]
train = theano.function([x, y], cost, updates=updates)

images = rng.uniform(size=(BATCH, 784)).astype(theano.config.floatX)
labels = rng.randint(10, size=BATCH).astype("int32")
costs = [float(train(images, labels)) for _ in range(5)]
seconds = []
for _ in range(int(sys.argv[2])):
    start = perf_counter()
    train(images, labels)
    seconds.append(perf_counter() - start)
print(" ".join("%.9g" % number for number in costs + [min(seconds)]))
