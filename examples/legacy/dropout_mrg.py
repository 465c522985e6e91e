"""Dropout by MRG_RandomStreams, rectified units, RMSprop: as the short tutorials had it."""

import numpy as np
import theano
from theano import tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams as RandomStreams

srng = RandomStreams(seed=234)


def floatX(X):
    return np.asarray(X, dtype=theano.config.floatX)


def init_weights(shape):
    return theano.shared(floatX(np.random.RandomState(sum(shape)).randn(*shape) * 0.3))


def rectify(X):
    return T.maximum(X, 0.0)


def softmax(X):
    e_x = T.exp(X - X.max(axis=1).dimshuffle(0, "x"))
    return e_x / e_x.sum(axis=1).dimshuffle(0, "x")


def RMSprop(cost, params, lr=0.02, rho=0.9, epsilon=1e-6):
    grads = T.grad(cost=cost, wrt=params)
    updates = []
    for p, g in zip(params, grads):
        acc = theano.shared(p.get_value() * 0.0)
        acc_new = rho * acc + (1 - rho) * g ** 2
        gradient_scaling = T.sqrt(acc_new + epsilon)
        g = g / gradient_scaling
        updates.append((acc, acc_new))
        updates.append((p, p - lr * g))
    return updates


def dropout(X, p=0.0):
    if p > 0:
        retain_prob = 1 - p
        X *= srng.binomial(X.shape, p=retain_prob, dtype=theano.config.floatX)
        X /= retain_prob
    return X


def model(X, w_h, w_o, p_drop_input, p_drop_hidden):
    X = dropout(X, p_drop_input)
    h = rectify(T.dot(X, w_h))
    h = dropout(h, p_drop_hidden)
    return softmax(T.dot(h, w_o))


X = T.fmatrix()
Y = T.fmatrix()
w_h = init_weights((6, 12))
w_o = init_weights((12, 4))
noise_py_x = model(X, w_h, w_o, 0.1, 0.3)
py_x = model(X, w_h, w_o, 0.0, 0.0)
cost = T.mean(T.nnet.categorical_crossentropy(noise_py_x, Y))
updates = RMSprop(cost, [w_h, w_o])
train = theano.function(inputs=[X, Y], outputs=cost, updates=updates, allow_input_downcast=True)
predict = theano.function(inputs=[X], outputs=T.argmax(py_x, axis=1), allow_input_downcast=True)
noise = theano.function([], srng.normal((2000,), avg=3.0, std=0.5))
coins = theano.function([], srng.binomial(size=(4000,), n=1, p=0.25))
bits = theano.function([], srng.uniform(size=(3,), low=0.0, high=1.0))

labels = np.arange(60) % 4
trX = 3 * np.eye(4, 6)[labels] + np.random.RandomState(1).randn(60, 6)
trY = np.eye(4)[labels]
costs = [float(train(trX, trY)) for i in range(40)]
print("cost %.4f -> %.4f" % (np.mean(costs[:10]), np.mean(costs[-10:])))
print("errors 0.75 -> %.4f" % np.mean(predict(trX) != labels))
print("%.1f %.1f %.2f" % (noise().mean(), noise().std(), round(coins().mean() * 20) / 20))
print((bits() != bits()).all())
