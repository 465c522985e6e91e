"""A deep belief network: layers are trained as RBMs one by one, then all together.

Arguments are asked for by "if not W:", as the tutorials had it: a variable is true.
"""

import numpy
import theano
import theano.tensor as T
from sklearn.datasets import load_digits
from theano.tensor.shared_randomstreams import RandomStreams


class RBM(object):
    def __init__(self, input, n_visible, n_hidden, W=None, hbias=None, vbias=None, theano_rng=None):
        if not theano_rng:
            theano_rng = RandomStreams(1234)
        if not W:
            W = theano.shared(numpy.zeros((n_visible, n_hidden), dtype=theano.config.floatX))
        if not hbias:
            hbias = theano.shared(numpy.zeros(n_hidden, dtype=theano.config.floatX))
        if not vbias:
            vbias = theano.shared(numpy.zeros(n_visible, dtype=theano.config.floatX))
        self.input = input or T.matrix("input")
        self.theano_rng = theano_rng
        self.W, self.hbias, self.vbias = W, hbias, vbias
        self.params = [W, hbias, vbias]

    def free_energy(self, v):
        return -T.dot(v, self.vbias) - T.nnet.softplus(T.dot(v, self.W) + self.hbias).sum(axis=1)

    def sample(self, mean):
        return self.theano_rng.binomial(size=mean.shape, p=mean, dtype=theano.config.floatX)

    def up(self, v):
        return T.nnet.sigmoid(T.dot(v, self.W) + self.hbias)

    def down(self, h):
        return T.nnet.sigmoid(T.dot(h, self.W.T) + self.vbias)

    def get_cost_updates(self, lr):
        reconstruction = self.down(self.sample(self.up(self.input)))
        chain_end = self.sample(reconstruction)
        cost = T.mean(self.free_energy(self.input)) - T.mean(self.free_energy(chain_end))
        gparams = T.grad(cost, self.params, consider_constant=[chain_end])
        lr = T.cast(lr, dtype=theano.config.floatX)
        updates = [(p, p - lr * g) for p, g in zip(self.params, gparams)]
        return T.nnet.binary_crossentropy(reconstruction, self.input).sum(axis=1).mean(), updates


class HiddenLayer(object):
    def __init__(self, rng, input, n_in, n_out, W=None, b=None):
        if not W:
            bound = 4 * numpy.sqrt(6.0 / (n_in + n_out))
            values = rng.uniform(-bound, bound, (n_in, n_out))
            W = theano.shared(numpy.asarray(values, dtype=theano.config.floatX), name="W")
        if not b:
            b = theano.shared(numpy.zeros(n_out, dtype=theano.config.floatX), name="b")
        self.W, self.b = W, b
        self.output = T.nnet.sigmoid(T.dot(input, W) + b)
        self.params = [W, b]


class DBN(object):
    def __init__(self, numpy_rng, theano_rng=None, n_ins=64, hidden_layers_sizes=(40, 30), n_outs=10):
        if not theano_rng:
            theano_rng = RandomStreams(numpy_rng.randint(2 ** 30))
        self.x, self.y = T.matrix("x"), T.ivector("y")
        self.layers, self.rbms, self.params = [], [], []
        last, size = self.x, n_ins
        for n_hidden in hidden_layers_sizes:
            layer = HiddenLayer(numpy_rng, last, size, n_hidden)
            rbm = RBM(last, size, n_hidden, W=layer.W, hbias=layer.b, theano_rng=theano_rng)
            self.layers.append(layer)
            self.rbms.append(rbm)
            self.params.extend(layer.params)
            last, size = layer.output, n_hidden
        W = theano.shared(numpy.zeros((size, n_outs), dtype=theano.config.floatX), name="W")
        b = theano.shared(numpy.zeros(n_outs, dtype=theano.config.floatX), name="b")
        self.params += [W, b]
        p_y_given_x = T.nnet.softmax(T.dot(last, W) + b)
        self.finetune_cost = -T.mean(T.log(p_y_given_x)[T.arange(self.y.shape[0]), self.y])
        self.errors = T.mean(T.neq(T.argmax(p_y_given_x, axis=1), self.y))


digits = load_digits()
data = theano.shared((digits.data[:300] / 16.0).astype(theano.config.floatX), borrow=True)
labels = T.cast(theano.shared(digits.target[:300].astype(theano.config.floatX)), "int32")
batch_size = 30
dbn = DBN(numpy.random.RandomState(123))
index = T.lscalar("index")
batch = slice(index * batch_size, (index + 1) * batch_size)

for i, rbm in enumerate(dbn.rbms):
    cost, updates = rbm.get_cost_updates(lr=0.1)
    pretrain = theano.function([index], cost, updates=updates, givens={dbn.x: data[batch]})
    costs = [numpy.mean([pretrain(k) for k in range(10)]) for epoch in range(8)]
    print("layer %d, cost %.4f -> %.4f" % (i, costs[0], costs[-1]))

gparams = T.grad(dbn.finetune_cost, dbn.params)
updates = [(p, p - 0.3 * g) for p, g in zip(dbn.params, gparams)]
givens = {dbn.x: data[batch], dbn.y: labels[batch]}
finetune = theano.function(
    [index], dbn.finetune_cost, updates=updates, givens=givens, allow_input_downcast=True
)
errors = theano.function([index], dbn.errors, givens=givens)
before = numpy.mean([errors(k) for k in range(10)])
costs = [numpy.mean([finetune(k) for k in range(10)]) for epoch in range(25)]
print("cost %.4f -> %.4f" % (costs[0], costs[-1]))
print("errors %.4f -> %.4f" % (before, numpy.mean([errors(k) for k in range(10)])))
