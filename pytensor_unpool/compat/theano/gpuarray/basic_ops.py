"""Names of `theano.gpuarray.basic_ops` that moved data between host and GPU: nothing moves here."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor import config
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp

__all__ = [
    "GpuAllocEmpty",
    "GpuContiguous",
    "GpuFromHost",
    "HostFromGpu",
    "as_gpuarray_variable",
    "gpu_alloc_empty",
    "gpu_contiguous",
    "host_from_gpu",
    "infer_context_name",
]

__getattr__, __dir__ = fall_back(__name__)


class _Identity(NotAnOp):
    """Used to move data. Here it returns its input, whatever its arguments."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, x: Any) -> TensorVariable:
        """Return `x` as a tensor."""
        return pt.as_tensor_variable(x)


class GpuContiguous(_Identity):
    """``GpuContiguous()(x)``: the backends take arrays of any strides."""

    def __call__(self, x: Any) -> TensorVariable:
        """Return `x` as a tensor, marked as contiguous for Ops that require it."""
        x = super().__call__(x)
        x.tag.c_contiguous = True
        return x


class GpuFromHost(_Identity):
    """``GpuFromHost(context_name)(x)``."""


class HostFromGpu(_Identity):
    """``HostFromGpu()(x)``. Old code searches graphs for this Op, but no node has it here."""


gpu_contiguous = GpuContiguous()
host_from_gpu = HostFromGpu()


def as_gpuarray_variable(x: Any, context_name: Any = None) -> TensorVariable:
    """Return `x` as a tensor."""
    return pt.as_tensor_variable(x)


def infer_context_name(*variables: Any) -> None:
    """Return None: there are no contexts to choose from."""


class GpuAllocEmpty(NotAnOp):
    """``GpuAllocEmpty(dtype, context_name)(*shape)``: an uninitialized array of a shape."""

    def __init__(self, dtype: str | None = None, context_name: Any = None) -> None:
        self.dtype = dtype

    def __call__(self, *shape: Any) -> TensorVariable:
        """Return an array of this shape: its content is arbitrary."""
        return pt.empty(shape, dtype=self.dtype or config.floatX)


def gpu_alloc_empty(ctx: Any = None, dtype: str | None = None) -> GpuAllocEmpty:
    """Return what makes uninitialized arrays: ``gpu_alloc_empty(ctx, dtype)(*shape)``."""
    return GpuAllocEmpty(dtype, ctx)
