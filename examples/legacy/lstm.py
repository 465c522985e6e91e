"""An LSTM with masks, one matrix for its four gates, Adadelta, as the sentiment tutorial."""

from collections import OrderedDict

import numpy
import theano
import theano.tensor as tensor
from theano import config

SEED = 123
numpy.random.seed(SEED)


def numpy_floatX(data):
    return numpy.asarray(data, dtype=config.floatX)


def ortho_weight(ndim):
    W = numpy.random.randn(ndim, ndim)
    u, s, v = numpy.linalg.svd(W)
    return u.astype(config.floatX)


def init_tparams(dim, words):
    params = OrderedDict()
    params["Wemb"] = (0.1 * numpy.random.randn(words, dim)).astype(config.floatX)
    for name in ("lstm_W", "lstm_U"):
        params[name] = numpy.concatenate([ortho_weight(dim) for i in range(4)], axis=1)
    params["lstm_b"] = numpy.zeros((4 * dim,)).astype(config.floatX)
    params["U"] = 0.1 * numpy.random.randn(dim, 2).astype(config.floatX)
    params["b"] = numpy.zeros((2,)).astype(config.floatX)
    tparams = OrderedDict()
    for kk, pp in params.items():
        tparams[kk] = theano.shared(params[kk], name=kk)
    return tparams


def lstm_layer(tparams, state_below, dim, mask):
    nsteps = state_below.shape[0]
    n_samples = state_below.shape[1]

    def _slice(_x, n, dim):
        return _x[:, n * dim : (n + 1) * dim]

    def _step(m_, x_, h_, c_):
        preact = tensor.dot(h_, tparams["lstm_U"])
        preact += x_
        i = tensor.nnet.sigmoid(_slice(preact, 0, dim))
        f = tensor.nnet.sigmoid(_slice(preact, 1, dim))
        o = tensor.nnet.sigmoid(_slice(preact, 2, dim))
        c = tensor.tanh(_slice(preact, 3, dim))
        c = f * c_ + i * c
        c = m_[:, None] * c + (1.0 - m_)[:, None] * c_
        h = o * tensor.tanh(c)
        h = m_[:, None] * h + (1.0 - m_)[:, None] * h_
        return h, c

    state_below = tensor.dot(state_below, tparams["lstm_W"]) + tparams["lstm_b"]
    rval, updates = theano.scan(
        _step,
        sequences=[mask, state_below],
        outputs_info=[
            tensor.alloc(numpy_floatX(0.0), n_samples, dim),
            tensor.alloc(numpy_floatX(0.0), n_samples, dim),
        ],
        name="lstm_layers",
        n_steps=nsteps,
    )
    return rval[0]


def adadelta(tparams, grads, x, mask, y, cost):
    zipped_grads, running_up2, running_grads2 = [
        [theano.shared(p.get_value() * numpy_floatX(0.0)) for p in tparams.values()]
        for i in range(3)
    ]
    zgup = [(zg, g) for zg, g in zip(zipped_grads, grads)]
    rg2up = [(rg2, 0.95 * rg2 + 0.05 * (g ** 2)) for rg2, g in zip(running_grads2, grads)]
    f_grad_shared = theano.function([x, mask, y], cost, updates=zgup + rg2up)
    updir = [
        -tensor.sqrt(ru2 + 1e-6) / tensor.sqrt(rg2 + 1e-6) * zg
        for zg, ru2, rg2 in zip(zipped_grads, running_up2, running_grads2)
    ]
    ru2up = [(ru2, 0.95 * ru2 + 0.05 * (ud ** 2)) for ru2, ud in zip(running_up2, updir)]
    param_up = [(p, p + ud) for p, ud in zip(tparams.values(), updir)]
    f_update = theano.function([], [], updates=ru2up + param_up, on_unused_input="ignore")
    return f_grad_shared, f_update


dim, words = 4, 5
tparams = init_tparams(dim, words)
x = tensor.matrix("x", dtype="int64")
mask = tensor.matrix("mask", dtype=config.floatX)
y = tensor.vector("y", dtype="int64")
n_timesteps, n_samples = x.shape[0], x.shape[1]
emb = tparams["Wemb"][x.flatten()].reshape([n_timesteps, n_samples, dim])
proj = lstm_layer(tparams, emb, dim, mask)
proj = (proj * mask[:, :, None]).sum(axis=0) / mask.sum(axis=0)[:, None]
pred = tensor.nnet.softmax(tensor.dot(proj, tparams["U"]) + tparams["b"])
cost = -tensor.log(pred[tensor.arange(n_samples), y] + 1e-8).mean()
grads = tensor.grad(cost, wrt=list(tparams.values()))
f_grad_shared, f_update = adadelta(tparams, grads, x, mask, y, cost)

sentences = numpy.random.randint(1, words, size=(5, 8))
masks = numpy_floatX(numpy.arange(5)[:, None] < numpy.random.randint(3, 6, size=8))
labels = ((sentences == 3) * masks).sum(axis=0).astype("int64") % 2
costs = []
for i in range(30):
    costs.append(float(f_grad_shared(sentences, masks, labels)))
    f_update()
print("cost %.4f -> %.4f" % (costs[0], costs[-1]))
