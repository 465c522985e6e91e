"""Bad ratios of upsampling: all are refused when the graph is built."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError

FUNCTIONS = (pu.upsample_nearest, pu.upsample_dilate, pu.upsample_linear)

INT = "Pass an int, or one int for each upsampled axis"
PAIR = "Pass an int, a fractions.Fraction, or a pair of ints (p, q)"

# Ratio, exception, what its message says, `got`; for an input of two axes.
BAD_FOR_ALL: list[tuple[Any, type[Exception], list[str], Any]] = [
    (0, ArgumentError, ["ratio must be positive: got 0", "keeps its length with"], 0),
    ((2, -1), ArgumentError, ["ratio must be positive: got -1"], -1),
    (2**40, ArgumentError, ["ratio must have numbers of at most 2147483647: got 1"], 2**40),
    (1.5, DTypeError, ["ratio must be integer, and known", "got 1.5"], 1.5),
    (2.0, DTypeError, ["ratio must be integer, and known", "got 2.0"], 2.0),
    (True, DTypeError, ["ratio must be integer", "got True"], True),
    (None, DTypeError, ["ratio must be integer", "got None"], None),
    ("2", DTypeError, ["ratio must be integer", "got '2'"], "2"),
    (np.array([2.0]), DTypeError, ["ratio must be integer", "got 2.0"], 2.0),
    ((2, 2, 2), ShapeError, ["one ratio for each upsampled axis: got 3 for an input with 2"], 3),
    ((), ShapeError, ["one ratio for each upsampled axis: got 0", "Pass at least one"], 0),
]
BAD_FRACTIONS: list[tuple[Any, type[Exception], list[str], Any]] = [
    ([(3, 0)], ArgumentError, ["denominators of at least 1: got 3 / 0", PAIR], 0),
    ([(3, -2)], ArgumentError, ["denominators of at least 1: got 3 / -2"], -2),
    ([(-3, 2)], ArgumentError, ["ratio must be positive: got -3/2"], Fraction(-3, 2)),
    ([(1, 2**40)], ArgumentError, ["numbers of at most 2147483647"], Fraction(1, 2**40)),
    (Fraction(0), ArgumentError, ["ratio must be positive: got 0"], 0),
    ([(3, 2, 1)], ShapeError, ["entries of two numbers, (p, q)", PAIR], 3),
    ([(1.5, 2)], DTypeError, ["ratio must be integer", "got 1.5", PAIR], 1.5),
]


@pytest.mark.parametrize(
    ("function", "ratio", "error", "says", "got"),
    [
        *((function, *case) for function in FUNCTIONS for case in BAD_FOR_ALL),
        *((pu.upsample_linear, *case) for case in BAD_FRACTIONS),
    ],
)
def test_bad_ratios(
    function: Any, ratio: Any, error: type[Exception], says: list[str], got: Any
) -> None:
    with pytest.raises(error, match=re.escape(says[0])) as caught:
        function(pt.dmatrix("x"), ratio)
    assert type(caught.value) is error
    assert [part for part in says if part not in str(caught.value)] == []
    assert caught.value.got == got


def test_other_bad_input() -> None:
    x, r = pt.dmatrix("x"), pt.lscalar("r")
    for function in FUNCTIONS:
        with pytest.raises(DTypeError, match=r"got r\. .*`pytensor.tensor.repeat` takes symbolic"):
            function(x, r)
        with pytest.raises(DTypeError, match="x must hold real numbers: got dtype complex"):
            function([1j], 2)
        with pytest.raises(ShapeError, match="got 1 for an input with 0 axes"):
            function(1.0, 2)
    for function in FUNCTIONS[:2]:
        with pytest.raises(DTypeError, match=re.escape(f"got Fraction(3, 2). {INT}")):
            function(x, Fraction(3, 2))
        with pytest.raises(DTypeError, match=re.escape(f"got (3, 2). {INT}")):
            function(x, [(3, 2)])


def test_ratios_of_every_accepted_kind() -> None:
    x = pt.tensor("x", dtype="float64", shape=(3, 4))
    for ratio in (2, np.int8(2), [2], (2,), np.array([2]), np.array(2)):
        for function in FUNCTIONS:
            assert function(x, ratio).type.shape == (3, 8)
    for fraction in (Fraction(3, 2), [Fraction(6, 4)], [(3, 2)], [[6, 4]], np.array([[3, 2]])):
        assert pu.upsample_linear(x, fraction).type.shape == (3, 6)
