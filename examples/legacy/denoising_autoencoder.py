"""A denoising auto-encoder with tied weights: corrupted inputs by RandomStreams."""

import numpy
import theano
import theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams


class dA(object):
    def __init__(self, numpy_rng, theano_rng=None, input=None, n_visible=12, n_hidden=6):
        self.n_visible = n_visible
        self.n_hidden = n_hidden
        if not theano_rng:
            theano_rng = RandomStreams(numpy_rng.randint(2 ** 30))
        bound = 4 * numpy.sqrt(6.0 / (n_hidden + n_visible))
        initial_W = numpy.asarray(
            numpy_rng.uniform(low=-bound, high=bound, size=(n_visible, n_hidden)),
            dtype=theano.config.floatX,
        )
        self.W = theano.shared(value=initial_W, name="W", borrow=True)
        self.b_prime = theano.shared(numpy.zeros(n_visible, dtype=theano.config.floatX))
        self.b = theano.shared(numpy.zeros(n_hidden, dtype=theano.config.floatX), name="b")
        self.W_prime = self.W.T
        self.theano_rng = theano_rng
        self.x = T.dmatrix(name="input") if input is None else input
        self.params = [self.W, self.b, self.b_prime]

    def get_corrupted_input(self, input, corruption_level):
        return (
            self.theano_rng.binomial(
                size=input.shape, n=1, p=1 - corruption_level, dtype=theano.config.floatX
            )
            * input
        )

    def get_hidden_values(self, input):
        return T.nnet.sigmoid(T.dot(input, self.W) + self.b)

    def get_reconstructed_input(self, hidden):
        return T.nnet.sigmoid(T.dot(hidden, self.W_prime) + self.b_prime)

    def get_cost_updates(self, corruption_level, learning_rate):
        tilde_x = self.get_corrupted_input(self.x, corruption_level)
        z = self.get_reconstructed_input(self.get_hidden_values(tilde_x))
        L = -T.sum(self.x * T.log(z) + (1 - self.x) * T.log(1 - z), axis=1)
        cost = T.mean(L)
        gparams = T.grad(cost, self.params)
        return cost, [(p, p - learning_rate * g) for p, g in zip(self.params, gparams)]


rng = numpy.random.RandomState(123)
theano_rng = RandomStreams(rng.randint(2 ** 30))
patterns = rng.randint(0, 2, size=(4, 12))
data = theano.shared(patterns[numpy.arange(80) % 4].astype(theano.config.floatX), borrow=True)
index = T.lscalar()
x = T.matrix("x")
da = dA(numpy_rng=rng, theano_rng=theano_rng, input=x)
cost, updates = da.get_cost_updates(corruption_level=0.3, learning_rate=0.2)
train_da = theano.function(
    [index], cost, updates=updates, givens={x: data[index * 20 : (index + 1) * 20]}
)
corrupt = theano.function([x], da.get_corrupted_input(x, 0.3))

ones = numpy.ones((100, 100), dtype=theano.config.floatX)
print("kept %.1f of 1" % corrupt(ones).mean())
costs = [float(train_da(i % 4)) for i in range(100)]
print("cost %.4f -> %.4f" % (numpy.mean(costs[:4]), numpy.mean(costs[-4:])))
