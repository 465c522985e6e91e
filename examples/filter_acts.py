"""Train small networks written for cuda-convnet, on any backend and without a GPU.

Run it with ``python examples/filter_acts.py``. Its images are scikit-learn's 1797 digits of 8 by 8
pixels (``pip install scikit-learn``).

The names are those of Theano and pylearn2, below `pytensor_unpool.compat`. Under
``pytensor-unpool run script.py`` the old imports work as they are, without that prefix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor as theano
import pytensor.tensor as T  # noqa: N812

from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.filter_acts import FilterActs
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.pool import MaxPool
from pytensor_unpool.compat.theano.sandbox.cuda.basic_ops import gpu_contiguous
from pytensor_unpool.compat.theano.tensor.signal.downsample import max_pool_2d

STEPS = 30
BATCH = 64


def show_padding() -> None:
    """Six pixels, filters of three, stride 2: the image is padded below and on the right.

    Theano would drop the last row and column of outputs.
    """
    image = np.arange(1, 37, dtype="float32").reshape(1, 6, 6, 1)
    ones = np.ones((1, 3, 3, 16), "float32")
    op = FilterActs(stride=2, partial_sum=1, pad=0)
    result = op(gpu_contiguous(image), gpu_contiguous(ones)).eval()[0, :, :, 0]
    padded = np.zeros((7, 7))
    padded[:6, :6] = image[0, :, :, 0]
    windows = [[padded[i : i + 3, j : j + 3] for j in (0, 2, 4)] for i in (0, 2, 4)]
    assert result.shape == (3, 3)
    assert (result == [[w.sum() for w in row] for row in windows]).all()
    print("The padded image, and the sums of its 3 by 3 windows with stride 2:\n")
    for i, row in enumerate(padded.astype(int)):
        line = " ".join(f"{pixel or '.':>3}" for pixel in row)
        sums = "".join(f"{int(n):>6}" for n in result[i // 2]) if i in (0, 2, 4) else ""
        print(f"    {line}   {sums}".rstrip())


class Parameters:
    """Weights and biases, in order of creation."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(1)
        self.all: list[Any] = []

    def weights(self, *shape: int) -> Any:
        """Return shared weights whose last axis is the outputs."""
        scale = np.sqrt(2 / np.prod(shape[:-1]))
        self.all.append(theano.shared((scale * self.rng.normal(size=shape)).astype("float32")))
        return self.all[-1]

    def biases(self, size: int) -> Any:
        """Return shared zeros."""
        self.all.append(theano.shared(np.zeros(size, "float32")))
        return self.all[-1]


def cuda_convnet(x: Any, parameters: Parameters) -> Any:
    """Return the scores of ten digits: two convolutions in c01b, with overlapping pooling."""
    c01b = x.dimshuffle(1, 2, 3, 0)
    for channels, filters, pad, stride in ((1, 16, 1, 1), (16, 32, 1, 2)):
        conv_op = FilterActs(pad=pad, partial_sum=1, stride=stride)
        weights = parameters.weights(channels, 3, 3, filters)
        out = conv_op(gpu_contiguous(c01b), gpu_contiguous(weights))
        out = T.maximum(out + parameters.biases(filters).dimshuffle(0, "x", "x", "x"), 0)
        c01b = MaxPool(ds=3, stride=2)(gpu_contiguous(out))
    flat = c01b.dimshuffle(3, 0, 1, 2).flatten(2)
    return flat @ parameters.weights(32, 10) + parameters.biases(10)


def mixed(x: Any, parameters: Parameters) -> Any:
    """Return the scores of ten digits: FilterActs, then Theano's pooling, on rectangles."""
    input_shuffled = x[:, :, :, 1:7].dimshuffle(1, 2, 3, 0)
    filters_shuffled = parameters.weights(16, 1, 3, 3).dimshuffle(1, 2, 3, 0)
    conv_op = FilterActs(stride=1, partial_sum=1)
    out_shuffled = conv_op(gpu_contiguous(input_shuffled), gpu_contiguous(filters_shuffled))
    conv_out = out_shuffled.dimshuffle(3, 0, 1, 2)
    pooled = max_pool_2d(conv_out, (2, 2), ignore_border=True)
    hidden = T.tanh(pooled + parameters.biases(16).dimshuffle("x", 0, "x", "x")).flatten(2)
    return hidden @ parameters.weights(16 * 3 * 2, 10) + parameters.biases(10)


def train(
    network: Callable[[Any, Parameters], Any], images: np.ndarray, labels: np.ndarray
) -> tuple[list[float], float]:
    """Run gradient descent; return the cost of each step, and the final accuracy."""
    x, y, parameters = T.ftensor4("x"), T.lvector("y"), Parameters()
    scores = network(x, parameters)
    largest = scores.max(axis=1, keepdims=True)
    of_all = T.log(T.exp(scores - largest).sum(axis=1)) + largest[:, 0]
    cost = (of_all - (scores * T.eq(y[:, None], np.arange(10))).sum(axis=1)).mean()
    updates = [
        (p, p - np.float32(0.2) * g.astype("float32"))
        for p, g in zip(parameters.all, T.grad(cost, parameters.all), strict=True)
    ]
    step = theano.function([x, y], cost, updates=updates)
    costs = []
    for i in range(STEPS):
        rows = np.arange(i * BATCH, (i + 1) * BATCH) % len(images)
        costs.append(float(step(images[rows], labels[rows])))
    guess = theano.function([x], T.argmax(scores, axis=1))
    return costs, float((guess(images) == labels).mean())


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's digits: float32 images (1797, 1, 8, 8) from 0 to 1, and labels."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise SystemExit(
            "This example trains on scikit-learn's digits. Install it: "
            "`python -m pip install scikit-learn`."
        ) from None
    images, labels = load_digits(return_X_y=True)
    return (images / 16).astype("float32").reshape(-1, 1, 8, 8), labels.astype("int64")


def main() -> None:
    """Show the padding, and train both networks."""
    show_padding()
    images, labels = digits()
    for name, network in (("cuda-convnet", cuda_convnet), ("mixed", mixed)):
        costs, right = train(network, images, labels)
        print(
            f"\n{name}: cost {costs[0]:.3f} before, {costs[-1]:.3f} after {STEPS} steps;", end=" "
        )
        print(f"{right:.1%} of {len(images)} digits right")


if __name__ == "__main__":
    main()
