"""Helix convolution on JAX, PyTorch and MLX against SciPy's sums of products, for 1 to 6 axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from pytensor_unpool.geometry.helix import METHODS
from pytensor_unpool.kernels import arrays
from tests.support.backends import Backend, at_its_precision, every_backend
from tests.support.helix_cases import assert_close, drawn, place, shapes
from tests.support.strategies import repeatable, seeds

__all__ = ["at_its_precision"]


@every_backend
@repeatable(max_examples=40)
@given(shapes(range(1, 7)), st.sampled_from(METHODS), seeds)
def test_any_shape_equals_scipy(backend: Backend, case: Any, method: str, seed: int) -> None:
    *lengths, mode = case
    x, kernel = (array.astype(backend.precision) for array in drawn(*lengths, seed))
    wanted = scipy.signal.convolve(x, kernel, mode, method="direct")
    starts, outputs = place(x, kernel, mode)
    given = map(backend.array, (x, kernel))
    got = np.asarray(arrays.helix(backend.xp, *given, starts, outputs, method))
    tolerance = 1e-12 if backend.precision == "float64" else 1e-5
    assert got.dtype == wanted.dtype
    assert_close(got, wanted, tolerance)
