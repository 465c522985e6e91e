"""Errors name the axis, what was passed and what was wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError, UnpoolError
from tests.support.modes import every_mode

X, KERNEL = np.ones((2, 4, 5, 6)), np.ones((6, 4, 3, 2))

# Wrong arguments, when the graph is built.
STATIC: dict[str, tuple[Callable[[], Any], type[UnpoolError], str]] = {
    "channels": (
        lambda: pu.conv(X, KERNEL[:, :3]), ShapeError,
        r"the kernel takes 3 channels \(its axis 1, times groups\), x has 4",
    ),
    "groups": (
        lambda: pu.conv(X, KERNEL[:3, :2], groups=2), ShapeError,
        r"groups=2 must divide the 3 output channels",
    ),
    "kernel too long": (
        lambda: pu.conv(X, KERNEL, dilation=(3, 1)), ShapeError,
        r"the kernel spans 7 elements \(with dilation\) on axis -2, the image has 5 with padding",
    ),
    "empty kernel": (
        lambda: pu.conv(X, KERNEL[..., :0]), ShapeError, "the kernel spans 0 elements",
    ),
    "stride 0": (lambda: pu.conv(X, KERNEL, stride=0), ShapeError, "got stride=0 for axis -2"),
    "dilation 0": (
        lambda: pu.conv(X, KERNEL, dilation=(1, 0)), ShapeError, "got dilation=0 for axis -1",
    ),
    "negative pad": (
        lambda: pu.conv(X, KERNEL, pad=((0, 0), (0, -1))), ShapeError, "got -1 after axis -1",
    ),
    "too large": (
        lambda: pu.conv(X, KERNEL, stride=2**31), ShapeError, "1, and fit an int32",
    ),
    "word": (
        lambda: pu.conv(X, KERNEL, pad="SAME"), ArgumentError, "pad must be 'valid' or 'same'",
    ),
    "strides": (
        lambda: pu.conv(X, KERNEL, stride=(1, 1, 1)), ShapeError,
        "one number for each of the 2 spatial axes",
    ),
    "float stride": (lambda: pu.conv(X, KERNEL, stride=1.5), DTypeError, "stride must be integer"),
    "no groups": (lambda: pu.conv(X, KERNEL, groups=0), ArgumentError, "an int of at least 1"),
    "integers": (
        lambda: pu.conv(X.astype("int32"), KERNEL), DTypeError,
        r"x must be float: got dtype int32. Cast it \(`.astype\('float32'\)`\)",
    ),
    "complex": (
        lambda: pu.conv(X, KERNEL.astype(complex)), DTypeError, "kernel must be float",
    ),
    "axes": (lambda: pu.conv(X[0], KERNEL), ShapeError, "x must have 4 axes: got 3"),
    "a matrix": (lambda: pu.conv(X[0, 0], KERNEL[0, 0]), ShapeError, "must have 3 to 5 axes"),
    "output": (
        lambda: pu.conv_input_grad(KERNEL, np.ones((2, 6, 3, 4)), X.shape), ShapeError,
        "dy must have the shape of the convolution's output: axis -1 has length 4, wanted 5",
    ),
    "input_shape": (
        lambda: pu.conv_input_grad(KERNEL, np.ones((2, 6, 3, 5)), (3, 4, 5, 6)), ShapeError,
        "axis 0 has length 3, wanted 2",
    ),
    "input channels": (
        lambda: pu.conv_input_grad(KERNEL, np.ones((2, 6, 3, 5)), (2, 3, 5, 6)), ShapeError,
        "the kernel takes 4 channels",
    ),
    "lengths": (
        lambda: pu.conv_input_grad(KERNEL, np.ones((2, 6, 3, 5)), (2, 4, 5)), ShapeError,
        "input_shape must have 4 lengths, or the 2 of the spatial axes: got 3",
    ),
    "kernel_shape": (
        lambda: pu.conv_kernel_grad(X, np.ones((2, 6, 3, 5)), (5, 4, 3, 2)), ShapeError,
        "axis 0 has length 5, wanted 6",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATIC)
def test_when_the_graph_is_built(name: str) -> None:
    build, error, message = STATIC[name]
    with pytest.raises(error, match=message):
        build()


@cache
def compiled(mode: str) -> list[Any]:
    """Compile convolution, and its gradients, but for what takes Numba long and checks the same."""
    x, kernel, dy = pt.dtensor3("x"), pt.dtensor3("kernel"), pt.dtensor3("dy")
    rows, full, kernel_shape = pt.lmatrix("rows"), pt.lvector("full"), pt.lvector("kernel_shape")
    stride, before, after, dilation = ([rows[0, j]] for j in range(4))
    numbers = (stride, [(before[0], after[0])], dilation, 2)
    gradients = []
    if mode != "NUMBA":
        gradients = [
            pu.conv_input_grad(kernel, dy, [full[i] for i in range(3)], *numbers),
            pu.conv_kernel_grad(x, dy, [kernel_shape[i] for i in range(3)], *numbers),
        ]
    inputs = [x, kernel, dy, full, kernel_shape, rows]
    return [
        pytensor.function([x, kernel, rows], pu.conv(x, kernel, *numbers), mode=mode),
        *(pytensor.function(inputs, d, mode=mode, on_unused_input="ignore") for d in gradients),
    ]


PLAIN = (1, 0, 0, 1)


@every_mode
def test_when_it_runs(mode: str) -> None:
    """The message is the same in every mode, and the function keeps working."""
    forward, *gradients = compiled(mode)
    x, kernel = np.ones((2, 4, 5)), np.ones((6, 2, 3))
    for some_x, some_kernel, row, message in (
        (x[:, :3], kernel, PLAIN, "the kernel takes 4 channels .* x has 3"),
        (x, kernel[:3], PLAIN, "groups=2 must divide the 3"),
        (x, kernel, (1, 0, 0, 3), r"spans 7 elements .* axis -1, the image has 5"),
        (x[..., :0], kernel, (1, 3, 3, 1), "the image has 6 with padding"),
        (x, kernel[..., :0], PLAIN, "spans 0 elements"),
        (x, kernel, (0, 0, 0, 1), "got stride=0 for axis -1"),
        (x, kernel, (1, 0, 0, -1), "got dilation=-1"),
        (x, kernel, (1, -1, 0, 1), "got -1 before axis -1"),
        (x, kernel, (1, 0, 2**40, 1), "after axis -1"),
    ):
        with pytest.raises(ShapeError, match=message):
            forward(some_x, some_kernel, np.array([row]))
        assert forward(x, kernel, np.array([PLAIN])).shape == (2, 6, 3)
    for some_x, some_kernel, shape in (
        (x[:0], kernel, (0, 6, 3)),
        (x, kernel[:0], (2, 0, 3)),
        (x[:, :0], kernel[:, :0], (2, 6, 3)),
    ):
        np.testing.assert_array_equal(
            forward(some_x, some_kernel, np.array([PLAIN])), np.zeros(shape), strict=True
        )
    if gradients:
        _check_gradients(*gradients, x, kernel)


def _check_gradients(input_grad: Any, kernel_grad: Any, x: Any, kernel: Any) -> None:
    dy, rows = np.ones((2, 6, 3)), np.array([PLAIN])
    for some_dy, message in (
        (dy[..., :2], "axis -1 has length 2, wanted 3"),
        (dy[:1], "axis -3 has length 1, wanted 2"),
        (dy[:, :4], "axis -2 has length 4, wanted 6"),
    ):
        for function in (input_grad, kernel_grad):
            with pytest.raises(ShapeError, match=message):
                function(x, kernel, some_dy, x.shape, kernel.shape, rows)
    for full in ((2, 4, 6), (3, 4, 5), (2, 5, 5), (2, 4, -5), (2, 4, 2**62)):
        with pytest.raises(UnpoolError, match=r"axis|lengths|channels"):
            input_grad(x, kernel, dy, full, kernel.shape, rows)
    for shape in ((6, 2, 4), (5, 2, 3), (6, 3, 3), (6, 2, -3), (6, 2, 2**62)):
        with pytest.raises(UnpoolError, match=r"axis|lengths|channels|groups"):
            kernel_grad(x, kernel, dy, x.shape, shape, rows)
    assert input_grad(x, kernel, dy, x.shape, kernel.shape, rows).shape == x.shape
