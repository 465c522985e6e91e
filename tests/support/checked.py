"""A condition that is checked at run time, for its tests on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.errors import ShapeError
from pytensor_unpool.ops.check import Check, equal, is_multiple


def checked(x: Any) -> Any:
    """Return `x` if it is square, and has an even number of rows."""
    rows, columns = x.shape
    return Check(ShapeError, "square and even")(x, equal(rows, columns), is_multiple(rows, 2))


def compare(mode: str, lengths: tuple[int | None, ...]) -> None:
    """Compile a condition on these static lengths, and check that it can hold and fail."""
    x = pt.tensor("x", dtype="float32", shape=lengths)
    run = pytensor.function([x], [checked(x) * 2, pt.grad((checked(x) ** 2).sum(), x)], mode=mode)
    for shape in ((4, 4), (2, 2)):
        if all(known in (None, n) for known, n in zip(lengths, shape, strict=True)):
            ones = np.ones(shape, "float32")
            for result in run(ones):
                np.testing.assert_array_equal(result, 2 * ones)
    for shape in ((4, 6), (6, 4), (3, 3)):
        if all(known in (None, n) for known, n in zip(lengths, shape, strict=True)):
            with pytest.raises(ShapeError, match="square and even"):
                run(np.ones(shape, "float32"))


some_lengths = pytest.mark.parametrize(
    "lengths", [(None, None), (4, None), (4, 4), (3, 3)], ids=str
)
