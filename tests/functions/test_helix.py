"""`helix_convolve` against SciPy's sums of products, in every mode and for 1 to 6 axes."""

from __future__ import annotations

import tracemalloc
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import pytensor_unpool as pu
from pytensor_unpool.geometry.helix import METHODS
from pytensor_unpool.geometry.helix import MODES as WINDOWS
from pytensor_unpool.kernels.reference.helix import convolve_by_products
from pytensor_unpool.kernels.scipy.helix import convolve_by_transforms
from pytensor_unpool.ops import HelixConvolve, HelixWindow
from tests.support.helix_cases import assert_close, drawn, place, shapes
from tests.support.modes import (
    ALL,
    C_OR_PYTHON,
    MODES_OF_MANY,
    NUMBA_OR_PYTHON,
    REWRITTEN,
    compiled_modes,
    every_mode,
)
from tests.support.oracle import helix as oracle_helix
from tests.support.strategies import repeatable, seeds

# Each takes seconds to compile.
RANKS = range(1, 7) if ALL else (1, 3, 6)

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
KERNEL = np.array([[1.0, 10.0], [100.0, 1000.0]])
BY_HAND = {
    "full": [[1, 12, 23, 30], [104, 1245, 2356, 3060], [400, 4500, 5600, 6000]],
    "same": [[1, 12, 23], [104, 1245, 2356]],
    "valid": [[1245, 2356]],
}


@every_mode
def test_a_case_by_hand(mode: str) -> None:
    x, kernel = pt.matrix("x", dtype="float64"), pt.matrix("kernel", dtype="float64")
    # Compiled, three of the nine.
    all_pairs = [(window, method) for window in WINDOWS for method in METHODS]
    pairs = all_pairs if ALL or mode == "FAST_COMPILE" else all_pairs[::4]
    outputs = [pu.helix_convolve(x, kernel, window, method=method) for window, method in pairs]
    results = pytensor.function([x, kernel], outputs, mode=mode)(X, KERNEL)
    for (window, _), got in zip(pairs, results, strict=True):
        np.testing.assert_allclose(got, BY_HAND[window], rtol=1e-13)


@repeatable(max_examples=150)
@given(shapes(range(1, 7)), seeds)
def test_products_and_transforms_equal_scipy(case: Any, seed: int) -> None:
    *lengths, mode = case
    x, kernel = drawn(*lengths, seed)
    wanted = scipy.signal.convolve(x, kernel, mode, method="direct")
    starts, outputs = place(x, kernel, mode)
    for convolve in (convolve_by_products, convolve_by_transforms):
        y = np.full(outputs, np.nan)
        convolve(x, kernel, starts, y)
        assert_close(y, wanted)


@cache
def compiled_window(rank: int, method: str, mode: str) -> Any:
    """Compile all windows of a rank at once."""
    x, kernel = (pt.tensor(name, shape=(None,) * rank, dtype="float64") for name in ("x", "k"))
    starts, lengths = pt.lvector("starts"), pt.lvector("lengths")
    y = HelixWindow(rank, method)(x, kernel, starts, lengths)
    return pytensor.function([x, kernel, starts, lengths], y, mode=mode)


@compiled_modes
@repeatable(max_examples=60)
@given(shapes(RANKS), seeds)
def test_compiled_products_equal_scipy(mode: str, case: Any, seed: int) -> None:
    *lengths, window = case
    x, kernel = drawn(*lengths, seed)
    wanted = scipy.signal.convolve(x, kernel, window, method="direct")
    run = compiled_window(x.ndim, "direct", mode)
    assert_close(run(x, kernel, *place(x, kernel, window)), wanted)


