"""The other contenders. None of them is needed to install or test the package."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from pytensor.compile.mode import get_mode

from benchmarks.cases import MODES, Case
from benchmarks.contender import AbsentError, Contender
from benchmarks.idioms import IDIOMS
from benchmarks.inputs import Arrays
from benchmarks.ours import compiled, idiom_inputs, needs, placeholder, whole_numbers

# Elements of float32 in a page of memory: one write makes the page resident.
PAGE = 1024


def peer_contender(peer: str, case: Case, inputs: Arrays) -> Contender:
    """Return the work of `case` by a peer, or raise `AbsentError`."""
    return PEER_CONTENDERS[peer](case, inputs)


def _copy(case: Case, inputs: Arrays) -> Contender:
    x = inputs["x_last" if case.work == "channels_last" else "x"]
    destination = x.copy()
    return Contender(lambda: np.copyto(destination, x))


def _fill(case: Case, inputs: Arrays) -> Contender:
    def fill() -> np.ndarray[Any, Any]:
        y = np.zeros(case.shape, np.float32)
        y.reshape(-1)[::PAGE] = 1
        return y

    return Contender(fill)


def _fftconvolve(case: Case, inputs: Arrays) -> Contender:
    from scipy.signal import fftconvolve

    x, kernel = inputs["x"], inputs["kernel"]
    return Contender(lambda: fftconvolve(x, kernel, "same"), lambda y: whole_numbers([y]))


def _torch(case: Case, inputs: Arrays) -> Contender:
    torch = _import_torch()
    torch.set_num_threads(case.threads)
    tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
    if case.work == "gradient":
        return _torch_gradient(torch, case, tensors)
    if case.work == "max_unpool":
        unpool = getattr(torch.nn.functional, f"max_unpool{len(case.window)}d")
        values, positions = tensors["values"], tensors["positions"]
        return Contender(
            lambda: unpool(values, positions, case.window, case.stride),
            lambda y: [y.numpy()],
        )
    if case.work == "pool":
        return _torch_avg_pool(torch, case, tensors["x"])
    if case.work in ("conv", "conv_gradients"):
        return _torch_conv(torch, case, tensors)
    return _torch_max_pool(torch, case, tensors["x"])


def _torch_channels_last(case: Case, inputs: Arrays) -> Contender:
    torch = _import_torch()
    torch.set_num_threads(case.threads)
    x = torch.from_numpy(inputs["x"]).contiguous(memory_format=torch.channels_last)
    return _torch_max_pool(torch, case, x)


def _torch_max_pool(torch: Any, case: Case, x: Any) -> Contender:
    pool = getattr(torch.nn.functional, f"max_pool{len(case.window)}d")
    return Contender(
        lambda: pool(x, case.window, case.stride, return_indices=True),
        lambda pair: [tensor.numpy() for tensor in pair],
    )


def _torch_avg_pool(torch: Any, case: Case, x: Any) -> Contender:
    pool = getattr(torch.nn.functional, f"avg_pool{len(case.window)}d")
    divisor = 1 if case.pooling == "sum" else None
    return Contender(
        lambda: pool(x, case.window, case.stride, divisor_override=divisor), lambda y: [y.numpy()]
    )


def _torch_gradient(torch: Any, case: Case, tensors: dict[str, Any]) -> Contender:
    pool = getattr(torch.nn.functional, f"max_pool{len(case.window)}d")
    x = tensors["x"].requires_grad_()
    cotangent = tensors["cotangent"]

    def forward_and_backward() -> Any:
        values = pool(x, case.window, case.stride)
        return values, torch.autograd.grad(values, x, cotangent)[0]

    return Contender(
        forward_and_backward, lambda pair: [tensor.detach().numpy() for tensor in pair]
    )


def _torch_conv(torch: Any, case: Case, tensors: dict[str, Any]) -> Contender:
    x, kernel = tensors["x"], tensors["kernel"]
    if case.work == "conv":
        conv = torch.nn.functional.conv2d
        return Contender(
            lambda: conv(x, kernel, stride=case.stride, padding=case.pad, groups=case.groups),
            lambda y: [y.numpy()],
        )
    backward, pads = torch.ops.aten.convolution_backward, [case.pad] * 2
    arguments = [list(case.stride), pads, [1, 1], False, [0, 0], case.groups, [True, True, False]]
    return Contender(
        lambda: backward(tensors["cotangent"], x, kernel, None, *arguments),
        lambda gradients: [gradient.numpy() for gradient in gradients[:2]],
    )


def _import_torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise AbsentError(str(error)) from None
    return torch


def _pytensor_ml(case: Case, inputs: Arrays) -> Contender:
    try:
        from pytensor_ml.layers import MaxPool2D
    except ImportError as error:
        raise AbsentError(str(error)) from None
    import pytensor.tensor as pt

    lengths = case.lengths if case.static else (None, None)
    x = pt.tensor("x_last", dtype="float32", shape=(None, *lengths, None))
    values = MaxPool2D("pool", kernel_size=case.window, stride=case.stride)(x)
    if case.work == "channels_last":
        return compiled([x], [values], inputs, "NUMBA", read=list)
    cotangent = placeholder("cotangent_last", len(case.shape))
    gradient = pt.grad(None, x, known_grads={values: cotangent})
    return compiled(
        [x, cotangent],
        [values, gradient],
        inputs,
        "NUMBA",
        read=lambda pair: [np.moveaxis(array, -1, 1) for array in pair],
    )


def _op(case: Case, inputs: Arrays, mode: str) -> Contender:
    needs(mode)
    variables = idiom_inputs(case)
    return compiled(variables, [IDIOMS[case.idiom].direct(*variables)], inputs, mode, read=list)


def _unrewritten(case: Case, inputs: Arrays) -> Contender:
    variables = idiom_inputs(case)
    graph = IDIOMS[case.idiom].graph(*variables)
    mode = get_mode("NUMBA").excluding("pytensor_unpool")
    return compiled(variables, [graph], inputs, mode, read=list)


PEER_CONTENDERS: dict[str, Callable[[Case, Arrays], Contender]] = {
    "copy": _copy,
    "fftconvolve": _fftconvolve,
    "fill": _fill,
    **{f"op in {mode}": partial(_op, mode=mode) for mode in MODES},
    "unrewritten": _unrewritten,
    "torch": _torch,
    "torch channels-last": _torch_channels_last,
    "pytensor-ml": _pytensor_ml,
}
