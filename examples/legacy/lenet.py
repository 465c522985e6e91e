"""LeNet: two layers of convolution and max-pooling, as the deep learning tutorials had it."""

import numpy
import theano
import theano.tensor as T
from theano.tensor.nnet import conv
from theano.tensor.signal import downsample

rng = numpy.random.RandomState(23455)


class LeNetConvPoolLayer(object):
    def __init__(self, rng, input, filter_shape, image_shape, poolsize=(2, 2)):
        assert image_shape[1] == filter_shape[1]
        fan_in = numpy.prod(filter_shape[1:])
        fan_out = filter_shape[0] * numpy.prod(filter_shape[2:]) // numpy.prod(poolsize)
        W_bound = numpy.sqrt(6.0 / (fan_in + fan_out))
        self.W = theano.shared(
            numpy.asarray(
                rng.uniform(low=-W_bound, high=W_bound, size=filter_shape),
                dtype=theano.config.floatX,
            ),
            borrow=True,
        )
        b_values = numpy.zeros((filter_shape[0],), dtype=theano.config.floatX)
        self.b = theano.shared(value=b_values, borrow=True)
        conv_out = conv.conv2d(
            input=input, filters=self.W, filter_shape=filter_shape, image_shape=image_shape
        )
        pooled_out = downsample.max_pool_2d(input=conv_out, ds=poolsize, ignore_border=True)
        self.output = T.tanh(pooled_out + self.b.dimshuffle("x", 0, "x", "x"))
        self.params = [self.W, self.b]


batch_size = 20
x = T.matrix("x")
y = T.ivector("y")
layer0_input = x.reshape((batch_size, 1, 14, 14))
layer0 = LeNetConvPoolLayer(rng, layer0_input, (4, 1, 3, 3), (batch_size, 1, 14, 14))
layer1 = LeNetConvPoolLayer(rng, layer0.output, (6, 4, 3, 3), (batch_size, 4, 6, 6))
layer2_input = layer1.output.flatten(2)
W = theano.shared(numpy.zeros((6 * 2 * 2, 2), dtype=theano.config.floatX))
b = theano.shared(numpy.zeros((2,), dtype=theano.config.floatX))
p_y_given_x = T.nnet.softmax(T.dot(layer2_input, W) + b)
cost = -T.mean(T.log(p_y_given_x)[T.arange(y.shape[0]), y])
params = layer0.params + layer1.params + [W, b]
grads = T.grad(cost, params)
updates = [(param_i, param_i - 0.1 * grad_i) for param_i, grad_i in zip(params, grads)]
train_model = theano.function([x, y], cost, updates=updates)

# Bars, that stand or lie.
images = rng.uniform(0, 0.5, size=(batch_size, 14, 14))
labels = (numpy.arange(batch_size) % 2).astype("int32")
for image, label, place in zip(images, labels, rng.randint(1, 13, size=batch_size)):
    if label:
        image[place] = 1
    else:
        image[:, place] = 1
images = images.reshape(batch_size, -1).astype(theano.config.floatX)
costs = [float(train_model(images, labels)) for i in range(60)]
print("cost %.4f -> %.4f" % (costs[0], costs[-1]))
