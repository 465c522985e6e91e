"""A generator with GpuDnnConvDesc: transposed convolution, as DCGAN's first code wrote it."""

import numpy as np
import theano
import theano.tensor as T
from theano.sandbox.cuda.basic_ops import as_cuda_ndarray_variable, gpu_alloc_empty, gpu_contiguous, host_from_gpu
from theano.sandbox.cuda.dnn import GpuDnnConv, GpuDnnConvDesc, GpuDnnConvGradI, dnn_conv, dnn_pool


def deconv(X, w, subsample=(1, 1), border_mode=(0, 0), conv_mode="conv"):
    """Sets up dummy convolutional forward pass and uses its grad as deconv."""
    img = gpu_contiguous(X)
    kerns = gpu_contiguous(w)
    desc = GpuDnnConvDesc(border_mode=border_mode, subsample=subsample, conv_mode=conv_mode)(
        gpu_alloc_empty(img.shape[0], kerns.shape[1], img.shape[2] * subsample[0], img.shape[3] * subsample[1]).shape,
        kerns.shape,
    )
    out = gpu_alloc_empty(
        img.shape[0], kerns.shape[1], img.shape[2] * subsample[0], img.shape[3] * subsample[1]
    )
    d_img = GpuDnnConvGradI()(kerns, img, out, desc)
    return d_img


def batchnorm(X, g, b):
    if X.ndim == 4:
        mean = X.mean(axis=[0, 2, 3]).dimshuffle("x", 0, "x", "x")
        std = T.mean(T.sqr(X - mean), axis=[0, 2, 3]).dimshuffle("x", 0, "x", "x")
        X = (X - mean) / T.sqrt(std + 1e-8)
        return X * g.dimshuffle("x", 0, "x", "x") + b.dimshuffle("x", 0, "x", "x")
    raise NotImplementedError


theano.config.floatX = "float32"
rng = np.random.RandomState(42)


def weights(*shape):
    return theano.shared(rng.normal(scale=0.2, size=shape).astype("float32"))


relu = theano.tensor.nnet.relu
gw, gw2, gwx = weights(5, 8 * 2 * 2), weights(8, 6, 5, 5), weights(6, 1, 5, 5)
g, b = theano.shared(np.ones(6, "float32")), theano.shared(np.zeros(6, "float32"))
Z, X = T.fmatrix(), T.ftensor4()
h = relu(T.dot(Z, gw)).reshape((Z.shape[0], 8, 2, 2))
h2 = relu(batchnorm(deconv(h, gw2, subsample=(2, 2), border_mode=(2, 2)), g, b))
image = T.tanh(deconv(h2, gwx, subsample=(2, 2), border_mode=(2, 2)))
features = dnn_conv(image, gwx.dimshuffle(1, 0, 2, 3)[:, :1], subsample=(1, 1), border_mode=(2, 2))
pooled = dnn_pool(features, (2, 2), (2, 2), mode="max")
cost = T.mean(T.sqr(image - X))
params = [gw, gw2, gwx, g, b]
updates = [(p, p - 0.3 * gp) for p, gp in zip(params, T.grad(cost, params))]
train = theano.function([Z, X], cost, updates=updates)
generate = theano.function([Z], [image, pooled])

codes = rng.normal(size=(8, 5)).astype("float32")
targets = np.where(np.arange(8) < 4, -0.8, 0.8).astype("float32") * np.ones((8, 1, 8, 8), "float32")
print([part.shape for part in generate(codes)] == [(8, 1, 8, 8), (8, 1, 4, 4)])
costs = [float(train(codes, targets)) for i in range(60)]
print("cost %.4f -> %.4f" % (costs[0], costs[-1]))
