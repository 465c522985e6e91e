"""Convolution and its gradients as functions of run-time numbers, compared with loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

import pytensor_unpool as pu
from pytensor_unpool.kernels.reference import conv as reference_conv
from tests.support.cases import Array
from tests.support.conv_cases import PLAIN, Case
from tests.support.oracle import conv as oracle_conv
from tests.support.whole import whole

Function = Callable[..., Any]

# To compile takes long. The groups and flips that there are in C, for each number of axes:
IN_C = ((1, 1, False), (2, 1, False), (2, 2, False), (3, 2, True))


@cache
def compiled(ndim: int, groups: int, flip: bool, dtype: str, mode: str) -> tuple[Function, ...]:
    """Compile convolution and gradients for numbers that are known at run time."""
    x, kernel, dy = (pt.tensor(n, dtype=dtype, shape=(None,) * (ndim + 2)) for n in "xky")
    rows = pt.lmatrix("rows")
    stride, before, after, dilation = ([rows[i, j] for i in range(ndim)] for j in range(4))
    numbers = (stride, list(zip(before, after, strict=True)), dilation, groups)
    y = pu.conv(x, kernel, *numbers, flip=flip)
    dx = pu.conv_input_grad(kernel, dy, x.shape, *numbers, flip=flip)
    dk = pu.conv_kernel_grad(x, dy, kernel.shape, *numbers, flip=flip)
    forward = pytensor.function([x, kernel, rows], y, mode=mode)
    return forward, pytensor.function([x, kernel, dy, rows], [dx, dk], mode=mode)


def with_gaps(x: Array) -> Array:
    return np.repeat(x, 2, axis=-1)[..., ::2]


def check(
    case: Case,
    mode: str,
    rng: np.random.Generator,
    dtype: str = "float64",
    laid_out: Callable[[Array], Array] = np.asarray,
    oracle: Any = oracle_conv,
) -> None:
    x, kernel = laid_out(whole(rng, case.x, dtype)), laid_out(whole(rng, case.kernel, dtype))
    forward, backward = compiled(len(case.rows), case.groups, case.flip, dtype, mode)
    rows = np.array(case.rows)
    arguments = (case.rows, case.groups, case.flip)
    wanted = oracle.conv(x, kernel, *arguments)
    np.testing.assert_array_equal(forward(x, kernel, rows), wanted, strict=True)
    dy = laid_out(whole(rng, wanted.shape, dtype))
    dx, dk = backward(x, kernel, dy, rows)
    expected = oracle.conv_input_grad(kernel, dy, x.shape, *arguments)
    np.testing.assert_array_equal(dx, expected, strict=True)
    expected = oracle.conv_kernel_grad(x, dy, kernel.shape, *arguments)
    np.testing.assert_array_equal(dk, expected, strict=True)


def check_large_arrays(mode: str, rng: np.random.Generator) -> None:
    """More channels, columns and images than are done at a time; arrays with strides."""
    for shape, kernel_shape, row in (
        ((2, 40, 61, 90), (30, 40, 3, 3), (1, 1, 1, 1)),
        ((3, 34, 17, 61), (35, 34, 3, 3), (1, 2, 0, 1)),  # Winograd's way, in several parts
        ((1, 150, 50, 70), (5, 150, 3, 3), (2, 1, 1, 1)),
        ((9, 3, 7, 9), (4, 3, 2, 2), PLAIN),
        ((2, 40, 12, 13), (60, 40, 5, 5), PLAIN),  # taps' sums of some channels at a time
        ((2, 20, 31, 33), (14, 20, 1, 1), PLAIN),
    ):
        x = whole(rng, (shape[0], shape[3], shape[2], shape[1])).transpose(0, 3, 2, 1)[:, :, ::-1]
        kernel = with_gaps(whole(rng, kernel_shape[::-1])).transpose()
        forward, backward = compiled(2, 1, False, "float64", mode)
        rows = np.array([row, row])
        wanted = reference_conv.conv(x, kernel, rows.tolist(), 1, False)
        np.testing.assert_array_equal(forward(x, kernel, rows), wanted)
        dy = with_gaps(whole(rng, wanted.shape[::-1])).transpose()
        dx, dk = backward(x, kernel, dy, rows)
        arguments = (rows.tolist(), 1, False)
        expected = reference_conv.conv_input_grad(kernel, dy, x.shape, *arguments)
        np.testing.assert_array_equal(dx, expected)
        expected = reference_conv.conv_kernel_grad(x, dy, kernel.shape, *arguments)
        np.testing.assert_array_equal(dk, expected)
