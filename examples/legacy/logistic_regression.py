"""Logistic regression, with the data in shared variables and mini-batches by `givens`."""

import numpy
import theano
import theano.tensor as T

rng = numpy.random.RandomState(23455)


class LogisticRegression(object):
    def __init__(self, input, n_in, n_out):
        self.W = theano.shared(
            value=numpy.zeros((n_in, n_out), dtype=theano.config.floatX), name="W", borrow=True
        )
        self.b = theano.shared(
            value=numpy.zeros((n_out,), dtype=theano.config.floatX), name="b", borrow=True
        )
        self.p_y_given_x = T.nnet.softmax(T.dot(input, self.W) + self.b)
        self.y_pred = T.argmax(self.p_y_given_x, axis=1)
        self.params = [self.W, self.b]

    def negative_log_likelihood(self, y):
        return -T.mean(T.log(self.p_y_given_x)[T.arange(y.shape[0]), y])

    def errors(self, y):
        if y.ndim != self.y_pred.ndim:
            raise TypeError("y should have the same shape as self.y_pred")
        if y.dtype.startswith("int"):
            return T.mean(T.neq(self.y_pred, y))
        raise NotImplementedError()


def shared_dataset(data_x, data_y, borrow=True):
    shared_x = theano.shared(numpy.asarray(data_x, dtype=theano.config.floatX), borrow=borrow)
    shared_y = theano.shared(numpy.asarray(data_y, dtype=theano.config.floatX), borrow=borrow)
    return shared_x, T.cast(shared_y, "int32")


labels = numpy.arange(300) % 3
points = rng.randn(300, 4) + 3 * numpy.eye(3, 4)[labels]
train_set_x, train_set_y = shared_dataset(points, labels)

batch_size = 30
index = T.lscalar()
x = T.matrix("x")
y = T.ivector("y")
classifier = LogisticRegression(input=x, n_in=4, n_out=3)
cost = classifier.negative_log_likelihood(y)
g_W = T.grad(cost=cost, wrt=classifier.W)
g_b = T.grad(cost=cost, wrt=classifier.b)
updates = [(classifier.W, classifier.W - 0.3 * g_W), (classifier.b, classifier.b - 0.3 * g_b)]
train_model = theano.function(
    inputs=[index],
    outputs=cost,
    updates=updates,
    givens={
        x: train_set_x[index * batch_size : (index + 1) * batch_size],
        y: train_set_y[index * batch_size : (index + 1) * batch_size],
    },
)
test_model = theano.function(
    inputs=[], outputs=classifier.errors(y), givens={x: train_set_x, y: train_set_y}
)

before = test_model()
for epoch in range(5):
    for minibatch_index in range(train_set_x.get_value(borrow=True).shape[0] // batch_size):
        train_model(minibatch_index)
print("errors %f -> %f" % (before, test_model()))
