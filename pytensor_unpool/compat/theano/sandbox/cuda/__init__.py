"""Names of `theano.sandbox.cuda`, Theano's first GPU back-end: all work without a GPU."""

from __future__ import annotations

import warnings
from typing import Any

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
    "cuda_initialization_error_message",
    "gpu_from_host",
    "host_from_gpu",
    "pygpu_activated",
    "unuse",
    "use",
]

__getattr__, __dir__ = fall_back(__name__)

cuda_available = False
cuda_enabled = False
cuda_initialization_error_message = "PyTensor has no CUDA back-end: compile for JAX or PyTorch."
pygpu_activated = False


def use(device: str, *_: Any, **__: Any) -> None:
    """Warn that nothing happens: functions run where PyTensor's mode says."""
    warnings.warn(
        f"use({device!r}) has no effect: PyTensor has no CUDA back-end. For a GPU, compile with "
        f"mode='JAX' or mode='PYTORCH'.",
        UserWarning,
        stacklevel=2,
    )


def unuse() -> None:
    """Do nothing: no GPU is in use."""
