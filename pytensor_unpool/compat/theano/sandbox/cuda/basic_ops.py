"""Names of `theano.sandbox.cuda.basic_ops` that moved data: nothing moves here."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.gpuarray import basic_ops
from pytensor_unpool.compat.theano.gpuarray.basic_ops import (
    GpuContiguous,
    GpuFromHost,
    HostFromGpu,
    gpu_contiguous,
    host_from_gpu,
)

__all__ = [
    "GpuAllocEmpty",
    "GpuContiguous",
    "GpuFromHost",
    "HostFromGpu",
    "as_cuda_ndarray_variable",
    "gpu_alloc_empty",
    "gpu_contiguous",
    "gpu_from_host",
    "host_from_gpu",
]

__getattr__, __dir__ = fall_back(__name__)

gpu_from_host = GpuFromHost()


def as_cuda_ndarray_variable(x: Any) -> TensorVariable:
    """Return `x` as a tensor."""
    return pt.as_tensor_variable(x)


class GpuAllocEmpty(basic_ops.GpuAllocEmpty):
    """``gpu_alloc_empty(*shape)``, or ``gpu_alloc_empty()(*shape)``."""

    def __call__(self, *shape: Any) -> Any:
        """Return an array of this shape; without one, a function that makes them."""
        return super().__call__(*shape) if shape else self


gpu_alloc_empty = GpuAllocEmpty()
