"""Old names of upsampling beyond the golden data: repeats that are known late, bad input."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.compat.theano.tensor.extra_ops import repeat
from pytensor_unpool.compat.theano.tensor.nnet import abstract_conv, upsampling
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from tests.support.modes import NUMBA_OR_PYTHON
from tests.support.whole import whole

# As `inspect` prints those of Theano 1.0.5.
SIGNATURES = {
    "bilinear_upsampling": "(input, ratio=None, frac_ratio=None, batch_size=None, "
    "num_input_channels=None, use_1D_kernel=True)",
    "frac_bilinear_upsampling": "(input, frac_ratio)",
    "bilinear_kernel_1D": "(ratio, normalize=True)",
    "bilinear_kernel_2D": "(ratio, normalize=True)",
    "repeat": "(x, repeats, axis=None)",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_theanos(name: str) -> None:
    function = repeat if name == "repeat" else getattr(abstract_conv, name)
    parameters = inspect.signature(function).parameters.values()
    plain = inspect.Signature([p.replace(annotation=inspect.Parameter.empty) for p in parameters])
    assert str(plain) == SIGNATURES[name]


def test_both_modules_have_the_names() -> None:
    for name in upsampling.__all__:
        assert getattr(abstract_conv, name) is getattr(upsampling, name)


# repeat.


@cache
def repeating(mode: str) -> Any:
    """Compile the repeat of rows by a vector known late, and its gradient."""
    x, repeats = pt.dmatrix("x"), pt.ivector("repeats")
    y = repeat(x, repeats, axis=-2)
    g = y.type("g")
    gradient = pt.grad(None, wrt=x, known_grads={y: g})
    return pytensor.function([x, repeats, g], [y, gradient], mode=mode)


@pytest.mark.parametrize("mode", NUMBA_OR_PYTHON)
def test_a_vector_that_is_known_late(mode: str, rng: np.random.Generator) -> None:
    for repeats in ([1, 3, 2], [0, 0, 0], [0, 5, 0], [2], []):
        x = rng.normal(size=(len(repeats), 4))
        wanted = np.repeat(x, repeats, axis=0)
        g = whole(rng, wanted.shape)
        sums = np.zeros_like(x)
        np.add.at(sums, np.repeat(np.arange(len(repeats)), repeats), g)
        y, gradient = repeating(mode)(x, np.array(repeats, "int32"), g)
        np.testing.assert_array_equal(y, wanted, strict=True)
        np.testing.assert_array_equal(gradient, sums, strict=True)


@pytest.mark.parametrize("mode", NUMBA_OR_PYTHON)
def test_bad_vectors_that_are_known_late(mode: str) -> None:
    """Numba does not check an index: without the checks it would read other memory."""
    x, g = np.zeros((3, 4)), np.zeros((3, 4))
    for repeats in ([1, 1], [1, 1, 1, 1], [3], []):
        with pytest.raises(ShapeError, match="one number for each element along the axis"):
            repeating(mode)(x, np.array(repeats, "int32"), g)
    for repeats in ([1, -1, 3], [-1, -1, -1]):
        with pytest.raises(ArgumentError, match="repeats must be from 0 to 2147483647"):
            repeating(mode)(x, np.array(repeats, "int32"), g)


def test_repeats_that_would_overflow() -> None:
    """Added up, they would come out as two, and the copies be beyond the end."""
    x, repeats = pt.dvector("x"), pt.lvector("repeats")
    huge = np.array([2**62, 2**62, 2**62, 2**62, 2])
    with pytest.raises(ArgumentError, match="repeats must be from 0 to 2147483647"):
        repeat(x, repeats).eval({x: np.zeros(5), repeats: huge}, mode="FAST_COMPILE")
    with pytest.raises(ArgumentError, match=re.escape(f"got {2**62}. Pass 0 to drop")):
        repeat(x, huge)


def test_a_bad_number_that_is_known_late() -> None:
    x, number = pt.dvector("x"), pt.lscalar("number")
    y = repeat(x, number)
    with pytest.raises(ArgumentError, match="repeats must be from 0 to 2147483647"):
        y.eval({x: np.zeros(5), number: -1}, mode="FAST_COMPILE")
    assert y.eval({x: np.zeros(5), number: 0}, mode="FAST_COMPILE").shape == (0,)


def test_known_lengths_stay_known() -> None:
    x = pt.tensor("x", dtype="int8", shape=(2, 3, None))
    assert repeat(x, 2, 1).type.shape == (2, 6, None)
    assert repeat(x, [2], 1).type.shape == (2, 6, None)
    assert repeat(x, np.array(0), 0).type.shape == (0, 3, None)
    assert repeat(x, [1, 2, 4], 1).type.shape[::2] == (2, None)
    assert repeat(x, [1, 2, 4], 1).type.dtype == "int8"
    assert repeat(np.zeros((2, 3)), 2).type.shape == (12,)
    assert repeat(np.zeros(0), []).eval(mode="FAST_COMPILE").shape == (0,)


# Arguments, exception, what its message says, `got`.
BAD_REPEATS: list[tuple[tuple[Any, ...], type[Exception], str, Any]] = [
    (([1.0, 2.0], 0), DTypeError, "repeats must be integer: got dtype float", "float64"),
    ((np.array(True), 0), DTypeError, "repeats must be integer: got dtype bool", "bool"),
    (([1, 2, 3], 0), ShapeError, "each element along the axis: got 3, wanted 2", 3),
    (([1, -2], 0), ArgumentError, "must be from 0 to 2147483647: got -2. Pass 0", -2),
    ((-1,), ArgumentError, "must be from 0 to 2147483647: got -1", -1),
    (([[1, 2]], 0), ShapeError, "a number or a vector: got 2 axes", 2),
]


@pytest.mark.parametrize(("arguments", "error", "says", "got"), BAD_REPEATS)
def test_bad_repeats(
    arguments: tuple[Any, ...], error: type[Exception], says: str, got: Any
) -> None:
    with pytest.raises(error, match=re.escape(says)) as caught:
        repeat(np.zeros((2, 3)), *arguments)
    assert type(caught.value) is error
    assert str(caught.value.got).replace("32", "64") == str(got)


# Bilinear upsampling.


def test_floatx_does_not_matter() -> None:
    """Theano's kernels were floatX, and did not fit images of another dtype."""
    for dtype in ("float32", "float64"):
        for float_x in ("float32", "float64"):
            with pytensor.config.change_flags(floatX=float_x):
                x = pt.tensor("x", dtype=dtype, shape=(1, 1, 2, 2))
                y = abstract_conv.bilinear_upsampling(x, 2)
                assert y.type.dtype == dtype
                assert y.type.shape == (1, 1, None, None)
                assert abstract_conv.bilinear_kernel_2D(2).type.dtype == float_x


