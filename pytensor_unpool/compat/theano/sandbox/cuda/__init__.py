"""Names of `theano.sandbox.cuda`, Theano's first GPU back-end: all work without a GPU."""

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.sandbox.cuda.basic_ops import (
    GpuFromHost,
    HostFromGpu,
    as_cuda_ndarray_variable,
    gpu_from_host,
    host_from_gpu,
)

__all__ = [
    "GpuFromHost",
    "HostFromGpu",
    "as_cuda_ndarray_variable",
    "cuda_available",
    "cuda_enabled",
    "gpu_from_host",
    "host_from_gpu",
]

__getattr__, __dir__ = fall_back(__name__)

cuda_available = False
cuda_enabled = False
