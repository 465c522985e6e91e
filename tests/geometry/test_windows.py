"""Windows counted by hand, by placing them one after another, and by PyTorch's documentation."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytensor_unpool.errors import DTypeError, LengthError, ShapeError, WindowError
from pytensor_unpool.geometry import Windows, check_unpooled, count_windows, holds_windows
from pytensor_unpool.geometry.max_unpool import MOST_ELEMENTS, plane_size
from pytensor_unpool.geometry.windows import (
    MOST_UNROLLED_AXES,
    MOST_UNROLLED_STEPS,
    MOST_UNROLLED_TAPS,
    check_windows,
    pads_per_axis,
    per_axis,
    pooled_lengths,
)
from tests.support import oracle
from tests.support.cases import CASES, PoolCase
from tests.support.strategies import any_axis, fitting_axis, repeatable

# length, (window, stride, before, after, dilation), number of windows without and with partial ones
BY_HAND = [
    (6, (2, 2, 0, 0, 1), 3, 3),
    (5, (2, 2, 0, 0, 1), 2, 3),  # one element is left over
    (7, (3, 2, 0, 0, 1), 3, 3),
    (8, (3, 2, 0, 0, 1), 3, 4),
    (4, (1, 3, 0, 0, 1), 2, 2),
    (4, (2, 3, 0, 0, 1), 1, 2),
    (3, (2, 3, 0, 0, 1), 1, 1),  # the next would start beyond the axis
    (1, (1, 1, 0, 0, 1), 1, 1),
    (6, (3, 1, 1, 1, 1), 6, 6),
    (6, (3, 2, 1, 0, 1), 3, 3),
    (6, (3, 2, 0, 1, 1), 3, 3),
    (6, (3, 3, 1, 1, 1), 2, 3),
    (5, (2, 3, 1, 1, 1), 2, 2),  # the third would start in the padding behind the axis
    (9, (3, 1, 0, 0, 2), 5, 5),
    (9, (3, 3, 0, 0, 2), 2, 3),
    (9, (2, 1, 2, 1, 3), 9, 9),
]

# A window longer than the axis: none without partial windows, one with them.
TOO_LONG = [(3, (5, 1, 0, 0, 1)), (3, (5, 2, 1, 0, 1)), (4, (3, 1, 0, 1, 3)), (1, (4, 4, 1, 1, 1))]

# What torch.nn documents for MaxPool1d, MaxPool2d and MaxPool3d: lengths, rows, pooled lengths.
TORCH = [
    ((50,), [(3, 2, 0, 0, 1)], False, [24]),
    ((50, 32), [(3, 2, 0, 0, 1), (3, 2, 0, 0, 1)], False, [24, 15]),
    ((50, 32), [(3, 2, 0, 0, 1), (2, 1, 0, 0, 1)], False, [24, 31]),
    ((50, 44, 31), [(3, 2, 0, 0, 1)] * 3, False, [24, 21, 15]),
    ((50, 44, 31), [(3, 2, 0, 0, 1), (2, 1, 0, 0, 1), (2, 2, 0, 0, 1)], False, [24, 43, 15]),
    ((50, 32), [(3, 2, 0, 0, 1)] * 2, True, [25, 16]),
    ((50,), [(3, 2, 1, 1, 2)], False, [24]),
]


@pytest.mark.parametrize(("length", "row", "whole", "with_partial"), BY_HAND)
def test_windows_counted_by_hand(
    length: int, row: tuple[int, ...], whole: int, with_partial: int
) -> None:
    assert count_windows(length, *row, False) == whole
    assert count_windows(length, *row, True) == with_partial


@pytest.mark.parametrize(("length", "row"), TOO_LONG)
def test_a_window_longer_than_its_axis_fits_once_as_a_partial_one(
    length: int, row: tuple[int, ...]
) -> None:
    assert not holds_windows(length, *row, False)
    assert holds_windows(length, *row, True)
    assert count_windows(length, *row, True) == 1


@pytest.mark.parametrize(("lengths", "rows", "partial_windows", "counts"), TORCH)
def test_pooled_lengths_are_those_in_the_documentation_of_torch(
    lengths: tuple[int, ...], rows: list[Any], partial_windows: bool, counts: list[int]
) -> None:
    assert pooled_lengths(lengths, rows, partial_windows) == counts


@repeatable(max_examples=400)
@given(st.data(), st.booleans())
def test_counting_equals_laying_windows_down(data: st.DataObject, partial_windows: bool) -> None:
    length, row = data.draw(fitting_axis(partial_windows))
    assert count_windows(length, *row, partial_windows) == len(
        oracle.starts(length, row, partial_windows)
    )


def is_well_formed(length: int, row: tuple[int, ...], partial_windows: bool) -> bool:
    """Return whether windows are valid, by the wording of the documentation."""
    window, stride, before, after, dilation = row
    if min(length, window, stride, dilation) < 1 or min(before, after) < 0:
        return False
    if max(before, after) > (window - 1) * dilation:
        return False
    elements = oracle.elements_of_axis(length, row, partial_windows)
    return bool(elements) and all(elements)


@repeatable(max_examples=600)
@given(any_axis(), st.booleans())
def test_windows_hold_if_every_one_has_an_element(
    axis: tuple[int, tuple[int, ...]], partial_windows: bool
) -> None:
    """A dilated window may skip a short axis, from padding to padding."""
    length, row = axis
    assert holds_windows(length, *row, partial_windows) is is_well_formed(
        length, row, partial_windows
    )


def test_a_window_that_steps_over_the_axis_holds_nothing() -> None:
    """Only some of these windows skip it: the one with stride 2 never does."""
    assert oracle.elements_of_axis(3, (2, 1, 2, 2, 4), False) == [[2], [], [0]]
    assert not holds_windows(3, 2, 1, 2, 2, 4, False)
    assert oracle.elements_of_axis(3, (2, 2, 2, 2, 4), False) == [[2], [0]]
    assert holds_windows(3, 2, 2, 2, 2, 4, False)


@cache
def symbolic_count(partial_windows: bool) -> Any:
    numbers = [pt.lscalar() for _ in range(6)]
    counted = count_windows(*numbers, partial_windows)
    return pytensor.function(numbers, counted, mode="FAST_COMPILE")


@repeatable(max_examples=200)
@given(st.data(), st.booleans())
def test_symbolic_integers_count_as_ints_do(data: st.DataObject, partial_windows: bool) -> None:
    """Rounding of negative numbers and comparisons are where the two are likely to differ."""
    length, row = data.draw(fitting_axis(partial_windows))
    counted = symbolic_count(partial_windows)(length, *row)
    assert counted.dtype == "int64"
    assert counted == count_windows(length, *row, partial_windows)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pooled_lengths_of_the_table(case: PoolCase) -> None:
    check_windows(case.lengths, case.rows, case.partial_windows)
    counts = pooled_lengths(case.lengths, case.rows, case.partial_windows)
    assert (*case.leading, *counts) == oracle.pooled_shape(
        case.shape, case.rows, case.partial_windows
    )


def test_unknown_lengths_stay_unknown_and_are_long_enough() -> None:
    rows = [(3, 2, 0, 0, 1), (2, 2, 1, 1, 1)]
    assert pooled_lengths((None, 6), rows, False) == [None, 4]
    check_windows((None, None), rows, False)


def test_the_error_names_the_axis_from_the_end() -> None:
    rows = [(2, 2, 0, 0, 1), (3, 3, 0, 0, 1), (2, 2, 0, 0, 1)]
    with pytest.raises(WindowError, match="too long for axis -2: it spans 3 elements") as error:
        check_windows((4, 2, 4), rows, False)
    assert error.value.got == 3
    assert error.value.wanted == "at most 2"


class TestWindows:
    windows = Windows((2, 3), (2, 1), (0, 1), (0, 2), (1, 2), partial_windows=True)

    def test_rows_have_the_numbers_of_an_axis(self) -> None:
        assert self.windows.ndim == 2
        assert self.windows.axes() == [(2, 2, 0, 0, 1), (3, 1, 1, 2, 2)]

    def test_text_says_all_that_is_not_the_default(self) -> None:
        assert str(self.windows) == ("2x3, stride 2x1, pad 0x1+2, dilation 1x2, partial windows")
        assert str(Windows((2, None), (2, None), (0, 0), (0, 0), (1, 1))) == "2x?"

    def test_equal_windows_are_one_key(self) -> None:
        """PyTensor merges and caches Ops by their props."""
        assert len({self.windows, replace(self.windows), replace(self.windows, stride=(2, 2))}) == 2

    def test_one_unknown_number_makes_them_dynamic(self) -> None:
        assert self.windows.is_static
        for field in ("window", "stride", "before", "after"):
            assert not replace(self.windows, **{field: (1, None)}).is_static
            assert not replace(self.windows, **{field: (1, None)}).can_unroll

    def test_only_few_and_near_taps_are_unrolled(self) -> None:
        assert self.windows.can_unroll
        most = Windows((MOST_UNROLLED_TAPS,), (MOST_UNROLLED_STEPS,), (0,), (0,), (1,))
        assert most.can_unroll
        assert not replace(most, window=(MOST_UNROLLED_TAPS + 1,)).can_unroll
        assert not replace(most, stride=(MOST_UNROLLED_STEPS + 1,)).can_unroll
        ones, noughts = (1,) * (MOST_UNROLLED_AXES + 1), (0,) * (MOST_UNROLLED_AXES + 1)
        assert not Windows(ones, ones, noughts, noughts, ones).can_unroll


class TestNumbersPerAxis:
    def test_an_int_is_repeated_and_a_sequence_taken(self) -> None:
        assert per_axis("stride", 2, 3) == (2, 2, 2)
        assert per_axis("stride", [1, np.int8(2)], 2) == (1, 2)
        assert all(type(number) is int for number in per_axis("stride", [1, np.int8(2)], 2))

    def test_symbolic_integers_pass(self) -> None:
        number = pt.lscalar()
        assert per_axis("stride", [number, 2], 2) == (number, 2)

    def test_pads_are_ints_or_pairs(self) -> None:
        assert pads_per_axis(1, 2) == ((1, 1), (1, 1))
        assert pads_per_axis((1, 2), 2) == ((1, 2), (1, 2))
        assert pads_per_axis((1, (2, 3)), 2) == ((1, 2), (1, 3))
        assert pads_per_axis([[0, 1]], 1) == ((0,), (1,))

    def test_another_number_of_them_is_refused(self) -> None:
        with pytest.raises(ShapeError, match="stride needs one number for each of the 3 pooled"):
            per_axis("stride", (1, 2), 3)
        with pytest.raises(ShapeError, match=r"pad needs an int or a pair \(before, after\)"):
            pads_per_axis(((1, 2, 3),), 1)

    @pytest.mark.parametrize("number", [1.0, True, "1", None, np.float64(2)])
    def test_what_is_no_integer_is_refused(self, number: Any) -> None:
        with pytest.raises(DTypeError, match="stride must be integer: got"):
            per_axis("stride", (1, number), 2)


class TestUnpooledLengths:
    def test_a_plane_has_the_product_of_its_lengths(self) -> None:
        assert plane_size(()) == 1
        assert plane_size((4, 0, 6)) == 0
        assert plane_size((4, 6)) == 24

    def test_lengths_may_be_zero_or_unknown(self) -> None:
        check_unpooled((0, None, 5))
        check_unpooled((MOST_ELEMENTS, 1))

    def test_a_negative_length_is_refused(self) -> None:
        with pytest.raises(LengthError, match="got -1 for axis -2, wanted 0 or more"):
            check_unpooled((3, -1, 2))

    @pytest.mark.parametrize("lengths", [(2**32, 2**31), (0, 2**32, 2**31), (2**63,)])
    def test_more_elements_than_an_index_counts_are_refused(self, lengths: tuple[int, ...]) -> None:
        """A length of 0 makes the product 0, but NumPy refuses the shape all the same."""
        with pytest.raises(LengthError, match="their number overflows at axis -1"):
            check_unpooled(lengths)