def test_hints_of_shapes_are_not_needed() -> None:
    x = pt.dtensor4("x")
    images = np.arange(24.0).reshape(2, 3, 2, 2)
    with_hints = abstract_conv.bilinear_upsampling(x, 3, None, 2, 3, False)
    both = pytensor.function([x], [with_hints, pu.upsample_linear(x, (3, 3))], mode="FAST_COMPILE")(
        images
    )
    np.testing.assert_array_equal(*both, strict=True)


def test_kernels_of_a_ratio_that_is_known_late() -> None:
    ratio = pt.iscalar("ratio")
    kernel = abstract_conv.bilinear_kernel_2D((ratio, 1), normalize=False)
    assert kernel.eval({ratio: 3}, mode="FAST_COMPILE").tolist() == [[1], [2], [3], [2], [1]]


# Function, its arguments behind the images, exception, what its message says, `got`.
BAD_BILINEAR: list[tuple[str, Any, type[Exception], str, Any]] = [
    ("frac_bilinear_upsampling", (3,), ArgumentError, "frac_ratio must be a tuple", (3,)),
    ("frac_bilinear_upsampling", (3, 2, 1), ArgumentError, "frac_ratio must", (3, 2, 1)),
    ("frac_bilinear_upsampling", ((3, 2), 2), ArgumentError, "frac_ratio must", ((3, 2), 2)),
    ("frac_bilinear_upsampling", ((3, 2), (1,)), ArgumentError, "frac_ratio", ((3, 2), (1,))),
    ("frac_bilinear_upsampling", (3, 0), ArgumentError, "denominators of at least 1", 0),
    ("frac_bilinear_upsampling", (0, 3), ArgumentError, "ratio must be positive", 0),
    ("bilinear_kernel_1D", 0, ArgumentError, "ratio must be at least 1: got 0", 0),
    ("bilinear_kernel_1D", 1.5, DTypeError, "ratio must be integer: got 1.5", 1.5),
    ("bilinear_kernel_1D", pt.dscalar(), DTypeError, "ratio must be an integer: got Scalar", None),
    ("bilinear_kernel_2D", (2, -1), ArgumentError, "ratio must be at least 1: got -1", -1),
    ("bilinear_kernel_2D", (2, 2, 2), ArgumentError, "one for rows and one for columns", 3),
]


@pytest.mark.parametrize(("name", "argument", "error", "says", "got"), BAD_BILINEAR)
def test_bad_bilinear(
    name: str, argument: Any, error: type[Exception], says: str, got: Any
) -> None:
    images = [pt.dtensor4()] if "upsampling" in name else []
    with pytest.raises(error, match=re.escape(says)) as caught:
        getattr(abstract_conv, name)(*images, argument)
    assert type(caught.value) is error
    if got is not None:
        assert caught.value.got == got


def test_images_have_four_axes() -> None:
    for function, ratio in (
        (abstract_conv.bilinear_upsampling, 2),
        (abstract_conv.frac_bilinear_upsampling, (3, 2)),
    ):
        with pytest.raises(ShapeError, match=r"images of shape .*: got 2 axes"):
            function(pt.dmatrix("x"), ratio)
