"""A net on pylearn2's wrappers of cuda-convnet, in the layout c01b."""

import numpy as np
import theano
import theano.tensor as T
from pylearn2.sandbox.cuda_convnet.filter_acts import FilterActs
from pylearn2.sandbox.cuda_convnet.pool import MaxPool, MaxPoolGrad
from pylearn2.sandbox.cuda_convnet.response_norm import CrossMapNorm
from theano.sandbox.cuda.basic_ops import gpu_contiguous

theano.config.floatX = "float32"
rng = np.random.RandomState(7)


class ConvLayer(object):
    def __init__(self, input, filter_shape, pad=0, stride=1, partial_sum=1):
        # filter_shape is (number of filters, channels, rows, columns)
        scale = np.sqrt(2.0 / np.prod(filter_shape[1:]))
        self.W = theano.shared((scale * rng.randn(*filter_shape)).astype("float32"))
        self.b = theano.shared(np.zeros(filter_shape[0], dtype="float32"))
        input_shuffled = input.dimshuffle(1, 2, 3, 0)  # bc01 to c01b
        filters_shuffled = self.W.dimshuffle(1, 2, 3, 0)  # bc01 to c01b
        conv_op = FilterActs(stride=stride, partial_sum=partial_sum, pad=pad)
        contiguous_input = gpu_contiguous(input_shuffled)
        contiguous_filters = gpu_contiguous(filters_shuffled[:, ::-1, ::-1, :])
        conv_out_shuffled = conv_op(contiguous_input, contiguous_filters)
        pool_op = MaxPool(ds=3, stride=2)
        pooled_out_shuffled = pool_op(conv_out_shuffled)
        norm_op = CrossMapNorm(size_f=5, add_scale=1e-2, pow_scale=0.75, blocked=False)
        normed, denoms = norm_op(gpu_contiguous(pooled_out_shuffled))
        pooled_out = normed.dimshuffle(3, 0, 1, 2)  # c01b to bc01
        self.output = T.maximum(pooled_out + self.b.dimshuffle("x", 0, "x", "x"), 0.01 * pooled_out)
        self.unpooled = MaxPoolGrad(ds=3, stride=2, start=0)(
            conv_out_shuffled, pooled_out_shuffled, T.ones_like(pooled_out_shuffled)
        )
        self.params = [self.W, self.b]


x = T.ftensor4("x")
y = T.ivector("y")
layer0 = ConvLayer(x, (16, 1, 3, 3), pad=1)
layer1 = ConvLayer(layer0.output, (32, 16, 3, 3), pad=1, stride=2)
V = theano.shared(np.zeros((32, 2), dtype="float32"))
p = T.nnet.softmax(T.dot(layer1.output.flatten(2), V))
cost = T.nnet.categorical_crossentropy(p, y).mean()
params = layer0.params + layer1.params + [V]
updates = [(param, param - 0.1 * grad) for param, grad in zip(params, T.grad(cost, params))]
train = theano.function([x, y], cost, updates=updates)
unpool = theano.function([x], [layer0.output, layer0.unpooled])

labels = (np.arange(16) % 2).astype("int32")
images = rng.uniform(0, 0.5, size=(16, 1, 8, 8)).astype("float32")
images[labels == 1, :, :4] += 0.5
output, unpooled = unpool(images)
print(output.shape == (16, 16, 4, 4) and unpooled.shape == (16, 8, 8, 16))
print(unpooled.sum() >= output.size)
costs = [float(train(images, labels)) for i in range(25)]
print("cost %.4f -> %.4f" % (costs[0], costs[-1]))
