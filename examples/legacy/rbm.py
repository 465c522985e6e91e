"""A restricted Boltzmann machine: contrastive divergence with a Gibbs chain by scan."""

import numpy
import theano
import theano.tensor as T
from theano.tensor.shared_randomstreams import RandomStreams


class RBM(object):
    def __init__(self, input, n_visible, n_hidden, numpy_rng):
        self.theano_rng = RandomStreams(numpy_rng.randint(2 ** 30))
        bound = 4 * numpy.sqrt(6.0 / (n_hidden + n_visible))
        W = numpy.asarray(
            numpy_rng.uniform(low=-bound, high=bound, size=(n_visible, n_hidden)),
            dtype=theano.config.floatX,
        )
        self.W = theano.shared(value=W, name="W", borrow=True)
        self.hbias = theano.shared(numpy.zeros(n_hidden, dtype=theano.config.floatX), name="hbias")
        self.vbias = theano.shared(numpy.zeros(n_visible, dtype=theano.config.floatX), name="vbias")
        self.input = input
        self.params = [self.W, self.hbias, self.vbias]

    def free_energy(self, v_sample):
        wx_b = T.dot(v_sample, self.W) + self.hbias
        vbias_term = T.dot(v_sample, self.vbias)
        hidden_term = T.sum(T.log(1 + T.exp(wx_b)), axis=1)
        return -hidden_term - vbias_term

    def sample_h_given_v(self, v0_sample):
        pre_sigmoid_h1 = T.dot(v0_sample, self.W) + self.hbias
        h1_mean = T.nnet.sigmoid(pre_sigmoid_h1)
        h1_sample = self.theano_rng.binomial(
            size=h1_mean.shape, n=1, p=h1_mean, dtype=theano.config.floatX
        )
        return [pre_sigmoid_h1, h1_mean, h1_sample]

    def sample_v_given_h(self, h0_sample):
        pre_sigmoid_v1 = T.dot(h0_sample, self.W.T) + self.vbias
        v1_mean = T.nnet.sigmoid(pre_sigmoid_v1)
        v1_sample = self.theano_rng.binomial(
            size=v1_mean.shape, n=1, p=v1_mean, dtype=theano.config.floatX
        )
        return [pre_sigmoid_v1, v1_mean, v1_sample]

    def gibbs_hvh(self, h0_sample):
        pre_sigmoid_v1, v1_mean, v1_sample = self.sample_v_given_h(h0_sample)
        pre_sigmoid_h1, h1_mean, h1_sample = self.sample_h_given_v(v1_sample)
        return [pre_sigmoid_v1, v1_mean, v1_sample, pre_sigmoid_h1, h1_mean, h1_sample]

    def get_cost_updates(self, lr, k):
        pre_sigmoid_ph, ph_mean, ph_sample = self.sample_h_given_v(self.input)
        outputs, updates = theano.scan(
            self.gibbs_hvh, outputs_info=[None, None, None, None, None, ph_sample], n_steps=k
        )
        pre_sigmoid_nvs, nv_means, nv_samples = outputs[0], outputs[1], outputs[2]
        chain_end = nv_samples[-1]
        cost = T.mean(self.free_energy(self.input)) - T.mean(self.free_energy(chain_end))
        gparams = T.grad(cost, self.params, consider_constant=[chain_end])
        for gparam, param in zip(gparams, self.params):
            updates[param] = param - gparam * T.cast(lr, dtype=theano.config.floatX)
        cross_entropy = T.mean(
            T.sum(
                self.input * T.log(T.nnet.sigmoid(pre_sigmoid_nvs[-1]))
                + (1 - self.input) * T.log(1 - T.nnet.sigmoid(pre_sigmoid_nvs[-1])),
                axis=1,
            )
        )
        return -cross_entropy, updates


rng = numpy.random.RandomState(123)
x = T.matrix("x")
rbm = RBM(input=x, n_visible=9, n_hidden=8, numpy_rng=rng)
cost, updates = rbm.get_cost_updates(lr=0.1, k=3)
train_rbm = theano.function([x], cost, updates=updates, name="train_rbm")
patterns = numpy.array([[1, 1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 1, 1]])
data = patterns[numpy.arange(40) % 2].astype(theano.config.floatX)
costs = [float(train_rbm(data)) for i in range(80)]
print("cost %.4f -> %.4f" % (numpy.mean(costs[:3]), numpy.mean(costs[-3:])))
