"""A recurrent network with dropout between its steps: scan draws, and the gradient goes through."""

import numpy as np
import theano
import theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams

srng = MRG_RandomStreams(seed=42)
rng = np.random.RandomState(7)
n_in, n_hidden, n_out, keep = 2, 24, 1, 0.9


def param(*shape):
    return theano.shared((rng.randn(*shape) / np.sqrt(shape[0])).astype(theano.config.floatX))


W_in, W, W_out = param(n_in, n_hidden), param(n_hidden, n_hidden), param(n_hidden, n_out)
b = theano.shared(np.zeros(n_hidden, dtype=theano.config.floatX))
params = [W_in, W, W_out, b]
x, target = T.tensor3("x"), T.matrix("target")


def step(x_t, h_tm1, train):
    mask = srng.binomial(size=h_tm1.shape, n=1, p=keep, dtype=theano.config.floatX)
    kept = T.switch(train, h_tm1 * mask / keep, h_tm1)
    return T.tanh(T.dot(x_t, W_in) + T.dot(kept, W) + b)


def network(train):
    h0 = T.zeros((x.shape[1], n_hidden))
    h, updates = theano.scan(
        step, sequences=x, outputs_info=h0, non_sequences=[T.constant(train, dtype="int8")]
    )
    return T.mean((T.dot(h[-1], W_out) - target) ** 2), updates


cost, updates = network(1)
for p, g in zip(params, T.grad(cost, params)):
    m, v = (theano.shared(p.get_value() * 0.0) for i in range(2))
    m_t, v_t = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g ** 2
    updates += {m: m_t, v: v_t, p: p - 0.02 * m_t / (T.sqrt(v_t) + 1e-6)}
train = theano.function([x, target], cost, updates=updates, allow_input_downcast=True)
test_cost, test_updates = network(0)
test = theano.function([x, target], test_cost, updates=test_updates, allow_input_downcast=True)

# The sum of the numbers that are marked.
values = rng.uniform(size=(8, 200, 1))
marks = (rng.uniform(size=(8, 200, 1)) < 0.4).astype("float64")
sequences, sums = np.concatenate([values, marks], axis=2), (values * marks).sum(axis=0)
before = float(test(sequences, sums))
costs = [float(train(sequences, sums)) for i in range(60)]
print("cost %.4f -> %.4f" % (np.mean(costs[:5]), np.mean(costs[-5:])))
print("without dropout %.4f -> %.4f" % (before, float(test(sequences, sums))))
print(costs[0] != costs[1])
