"""`conv` and its gradients against PyTorch's, over random settings; skipped without torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from tests.support.conv_cases import Case, convolutions
from tests.support.conv_checks import IN_C, compiled
from tests.support.strategies import repeatable, seeds
from tests.support.whole import whole

torch = pytest.importorskip("torch")


def in_torch(case: Case, x: Any, kernel: Any) -> Any:
    """Return the convolution in torch, of images that are padded beforehand."""
    pads = [pad for _, before, after, _ in reversed(case.rows) for pad in (before, after)]
    padded = torch.nn.functional.pad(x, pads)
    axes = tuple(range(2, len(case.x)))
    conv = getattr(torch.nn.functional, f"conv{len(axes)}d")
    stride, _, _, dilation = zip(*case.rows, strict=True)
    turned = kernel.flip(axes) if case.flip else kernel
    return conv(padded, turned, stride=stride, dilation=dilation, groups=case.groups)


def check(case: Case, mode: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, kernel = whole(rng, case.x), whole(rng, case.kernel)
    tensors = [torch.tensor(array, requires_grad=True) for array in (x, kernel)]
    y = in_torch(case, *tensors)
    dy = whole(rng, tuple(y.shape))
    y.backward(torch.tensor(dy))
    forward, backward = compiled(len(case.rows), case.groups, case.flip, "float64", mode)
    rows = np.array(case.rows)
    got = [forward(x, kernel, rows), *backward(x, kernel, dy, rows)]
    for result, wanted in zip(got, [y.detach(), *(t.grad for t in tensors)], strict=True):
        np.testing.assert_array_equal(result, wanted.numpy(), strict=True)


@repeatable(max_examples=400)
@given(convolutions(), seeds)
def test_python_equals_torch(case: Case, seed: int) -> None:
    if case.x[0] > 0:
        check(case, "FAST_COMPILE", seed)


@repeatable(max_examples=400)
@given(convolutions(), seeds)
def test_c_equals_torch(case: Case, seed: int) -> None:
    if case.x[0] > 0 and (len(case.rows), case.groups, case.flip) in IN_C:
        check(case, "CVM", seed)


@repeatable(max_examples=400)
@given(convolutions(), seeds)
def test_transposed_convolution(case: Case, seed: int) -> None:
    """`conv_transpose` is the input gradient, of the shortest images that have such outputs."""
    rng = np.random.default_rng(seed)
    if case.x[0] == 0 or case.flip:
        return
    kernel = whole(rng, case.kernel)
    dy = whole(rng, (case.x[0], case.kernel[0], *(n + 1 for n in case.x[2:])))
    stride, _, _, dilation = zip(*case.rows, strict=True)
    transpose = getattr(torch.nn.functional, f"conv_transpose{len(case.rows)}d")
    wanted = transpose(
        torch.tensor(dy), torch.tensor(kernel), stride=stride, dilation=dilation, groups=case.groups
    ).numpy()
    x = np.zeros(wanted.shape)
    rows = np.array([(s, 0, 0, d) for s, d in zip(stride, dilation, strict=True)])
    _, backward = compiled(len(case.rows), case.groups, False, "float64", "FAST_COMPILE")
    np.testing.assert_array_equal(backward(x, kernel, dy, rows)[0], wanted, strict=True)
