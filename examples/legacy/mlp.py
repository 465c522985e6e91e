"""A multilayer perceptron with two kinds of weight decay and momentum."""

import numpy as np
import theano
import theano.tensor as T
from theano import shared

floatX = theano.config.floatX
rng = np.random.RandomState(1234)


class HiddenLayer(object):
    def __init__(self, rng, input, n_in, n_out, W=None, b=None, activation=T.tanh):
        if W is None:
            W_values = np.asarray(
                rng.uniform(
                    low=-np.sqrt(6.0 / (n_in + n_out)),
                    high=np.sqrt(6.0 / (n_in + n_out)),
                    size=(n_in, n_out),
                ),
                dtype=floatX,
            )
            if activation == theano.tensor.nnet.sigmoid:
                W_values *= 4
            W = shared(value=W_values, name="W", borrow=True)
        if b is None:
            b = shared(value=np.zeros((n_out,), dtype=floatX), name="b", borrow=True)
        self.W, self.b = W, b
        lin_output = T.dot(input, self.W) + self.b
        self.output = lin_output if activation is None else activation(lin_output)
        self.params = [self.W, self.b]


x, y = T.fmatrix("x"), T.lvector("y")
learning_rate = T.scalar("learning_rate")
first = HiddenLayer(rng, T.cast(x, floatX), 2, 16, activation=T.nnet.sigmoid)
second = HiddenLayer(rng, first.output, 16, 16, activation=lambda z: T.maximum(0.0, z))
scores = HiddenLayer(rng, second.output, 16, 2, activation=None)
params = first.params + second.params + scores.params
p = T.nnet.softmax(scores.output)
L1 = abs(first.W).sum() + abs(second.W).sum()
L2_sqr = T.sqr(first.W).sum() + (second.W ** 2).sum()
nll = T.mean(T.nnet.categorical_crossentropy(p, y))
cost = nll + 0.00001 * L1 + 0.00001 * L2_sqr

updates = []
for param, gparam in zip(params, T.grad(cost, params)):
    velocity = shared(param.get_value() * 0.0, broadcastable=param.broadcastable)
    updates.append((velocity, 0.9 * velocity - learning_rate * gparam))
    updates.append((param, param + 0.9 * velocity - learning_rate * gparam))
train = theano.function([x, y, theano.Param(learning_rate, default=0.1)], nll, updates=updates)
predict = theano.function([x], p.argmax(axis=1), allow_input_downcast=True)

data = rng.uniform(-1, 1, (80, 2)).astype("float32")
target = (data[:, 0] * data[:, 1] > 0).astype("int64")
costs = [float(train(data, target)) for i in range(120)]
print("cost %.4f -> %.4f" % (costs[0], costs[-1]))
print("errors 0.5 -> %.4f" % np.mean(predict(data.astype("float64")) != target))
