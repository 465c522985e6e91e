"""Convolution in Numba: a correlation with all taps; the same as in kernels/c/conv/forward.h."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from pytensor_unpool.geometry.conv import Convolution
from pytensor_unpool.kernels.numba.by_address import by_address
from pytensor_unpool.kernels.numba.conv.checks import describer
from pytensor_unpool.kernels.numba.conv.gemm import gemm_by_address
from pytensor_unpool.kernels.numba.conv.plan import (
    GEMM,
    WINOGRAD,
    choose_way,
    has_rows,
    list_all_taps,
    pack_for_outputs,
)
from pytensor_unpool.kernels.numba.conv.records import (
    CONV_SHAPE,
    CORRELATION,
    GemmLayout,
    images_of,
)
from pytensor_unpool.kernels.numba.conv.views import three_axes
from pytensor_unpool.kernels.numba.conv.winograd import winograd_by_address
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.memory import use_huge_pages
from pytensor_unpool.kernels.numba.windows import Kernel


def conv(convolution: Convolution) -> Kernel:
    """Compile ``(x, kernel) -> y``.

    Where a number of the convolution is not known, the kernels here take their matrix as well.
    """
    describe = describer(convolution)

    @device_function
    def conv(x, kernel, *numbers):  # type: ignore[no-untyped-def]
        shape = describe(numbers, x.shape, kernel.shape)
        y = np.empty(output_shape(shape.axes, x, kernel), x.dtype)
        use_huge_pages(y)
        if kernel.shape[1] == 0:
            y[...] = 0
        if kernel.size > 0 and x.shape[0] > 0:
            run_conv_by_address((shape, three_axes(x), three_axes(kernel), y.reshape(-1)))
        return y

    return conv  # type: ignore[no-any-return]


@device_function
def run_conv(conv, x, kernel, y):  # type: ignore[no-untyped-def]
    """Fill in all outputs."""
    way = choose_way(conv, x.itemsize)
    packing = pack_for_outputs(conv, way == GEMM and has_rows(conv))
    taps = list_all_taps(conv, packing)
    correlations = np.zeros(1, CORRELATION)
    correlation, step = correlations[0], 1
    correlation.taps = len(taps)
    for i in range(2, -1, -1):
        correlation.outputs[i] = conv.axes[i].outputs
        correlation.steps[i] = step
        step *= conv.axes[i].outputs
    layout = GemmLayout(conv.groups, False, kernel.shape[0] * step, step)
    arguments = (packing, x, kernel, layout, taps, correlations, y)
    if way == WINOGRAD:
        winograd_by_address(arguments)
    else:
        gemm_by_address(arguments)


def _argument_types(given):  # type: ignore[no-untyped-def]
    dtype = given[-1].dtype
    return CONV_SHAPE, images_of(dtype), images_of(dtype), types.Array(dtype, 1, "C")


run_conv_by_address = by_address(run_conv, _argument_types)


def output_shape(axes: Any, x: Any, kernel: Any) -> Any:
    """Return the shape of the output, with as many axes as `x`."""
    raise NotImplementedError("only compiled code calls this")


@overload(output_shape)
def _output_shape(axes, x, kernel):  # type: ignore[no-untyped-def]
    def of_one(axes, x, kernel):  # type: ignore[no-untyped-def]
        return x.shape[0], kernel.shape[0], axes[2].outputs

    def of_two(axes, x, kernel):  # type: ignore[no-untyped-def]
        return x.shape[0], kernel.shape[0], axes[1].outputs, axes[2].outputs

    def of_three(axes, x, kernel):  # type: ignore[no-untyped-def]
        z, y, x_axis = axes[0], axes[1], axes[2]
        return x.shape[0], kernel.shape[0], z.outputs, y.outputs, x_axis.outputs

    return {3: of_one, 4: of_two, 5: of_three}[x.ndim]
