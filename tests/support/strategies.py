"""Hypothesis strategies: poolings of any rank whose windows fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import assume, settings
from hypothesis import strategies as st

from pytensor_unpool.geometry.windows import AxisWindows
from tests.support import oracle
from tests.support.modes import ALL

Axis = tuple[int, AxisWindows]

EXAMPLES_OF_ALL = 2000


def repeatable(max_examples: int) -> settings:
    """Try the same `max_examples` in every run, or at least `EXAMPLES_OF_ALL` with `ALL`.

    There is no deadline, because the first example of a compiled function includes compilation.
    """
    count = max(max_examples, EXAMPLES_OF_ALL) if ALL else max_examples
    return settings(max_examples=count, deadline=None, derandomize=True)


seeds = st.integers(0, 2**32 - 1)


@st.composite
def fitting_axis(draw: Callable[..., Any], partial_windows: bool) -> Axis:
    """Draw the length and the parameters of an axis, all of whose windows hold an element."""
    window, stride, dilation = (draw(st.integers(1, most)) for most in (4, 5, 3))
    span = (window - 1) * dilation + 1
    before, after = (draw(st.integers(0, span - 1)) for _ in range(2))
    shortest = 1 if partial_windows else max(1, span - before - after)
    length = draw(st.integers(shortest, shortest + 8))
    row = AxisWindows(window, stride, before, after, dilation)
    assume(all(oracle.elements_of_axis(length, row, partial_windows)))
    return length, row


@st.composite
def any_axis(draw: Callable[..., Any]) -> Axis:
    """Draw the length and the parameters of an axis, whether or not they are valid."""
    window, stride, dilation = (draw(st.integers(-1, most)) for most in (4, 5, 4))
    span = max(1, (window - 1) * dilation + 1)
    before, after = (draw(st.integers(-1, span)) for _ in range(2))
    return draw(st.integers(-1, 12)), AxisWindows(window, stride, before, after, dilation)


@st.composite
def poolings(
    draw: Callable[..., Any], most_axes: int = 3
) -> tuple[tuple[int, ...], list[AxisWindows], bool]:
    """Draw the shape of an input with up to two leading axes, its rows, and `partial_windows`."""
    partial_windows = draw(st.booleans())
    axes = draw(st.lists(fitting_axis(partial_windows), min_size=1, max_size=most_axes))
    leading = draw(st.lists(st.integers(0, 3), max_size=2))
    return (*leading, *(length for length, _ in axes)), [row for _, row in axes], partial_windows
