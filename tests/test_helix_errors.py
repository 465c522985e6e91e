"""What `helix_convolve` refuses, when the graph is built or when it runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.errors import ArgumentError, ShapeError
from pytensor_unpool.ops import HelixConvolve, HelixWindow
from tests.modes import MODES

SHAPES: dict[str, tuple[Any, Any, str, str]] = {
    "neither inside the other": (
        (5, 3), (3, 4), "valid",
        r"mode='valid' needs one array.* axis -1 the kernel has length 4 and x 3.*Pass mode='same'",
    ),
    "no elements of x": ((4, 0), (2, 2), "full", r"must have elements.*axis -1.* length 0, wanted"),
    "no taps": ((4, 3), (0, 2), "same", r"must have elements.*axis -2 of one of them"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPES.values(), ids=SHAPES)
def test_static_shapes(case: Any) -> None:
    x, kernel, window, match = case
    with pytest.raises(ShapeError, match=match):
        pu.helix_convolve(pt.ones(x), pt.ones(kernel), window)


@pytest.mark.parametrize("mode", MODES)
def test_shapes_at_run_time(mode: str) -> None:
    x, kernel = pt.dmatrix("x"), pt.dmatrix("kernel")
    convolve = pytensor.function([x, kernel], pu.helix_convolve(x, kernel, "valid"), mode=mode)
    assert convolve(np.ones((2, 3)), np.ones((3, 4))).shape == (2, 2)
    for lengths, taps, _, match in SHAPES.values():
        with pytest.raises(ShapeError, match=match):
            convolve(np.ones(lengths), np.ones(taps))


@pytest.mark.parametrize("mode", MODES)
def test_items_that_disagree(mode: str) -> None:
    x, kernels = pt.dmatrix("x"), pt.dmatrix("kernels")
    run = pytensor.function([x, kernels], HelixConvolve(1, "full")(x, kernels), mode=mode)
    assert run(np.ones((2, 3)), np.ones((2, 2))).shape == (2, 4)
    with pytest.raises(ShapeError, match=r"leading axes of x, or none: axis -2 has length 1, want"):
        run(np.ones((2, 3)), np.ones((1, 2)))
    with pytest.raises(ShapeError, match=r"leading axes of x, or none: axis -2 has length 3, want"):
        HelixConvolve(1, "full")(pt.ones((2, 3)), pt.ones((3, 2)))


def test_windows_of_no_length() -> None:
    x, lengths = pt.dvector("x"), pt.lvector("lengths")
    y = HelixWindow(1)(x, [1.0], [0], lengths)
    run = pytensor.function([x, lengths], y, mode="FAST_COMPILE")
    assert run([1.0, 2.0], [3]).tolist() == [1, 2, 0]
    with pytest.raises(ShapeError, match=r"shape must hold lengths: got -1 for axis -1"):
        run([1.0, 2.0], [-1])


def test_ranks() -> None:
    with pytest.raises(ShapeError, match=r"x needs at least the 3 axes that are convolved: got 2"):
        pu.helix_convolve(pt.dmatrix(), pt.dtensor3())
    with pytest.raises(ShapeError, match=r"kernel needs an axis for each axis .* got a number"):
        pu.helix_convolve(pt.dmatrix(), 2.0)


def test_words() -> None:
    x = pt.dvector()
    with pytest.raises(ArgumentError, match=r"mode must be one of 'full', 'same', 'valid': got 'h"):
        pu.helix_convolve(x, x, "half")
    with pytest.raises(ArgumentError, match=r"method must be one of 'auto', .*: got 'helix'"):
        pu.helix_convolve(x, x, method="helix")


def test_integers_have_no_gradient() -> None:
    """As of other Ops that take integers: zeros."""
    x, kernel = pt.lvector("x"), pt.dvector("kernel")
    y = pu.helix_convolve(x, kernel, method="direct")
    gradient = pt.grad(y.sum(), kernel)
    run = pytensor.function([x, kernel], gradient, mode="FAST_COMPILE")
    np.testing.assert_allclose(run([1, 2], [3.0, 4.0]), [3, 3])
    assert y.dtype == "float64"
