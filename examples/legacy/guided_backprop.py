"""What a network looks at: the gradient, a deconvnet and guided backpropagation.

The last two replace the gradient of every rectifier, one by a class derived from ViewOp, the other
by the grad attribute of an OpFromGraph. Shows the maps in a picture if it is given a file's name:

    pytensor-unpool run guided_backprop.py saliency.png
"""

import sys

import numpy as np
import theano
import theano.tensor as T
from sklearn.datasets import load_digits
from theano.tensor.nnet import conv2d

rng = np.random.RandomState(0)
floatX = theano.config.floatX


class DeconvView(theano.compile.ViewOp):
    """Passes gradients back where they are positive, whatever went forward."""

    def grad(self, inputs, out_grads):
        return [out_grads[0] * (out_grads[0] > 0)]


class Guided(object):
    """Passes gradients back where they are positive and the input was, too."""

    def __init__(self):
        self.ops = {}

    def __call__(self, x):
        if x.type not in self.ops:
            inp = x.type()
            op = theano.OpFromGraph([inp], [T.nnet.relu(inp)])
            op.grad = self.grad
            self.ops[x.type] = op
        return self.ops[x.type](x)

    def grad(self, inputs, out_grads):
        (inp,), (grd,) = inputs, out_grads
        return [grd * T.cast(inp > 0, inp.dtype) * T.cast(grd > 0, inp.dtype)]


def deconvnet(x):
    forward = theano.gradient.disconnected_grad(T.nnet.relu(x) - x)
    return DeconvView()(x) + forward


def weights(*shape):
    scale = np.sqrt(2.0 / np.prod(shape[1:]))
    return theano.shared((scale * rng.randn(*shape)).astype(floatX))


W1, W2, W3 = weights(8, 1, 3, 3), weights(16, 8, 3, 3), weights(10, 16 * 4 * 4)


def logits(images, rectify):
    maps = rectify(conv2d(images, W1, input_shape=(None, 1, 8, 8), filter_shape=(8, 1, 3, 3)))
    maps = rectify(conv2d(maps, W2, filter_shape=(16, 8, 3, 3)))
    return T.dot(maps.flatten(2), W3.T)


X, y = T.tensor4("X"), T.ivector("y")
params = [W1, W2, W3]
cost = T.nnet.categorical_crossentropy(T.nnet.softmax(logits(X, T.nnet.relu)), y).mean()
updates = []
for p, g in zip(params, T.grad(cost, params)):
    v = theano.shared(p.get_value() * 0.0)
    updates += [(v, 0.9 * v - 0.02 * g), (p, p + 0.9 * v - 0.02 * g)]
train = theano.function([X, y], cost, updates=updates, allow_input_downcast=True)


def saliency(rectify):
    scores = logits(X, rectify)
    return theano.function([X], T.grad(scores.max(axis=1).sum(), X), allow_input_downcast=True)


digits = load_digits()
images = (digits.images[:240, np.newaxis] / 16.0).astype(floatX)
labels = digits.target[:240].astype("int32")
costs = []
for epoch in range(6):
    costs.append(np.mean([train(images[i::6], labels[i::6]) for i in range(6)]))
print("cost %.4f -> %.4f" % (costs[0], costs[-1]))

shown = images[:10]
maps = [("gradient", saliency(T.nnet.relu)(shown))]
maps += [("deconvnet", saliency(deconvnet)(shown)), ("guided", saliency(Guided())(shown))]


def off_the_strokes(saliency_map):
    energy = saliency_map ** 2
    return energy[shown == 0].sum() / energy.sum()


for name, values in maps[1:]:
    shares = off_the_strokes(maps[0][1]), off_the_strokes(values)
    print("%s, share off the strokes %.4f -> %.4f" % ((name,) + shares))

if sys.argv[1:]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    for row, (name, values) in enumerate([("image", shown)] + maps):
        for i in range(len(shown)):
            axes = figure.add_subplot(4, 10, 10 * row + i + 1, xticks=[], yticks=[])
            if not i:
                axes.set_ylabel(name)
            limit = abs(values[i]).max()
            low, colours = (0, "gray") if name == "image" else (-limit, "RdBu_r")
            axes.imshow(values[i, 0], cmap=colours, vmin=low, vmax=limit)
    figure.savefig(sys.argv[1])
