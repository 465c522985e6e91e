"""PyTorch for `benchmarks.devices`: our functions, and their counterparts in plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytensor
import pytensor.link.utils
import torch
from pytensor.compile.mode import Mode, get_mode
from pytensor.link.pytorch.linker import PytorchLinker
from torch.nn import functional

from benchmarks.works import CONV, CONV_GRADIENT, GRADIENT, POOL, UNPOOL, Row

VERSION = torch.__version__
PEERS = {
    UNPOOL: "`max_unpool2d`",
    POOL: "`max_pool2d`, with positions",
    GRADIENT: "the gradient by torch of `max_pool2d`",
    CONV: "`conv2d`",
    CONV_GRADIENT: "the gradients by torch of `conv2d`",
}

HAS_GPU = torch.cuda.is_available()
torch.set_num_threads(1)
torch.set_default_device("cuda" if HAS_GPU else "cpu")


def device() -> str:
    """Return the name of the default device."""
    return torch.cuda.get_device_name() if HAS_GPU else "cpu"


def put(array: Any) -> Any:
    """Copy an array to the device; torch wants positions in int64."""
    tensor = torch.as_tensor(array)
    return tensor if tensor.is_floating_point() else tensor.to(torch.int64)


def wait(result: Any) -> Any:
    """Return a result when the device is done with it."""
    if HAS_GPU:
        torch.cuda.synchronize()
    return result


class _OnDevice(PytorchLinker):
    """PyTensor's linker copies results to the CPU; here they stay on the device."""

    def jit_compile(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        compiled = super().jit_compile(fn)

        def call(*tensors: Any) -> Any:
            # Compiled code looks up its callees here. Only one function runs at a time.
            for name, function in compiled.gen_functors:
                setattr(pytensor.link.utils, name[1:], function)
            return compiled.fn(*tensors)

        return call


def ours(inputs: list[Any], outputs: Any) -> Callable[..., Any]:
    """Compile a graph to a function of arrays on the device."""
    mode = Mode(_OnDevice(), get_mode("PYTORCH").optimizer)
    return pytensor.function(inputs, outputs, mode=mode, trust_input=True)


def copy() -> Callable[..., Any]:
    """Return the function that copies an array."""
    return torch.clone


def plain(row: Row) -> Callable[..., Any]:
    """Return the counterpart in plain PyTorch."""
    n = row.size

    def pool(x: Any) -> Any:
        return functional.max_pool2d(x, n, 2, n - 2, return_indices=True)

    def conv(x: Any, kernel: Any) -> Any:
        return functional.conv2d(x, kernel, padding=n // 2)

    def gradient(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arrays: Any) -> Any:
            leaves = [x.detach().requires_grad_() for x in arrays]
            return torch.autograd.grad((function(*leaves) ** 2).sum(), leaves)

        return run

    functions: dict[str, Callable[..., Any]] = {
        UNPOOL: lambda values, positions: functional.max_unpool2d(values, positions, [2, 2]),
        POOL: pool,
        GRADIENT: gradient(lambda x: functional.max_pool2d(x, n, 2, n - 2)),
        CONV: conv,
        CONV_GRADIENT: gradient(conv),
    }
    return functions[row.work]
