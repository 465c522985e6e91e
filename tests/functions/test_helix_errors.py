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
from tests.support.modes import every_mode

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


@every_mode
def test_shapes_at_run_time(mode: str) -> None:
    x, kernel = pt.dmatrix("x"), pt.dmatrix("kernel")
    convolve = pytensor.function([x, kernel], pu.helix_convolve(x, kernel, "valid"), mode=mode)
    assert convolve(np.ones((2, 3)), np.ones((3, 4))).shape == (2, 2)
    for lengths, taps, _, match in SHAPES.values():
        with pytest.raises(ShapeError, match=match):
            convolve(np.ones(lengths), np.ones(taps))


@every_mode
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


@every_mode
def test_a_number_for_each_axis_of_a_window(mode: str) -> None:
    """Catches kernels that read beyond the end of a vector that is too short."""
    x, starts, lengths = pt.dmatrix("x"), pt.lvector("starts"), pt.lvector("lengths")
    y = HelixWindow(2, "direct")(x, [[1.0, 1.0], [0.0, 0.0]], starts, lengths)
    run = pytensor.function([x, starts, lengths], y, mode=mode)
    ones = np.ones((2, 3))
    assert run(ones, [0, 0], [1, 4]).tolist() == [[1, 2, 2, 1]]
    for short in ([0], [0, 0, 0], []):
        with pytest.raises(ShapeError, match=rf"starts must .* 2 numbers: got {len(short)}. Pass"):
            run(ones, short, [1, 4])
        with pytest.raises(ShapeError, match=rf"shape must .* 2 lengths: got {len(short)}. Pass"):
            run(ones, [0, 0], short)


@pytest.mark.parametrize("method", ["direct", "fft"])
@every_mode
def test_windows_far_away_hold_zeros(mode: str, method: str) -> None:
    """Catches element counts that overflow, and allocation of all elements in between."""
    x, starts = pt.dvector("x"), pt.lvector("starts")
    y = HelixWindow(1, method)(x, [1.0, 1.0], starts, [3])
    run = pytensor.function([x, starts], y, mode=mode)
    for far in (-(2**63), -(2**62), -3, 4, 2**40, 2**62, 2**63 - 1):
        assert run([1.0, 2.0, 3.0], [far]).tolist() == [0, 0, 0]
    np.testing.assert_allclose(run([1.0, 2.0, 3.0], [-1]), [0, 1, 3], atol=1e-12)
    np.testing.assert_allclose(run([1.0, 2.0, 3.0], [3]), [3, 0, 0], atol=1e-12)


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
    """It is zero, as for other Ops that take integers."""
    x, kernel = pt.lvector("x"), pt.dvector("kernel")
    y = pu.helix_convolve(x, kernel, method="direct")
    gradient = pt.grad(y.sum(), kernel)
    run = pytensor.function([x, kernel], gradient, mode="FAST_COMPILE")
    np.testing.assert_allclose(run([1, 2], [3.0, 4.0]), [3, 3])
    assert y.dtype == "float64"
