"""An Elman network by scan, that learns to echo what came two steps before."""

import numpy as np
import theano
import theano.tensor as T

n, nin, nout = 10, 1, 1
u = T.matrix()
t = T.matrix()
h0 = T.vector()
lr = T.scalar()
rng = np.random.RandomState(3)
W = theano.shared(rng.uniform(size=(n, n), low=-0.3, high=0.3).astype(theano.config.floatX))
W_in = theano.shared(rng.uniform(size=(nin, n), low=-0.3, high=0.3).astype(theano.config.floatX))
W_out = theano.shared(rng.uniform(size=(n, nout), low=-0.3, high=0.3).astype(theano.config.floatX))


def step(u_t, h_tm1, W, W_in, W_out):
    h_t = T.tanh(T.dot(u_t, W_in) + T.dot(h_tm1, W))
    y_t = T.dot(h_t, W_out)
    return h_t, y_t


[h, y], _ = theano.scan(
    step,
    sequences=u,
    outputs_info=[h0, None],
    non_sequences=[W, W_in, W_out],
    truncate_gradient=10,
)
error = ((y - t) ** 2).sum()
gW, gW_in, gW_out = T.grad(error, [W, W_in, W_out])
fn = theano.function(
    [h0, u, t, lr],
    error,
    updates={W: W - lr * gW, W_in: W_in - lr * gW_in, W_out: W_out - lr * gW_out},
)

last, theano_updates = theano.reduce(
    fn=lambda value, total: total + value, sequences=y[:, 0], outputs_info=T.zeros_like(y[0, 0])
)
total = theano.function([h0, u], [last, y.sum()], updates=theano_updates)
squares, _ = theano.map(lambda value: value ** 2, sequences=T.arange(4))
print(squares.eval().tolist())

errors = []
for i in range(100):
    u_values = rng.uniform(-0.5, 0.5, size=(12, nin)).astype(theano.config.floatX)
    t_values = np.vstack([np.zeros((2, nin)), u_values[:-2]]).astype(theano.config.floatX)
    errors.append(float(fn(np.zeros(n, theano.config.floatX), u_values, t_values, 0.05)))
a, b = total(np.zeros(n, theano.config.floatX), u_values)
print(abs(a - b) < 1e-4)
print("error %.4f -> %.4f" % (np.mean(errors[:20]), np.mean(errors[-20:])))