@pytest.mark.parametrize("mode", C_OR_PYTHON)
@repeatable(max_examples=60)
@given(shapes(RANKS[:2]), st.data())
def test_windows_anywhere(mode: str, case: Any, data: Any) -> None:
    """They begin before the convolution, end behind it, are empty; as those of gradients are."""
    x, kernel = drawn(*case[:2], data.draw(seeds))
    bounds = zip(x.shape, kernel.shape, strict=True)
    starts = [data.draw(st.integers(-4, n + m + 3)) for n, m in bounds]
    lengths = [data.draw(st.integers(0, 2 * n + 3)) for n in x.shape]
    wanted = oracle_helix.window(x, kernel, starts, lengths)
    got = compiled_window(x.ndim, "direct", mode)(x, kernel, starts, lengths)
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-11)
    transformed = np.full(lengths, np.nan)
    convolve_by_transforms(x, kernel, starts, transformed)
    np.testing.assert_allclose(transformed, wanted, rtol=0, atol=1e-11)


LARGE = [
    ((9, 8, 7, 33), (4, 3, 2, 9)),
    ((70, 300), (5, 7)),
    ((3000,), (40,)),
    ((5, 4, 9000), (2, 4, 3)),
]


@pytest.mark.parametrize("mode", NUMBA_OR_PYTHON)
@pytest.mark.parametrize("shapes", LARGE if ALL else LARGE[:1], ids=str)
def test_long_strips_and_the_method_that_is_chosen(
    shapes: Any, mode: str, rng: np.random.Generator
) -> None:
    x, kernel = (rng.normal(size=shape) for shape in shapes)
    variables = [pt.tensor(n, shape=(None,) * x.ndim, dtype="float64") for n in ("x", "k")]
    outputs = [pu.helix_convolve(*variables, "same", method=method) for method in METHODS]
    run = pytensor.function(variables, outputs, mode=mode)
    wanted = scipy.signal.convolve(x, kernel, "same", method="direct")
    for got in run(x, kernel):
        assert_close(got, wanted)


DTYPES = [
    ("float32", "float32", "float32"),
    ("float32", "float64", "float64"),
    ("float16", "float16", "float32"),
    ("complex64", "complex64", "complex64"),
    ("complex128", "float64", "complex128"),
    ("float32", "complex64", "complex64"),
    ("int32", "int8", "float64"),
    ("bool", "float32", "float32"),
]


