"""Settings of convolutions on which every kernel is tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.support.oracle.conv import Steps


@dataclass(frozen=True)
class Case:
    """Shapes, and parameters for each spatial axis."""

    x: tuple[int, ...]
    kernel: tuple[int, ...]
    rows: tuple[Steps, ...]
    groups: int = 1
    flip: bool = False

    def __str__(self) -> str:
        x, kernel = ("x".join(map(str, shape)) for shape in (self.x, self.kernel))
        rows = "_".join(".".join(map(str, row)) for row in self.rows)
        return f"{x}-{kernel}-{rows}-{self.groups}{'-flip' * self.flip}"


PLAIN = (1, 0, 0, 1)
CASES = (
    Case((2, 3, 9), (4, 3, 3), (PLAIN,)),
    Case((1, 1, 300), (1, 1, 7), ((2, 3, 0, 3),), flip=True),  # several tiles of one row
    Case((2, 3, 5, 9), (4, 3, 3, 2), (PLAIN, PLAIN)),
    Case((2, 3, 6, 9), (13, 3, 1, 1), (PLAIN, PLAIN)),  # images that are read in place
    Case((1, 2, 20, 21), (26, 2, 1, 3), (PLAIN, PLAIN)),  # three panels of rows
    Case((3, 4, 8, 11), (6, 2, 2, 3), ((2, 1, 0, 1), (3, 0, 2, 2)), 2),
    Case((2, 5, 7, 6), (5, 1, 3, 3), ((1, 1, 1, 1), (1, 1, 1, 1)), 5),  # depthwise
    Case((1, 2, 4, 4), (3, 2, 4, 4), ((1, 3, 3, 1), (1, 3, 3, 1)), flip=True),  # "full"
    Case((2, 2, 9, 10), (3, 2, 1, 2), ((4, 0, 0, 1), (3, 0, 0, 1))),  # elements between taps
    Case((2, 2, 8, 8), (3, 2, 2, 2), ((2, 5, 6, 1), (1, 4, 0, 1))),  # pads beyond the kernel
    Case((2, 2, 7, 9), (4, 1, 3, 2), ((2, 0, 1, 2), (2, 1, 0, 3)), 2, flip=True),
    Case((2, 3, 8, 11), (2, 3, 3, 2), ((1, 1, 2, 2), (2, 0, 3, 3))),  # dilated, few outputs
    # Small images and many rows: a copy for each tap, sums of taps that are added to a copy.
    Case((3, 4, 9, 10), (24, 4, 5, 5), (PLAIN, PLAIN)),
    Case((2, 3, 8, 9), (16, 3, 5, 5), ((1, 2, 1, 1), (1, 1, 2, 1))),
    Case((2, 2, 11, 12), (20, 2, 5, 5), ((2, 1, 3, 1), (2, 2, 1, 2))),
    Case((2, 4, 5, 6, 7), (24, 2, 3, 3, 3), (PLAIN, PLAIN, PLAIN), 2, flip=True),
    Case((0, 2, 5, 5), (3, 2, 2, 2), (PLAIN, PLAIN)),
    Case((2, 0, 5, 5), (3, 0, 2, 2), (PLAIN, PLAIN)),
    Case((2, 2, 5, 5), (0, 2, 2, 2), (PLAIN, PLAIN)),
    Case((2, 2, 4, 5, 6), (3, 2, 2, 3, 2), ((1, 1, 0, 1), (2, 0, 1, 1), (1, 0, 0, 2))),
    Case((1, 4, 3, 6, 5), (4, 2, 3, 2, 2), (PLAIN, (1, 1, 1, 2), (3, 2, 2, 1)), 2, flip=True),
)


@st.composite
def convolutions(draw: Any) -> Case:
    ndim = draw(st.integers(1, 3))
    groups = draw(st.integers(1, 3))
    rows, lengths, taps = [], [], []
    for _ in range(ndim):
        stride, dilation, size = (draw(st.integers(1, 3)) for _ in range(3))
        before, after = (draw(st.integers(0, 3)) for _ in range(2))
        least = max(1, (size - 1) * dilation + 1 - before - after)
        lengths.append(least + draw(st.integers(0, 5)))
        taps.append(size)
        rows.append((stride, before, after, dilation))
    channels, outs = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    x = (draw(st.integers(0, 2)), channels * groups, *lengths)
    return Case(x, (outs * groups, channels, *taps), tuple(rows), groups, draw(st.booleans()))
