"""Arrays of ones that cuda-convnet's Ops refuse where `strict=True` asks for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.filter_acts import (
    FilterActs,
    ImageActs,
    WeightActs,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.pool import MaxPool
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.response_norm import CrossMapNorm


def ones(*shape: int) -> Any:
    return np.ones(shape, "float32")


SMALL = ones(4, 6, 6, 2)

# Op, arrays, and what is said when the function runs.
REFUSED = [
    (FilterActs, [SMALL, ones(4, 3, 3, 6)], "number of filters must be a multiple of 16"),
    (FilterActs, [SMALL, ones(4, 3, 2, 16)], "filter must be square"),
    (FilterActs, [SMALL, ones(3, 3, 3, 16)], "# input channels mismatch"),
    (FilterActs, [ones(5, 6, 6, 2), ones(5, 3, 3, 16)], "more than 3 channels must be even"),
    (ImageActs, [ones(6, 4, 4, 2), ones(4, 3, 3, 6)], "number of filters must be a multiple of 16"),
    (ImageActs, [ones(16, 4, 5, 2), ones(4, 3, 2, 16)], "filter must be square"),
    (WeightActs, [ones(6, 6, 6, 2), ones(16, 4, 4, 2), (3, 3)], "a multiple of 4 channels"),
    (WeightActs, [SMALL, ones(6, 4, 4, 2), (3, 3)], "number of filters must be a multiple of 16"),
    (WeightActs, [SMALL, ones(16, 5, 4, 2), (2, 3)], "filter must be square"),
    (lambda **o: MaxPool(2, 2, **o), [ones(1, 4, 5, 1)], "images must be square"),
    (lambda **o: CrossMapNorm(3, 1, 1, False, **o), [SMALL], "a multiple of 16 channels"),
    (lambda **o: CrossMapNorm(17, 1, 1, False, **o), [ones(16, 2, 2, 1)], "at least size_f=17"),
]