# PyTensor has no Numba code for complex numbers from real ones, and Numba has no half precision.
@pytest.mark.filterwarnings("ignore:Numba will use object mode to run complex:UserWarning")
@pytest.mark.parametrize(
    ("dtypes", "mode"),
    [
        (dtypes, mode)
        for mode in MODES_OF_MANY
        for dtypes in DTYPES
        if (dtypes[0], mode) != ("float16", "NUMBA")
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_dtypes(dtypes: Any, mode: str, rng: np.random.Generator) -> None:
    """Single precision stays single, with either method."""
    x, kernel = (
        (rng.normal(size=shape) * 5 + 5j * rng.normal(size=shape)).astype(dtype)
        if dtype.startswith("complex")
        else (rng.normal(size=shape) * 5).astype(dtype)
        for shape, dtype in zip(((5, 6), (2, 3)), dtypes, strict=False)
    )
    variables = [
        pt.tensor(n, shape=(None, None), dtype=d) for n, d in zip("xk", dtypes[:2], strict=True)
    ]
    methods = ["fft"] if dtypes[0].startswith("int") else ["direct", "fft"]
    outputs = [pu.helix_convolve(*variables, method=method) for method in methods]
    wanted = scipy.signal.convolve(x.astype(dtypes[2]), kernel.astype(dtypes[2]), method="direct")
    for y, got in zip(
        outputs, pytensor.function(variables, outputs, mode=mode)(x, kernel), strict=True
    ):
        assert y.type.dtype == got.dtype == dtypes[2]
        assert_close(
            got, wanted, 1e-6 if got.dtype.itemsize <= 8 and dtypes[2] != "float64" else 1e-12
        )


@pytest.mark.parametrize("mode", C_OR_PYTHON)
def test_products_of_integers_are_exact(mode: str) -> None:
    """Beyond what a double can hold."""
    x, kernel = pt.lvector("x"), pt.lvector("kernel")
    y = pu.helix_convolve(x, kernel, method="direct")
    assert y.type.dtype == "int64"
    big = 2**61
    run = pytensor.function([x, kernel], y, mode=mode)
    assert run([big + 1, 3, -1], [1, -1]).tolist() == [big + 1, 2 - big, -4, 1]


@pytest.mark.parametrize("mode", MODES_OF_MANY)
def test_leading_axes_are_items(mode: str, rng: np.random.Generator) -> None:
    x, kernel = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(2, 4))
    variables = pt.tensor4("x", dtype="float64"), pt.matrix("k", dtype="float64")
    methods = METHODS[1:]
    outputs = [pu.helix_convolve(*variables, "same", method=method) for method in methods]
    run = pytensor.function(list(variables), outputs, mode=mode)
    wanted = np.array([[scipy.signal.convolve(b, kernel, "same") for b in a] for a in x])
    for got in run(x, kernel):
        assert_close(got, wanted)
    # Strides, the other way round, and no item.
    for got in run(x[::-1, :, ::-1, ::2], kernel):
        turned = [
            [scipy.signal.convolve(b, kernel, "same") for b in a] for a in x[::-1, :, ::-1, ::2]
        ]
        assert_close(got, np.array(turned))
    assert [y.shape for y in run(x[:0], kernel)] == [(0, 3, 6, 5)] * 2


def test_many_items_are_transformed_some_at_a_time(rng: np.random.Generator) -> None:
    x, kernel = rng.normal(size=(3, 50, 5000)), rng.normal(size=50)
    y = np.full(x.shape, np.nan)
    convolve_by_transforms(x, kernel, [24], y)
    assert_close(y, scipy.signal.fftconvolve(x, kernel[None, None], "same", axes=2))


@pytest.mark.parametrize("mode", MODES_OF_MANY)
def test_a_nan_spreads_to_its_sums_alone_or_with_transforms_to_all(mode: str) -> None:
    x, kernel = pt.dvector("x"), pt.dvector("kernel")
    outputs = [pu.helix_convolve(x, kernel, method=method) for method in ("direct", "fft")]
    run = pytensor.function([x, kernel], outputs, mode=mode)
    sums, transformed = run([1.0, np.nan, 3, 4], [1.0, 1.0])
    np.testing.assert_array_equal(sums, [1, np.nan, np.nan, 7, 4])
    assert np.isnan(transformed).all()


def test_static_shapes_and_shapes_without_computing() -> None:
    x, kernel = pt.dtensor3("x", shape=(None, 9, None)), pt.dmatrix("k", shape=(4, None))
    assert pu.helix_convolve(x, kernel).type.shape == (None, 12, None)
    assert pu.helix_convolve(x, kernel, "valid").type.shape == (None, 6, None)
    assert pu.helix_convolve(x, pt.dmatrix("k"), "same").type.shape == x.type.shape
    outputs = [pu.helix_convolve(x, kernel, window).shape for window in WINDOWS]
    function = pytensor.function([x, kernel], outputs, mode=REWRITTEN, on_unused_input="ignore")
    assert not any(isinstance(n.op, HelixConvolve) for n in function.maker.fgraph.apply_nodes)
    shapes = function(
        np.ones((2, 9, 5), pytensor.config.floatX), np.ones((4, 6), pytensor.config.floatX)
    )
    assert [shape.tolist() for shape in shapes] == [[2, 12, 10], [2, 9, 5], [2, 6, 2]]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(
    "shapes", [((12, 12, 21, 26), (5, 5, 5, 5)), ((5, 5, 5, 5, 7, 7), (3,) * 6), ((99999,), (999,))]
)
def test_transforms_take_no_more_memory_than_scipy(
    shapes: Any, window: str, rng: np.random.Generator
) -> None:
    x, kernel = (rng.normal(size=shape) for shape in shapes)
    starts, outputs = place(x, kernel, window)
    y = np.empty(outputs)
    peaks = []
    for call in (
        lambda: convolve_by_transforms(x, kernel, starts, y),
        lambda: scipy.signal.fftconvolve(x, kernel, window),
    ):
        call()
        tracemalloc.start()
        try:
            call()
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    # SciPy's has its output on top, or holds more than it returns.
    assert y.nbytes < peaks[0] + y.nbytes < 1.02 * max(peaks[1], y.nbytes)
