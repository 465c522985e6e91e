"""Adagrad, RMSprop, Adam and Nesterov's momentum, as functions that return OrderedDicts."""

from collections import OrderedDict

import numpy as np
import theano
import theano.tensor as T


def as_floatX(variable):
    if isinstance(variable, float):
        return np.asarray(variable, dtype=theano.config.floatX)
    return theano.tensor.cast(variable, theano.config.floatX)


def sgd(loss, params, lr):
    grads = theano.grad(loss, params)
    return OrderedDict((p, p - lr * g) for p, g in zip(params, grads))


def nesterov(loss, params, lr, momentum=0.9):
    updates = sgd(loss, params, lr)
    for param in params:
        value = param.get_value(borrow=True)
        velocity = theano.shared(np.zeros(value.shape, dtype=value.dtype))
        x = momentum * velocity + updates[param] - param
        updates[velocity] = x
        updates[param] = momentum * x + updates[param]
    return updates


def adagrad(loss, params, lr, eps=1e-6):
    updates = OrderedDict()
    for param, grad in zip(params, theano.grad(loss, params)):
        acc = theano.shared(np.zeros(param.get_value().shape, dtype=theano.config.floatX))
        updates[acc] = acc + grad ** 2
        updates[param] = param - lr * grad / T.sqrt(updates[acc] + eps)
    return updates


def rmsprop(loss, params, lr, rho=0.9, eps=1e-6):
    updates = OrderedDict()
    for param, grad in zip(params, theano.grad(loss, params)):
        acc = theano.shared(np.zeros(param.get_value().shape, dtype=theano.config.floatX))
        acc_new = rho * acc + (1 - rho) * T.sqr(grad)
        updates[acc] = acc_new
        updates[param] = param - lr * (grad / T.sqrt(acc_new + eps))
    return updates


def adam(loss, params, lr, b1=0.9, b2=0.999, eps=1e-8):
    updates = OrderedDict()
    t = theano.shared(as_floatX(0.0))
    updates[t] = t + 1
    a_t = lr * T.sqrt(1 - b2 ** updates[t]) / (1 - b1 ** updates[t])
    for param, grad in zip(params, theano.grad(loss, params)):
        m = theano.shared(param.get_value() * 0)
        v = theano.shared(param.get_value() * 0)
        updates[m] = b1 * m + (1 - b1) * grad
        updates[v] = b2 * v + (1 - b2) * T.sqr(grad)
        updates[param] = param - a_t * updates[m] / (T.sqrt(updates[v]) + eps)
    return updates


data = theano.shared(np.random.RandomState(0).randn(64, 3).astype(theano.config.floatX))
x, i = T.matrix("x"), T.iscalar("i")
for method, lr in ((sgd, 0.1), (nesterov, 0.02), (adagrad, 0.3), (rmsprop, 0.05), (adam, 0.05)):
    w = theano.shared(np.zeros(3, dtype=theano.config.floatX), name="w")
    loss = T.mean((T.dot(x, w) - x.sum(axis=1) * 2) ** 2)
    train = theano.function(
        [i], loss, updates=method(loss, [w], as_floatX(lr)), givens={x: data[i * 16 : i * 16 + 16]}
    )
    losses = [float(train(k % 4)) for k in range(120)]
    print("%s %.4f -> %.4f" % (method.__name__, losses[0], losses[-1]))
