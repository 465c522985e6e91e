"""Arrays, and the table of poolings that tests share: a new corner case is one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import AxisWindows
from tests.support import oracle

Array = np.ndarray[Any, Any]
Numbers = int | tuple[int, ...]
Pads = int | tuple[int | tuple[int, int], ...]


def assert_same(got: Any, wanted: Array, message: Any = "") -> None:
    """Compare an array with another: every element, shape and dtype."""
    np.testing.assert_array_equal(got, wanted, strict=True, err_msg=str(message))


@dataclass(frozen=True)
class PoolCase:
    """One pooling: the lengths of an input, and the arguments of `max_pool`."""

    lengths: tuple[int, ...]
    window: Numbers
    stride: Numbers | None = None
    pad: Pads = 0
    dilation: Numbers = 1
    partial_windows: bool = False
    leading: tuple[int, ...] = (2,)

    def __str__(self) -> str:
        parts = [f"{_by(self.leading)}:{_by(self.lengths)}", f"window{_by(self.window)}"]
        if self.stride is not None:
            parts.append(f"stride{_by(self.stride)}")
        if self.pad != 0:
            parts.append(f"pad{_by(self.pad)}")
        if self.dilation != 1:
            parts.append(f"dilation{_by(self.dilation)}")
        if self.partial_windows:
            parts.append("partial")
        return "-".join(parts)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.leading + self.lengths

    @property
    def ndim(self) -> int:
        """Number of pooled axes."""
        return len(self.lengths)

    @property
    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of `max_pool`."""
        return {
            "window": self.window,
            "stride": self.stride,
            "pad": self.pad,
            "dilation": self.dilation,
            "partial_windows": self.partial_windows,
        }

    @property
    def rows(self) -> list[AxisWindows]:
        """The windows of each pooled axis."""
        n = self.ndim
        windows = _each(self.window, n)
        strides = windows if self.stride is None else _each(self.stride, n)
        pads = [p if isinstance(p, tuple) else (p, p) for p in _each(self.pad, n)]
        dilations = _each(self.dilation, n)
        return [
            AxisWindows(w, s, before, after, d)
            for w, s, (before, after), d in zip(windows, strides, pads, dilations, strict=True)
        ]

    @property
    def windows(self) -> Windows:
        """The windows as the kernels take them."""
        return Windows(*zip(*self.rows, strict=True), partial_windows=self.partial_windows)


def assert_pooled(pooled: Sequence[Array], x: Array, case: PoolCase, message: str = "") -> None:
    """Hold maxima and their positions to the oracle's."""
    wanted = oracle.max_pool(x, case.rows, case.partial_windows)
    for name, got, expected in zip(("values", "positions"), pooled, wanted, strict=True):
        assert_same(got, expected, f"{name} {message}")


def _each(numbers: Any, n: int) -> Sequence[Any]:
    return numbers if isinstance(numbers, tuple) else (numbers,) * n


def _by(numbers: Any) -> str:
    if not isinstance(numbers, tuple):
        return str(numbers)
    return "x".join("+".join(map(str, n)) if isinstance(n, tuple) else str(n) for n in numbers)


# Pairs of neighbours: the windows where any will do.
PAIRS = Windows((2,), (2,), (0,), (0,), (1,))

# One case for each path through the kernels, for tests that are slow to compile or to check.
CORE = (
    PoolCase((109,), 4),  # 27 windows: three blocks of 8 lanes and a rest
    PoolCase((6, 20), (2, 2), leading=(2, 3)),
    PoolCase((7, 19), (3, 3), stride=(2, 2), pad=(1, 1)),
    PoolCase((6, 21), (3, 5), stride=1, pad=((1, 2), (0, 4)), leading=()),
    PoolCase(
        (11, 30), (3, 2), stride=(2, 1), pad=((1, 0), (2, 1)), dilation=(2, 3), partial_windows=True
    ),
    PoolCase((9, 16), (6, 6), stride=(1, 2), pad=(2, 0)),  # more taps than are unrolled
    PoolCase((4, 5, 18), (2, 2, 2)),
    PoolCase((2, 3, 4, 5), (2, 1, 2, 2), stride=(1, 2, 1, 3), leading=()),
)

# Cases with the same windows and number of axes share what is compiled.
ONE_AXIS = (
    PoolCase((10,), 2),
    PoolCase((15,), 2, leading=(1,)),  # 7 windows: fewer than there are lanes
    PoolCase((16,), 2, leading=(3,)),  # 8 windows: exactly the lanes
    PoolCase((16,), 2, leading=(0,)),
    PoolCase((1,), 1, leading=()),
    PoolCase((23,), 3, stride=1, pad=((2, 1),), leading=(2, 3)),
    PoolCase((40,), 2, stride=4),
    PoolCase((50,), 3, stride=5, leading=(1,)),
    PoolCase((41,), 5, stride=3, pad=2, dilation=2),
    PoolCase((3,), 2, stride=2, pad=2, dilation=4),  # taps jump over the whole axis
    PoolCase((1,), 5, stride=2, pad=((1, 2),), partial_windows=True),  # longer than the axis
    PoolCase((3,), 5, stride=2, pad=((1, 2),), partial_windows=True),
    PoolCase((23,), 5, stride=2, pad=((1, 2),), partial_windows=True),
    PoolCase((5,), 2, stride=3, pad=1, partial_windows=True),  # the next starts in the padding
    PoolCase((7,), 2, stride=3, pad=1, partial_windows=True),
    PoolCase((80,), 33, stride=5, pad=16),  # more taps than are unrolled
    PoolCase((90,), 2, stride=1, dilation=65),  # taps farther apart than is unrolled
)

TWO_AXES = (
    PoolCase((8, 16), (2, 2), leading=(1, 1)),  # 8 windows a row
    PoolCase((4, 6), (2, 2), leading=(0, 3)),
    PoolCase((2, 2), (3, 3), stride=(2, 2), pad=(1, 1), leading=(1,)),  # no window without padding
    PoolCase((4, 6), (6, 6), stride=(1, 2), pad=(2, 0)),
    PoolCase((5, 7), (2, 3), leading=(1, 1, 2, 1, 2)),
    PoolCase((8, 34), (3, 2), stride=(1, 3), pad=((0, 2), (1, 0))),
    PoolCase((9, 11), (2, 3), stride=(3, 4), partial_windows=True),
    PoolCase((2, 37), (2, 3), stride=(3, 4), partial_windows=True),
    PoolCase((1, 2), (2, 3), stride=(3, 4), partial_windows=True),
    PoolCase((12, 13), (1, 1), stride=(2, 3)),
    PoolCase((10, 12), (4, 4), stride=(3, 1), pad=((3, 0), (0, 3)), partial_windows=True),
)

MORE_AXES = (
    PoolCase((5, 4, 7), (3, 2, 1), stride=(1, 2, 3), pad=((1, 0), (0, 1), 0)),
    PoolCase((4, 6, 9), (2, 3, 2), dilation=(1, 2, 3), partial_windows=True, leading=()),
    PoolCase((5, 5, 17), (3, 3, 3), stride=(2, 2, 2), pad=(1, 1, 1), leading=(1, 2)),
    PoolCase((4, 5, 13), (4, 3, 3), stride=(1, 2, 1)),  # more taps than are unrolled
    PoolCase((2, 3, 1, 11), (2, 2, 1, 2), pad=(1, 1, 0, 1), partial_windows=True, leading=(2, 1)),
)

CASES = CORE + ONE_AXIS + TWO_AXES + MORE_AXES


def distinct(rng: np.random.Generator, shape: tuple[int, ...], dtype: str = "float32") -> Array:
    """Return numbers that are all different, half of them negative."""
    size = int(np.prod(shape))
    return (rng.permutation(size) - size // 2).reshape(shape).astype(dtype)


def tied(rng: np.random.Generator, shape: tuple[int, ...], dtype: str = "float32") -> Array:
    """Return numbers with ties for the maximum in most windows."""
    return rng.integers(0, 3, size=shape).astype(dtype)


def with_nan(rng: np.random.Generator, shape: tuple[int, ...], dtype: str = "float32") -> Array:
    """Return numbers with NaN and both infinities among them."""
    x = distinct(rng, shape, dtype)
    for special in (np.nan, -np.inf, np.inf):
        x[rng.random(shape) < 0.1] = special
    return x


def mostly_lowest(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: str = "float32"
) -> Array:
    """Return mostly -inf, with a few numbers: padding must not win over it."""
    x = np.full(shape, -np.inf, dtype)
    x[rng.random(shape) < 0.05] = -1
    return x


def innermost(x: Array, axis: int) -> Array:
    """Return the same array with an axis innermost in memory."""
    return np.moveaxis(np.moveaxis(x, axis, -1).copy(), -1, axis)


def channels_last(x: Array, ndim: int) -> Array:
    """Return the same array with the last axis before `ndim` others innermost in memory."""
    return innermost(x, -ndim - 1)


DATA: tuple[Callable[..., Array], ...] = (distinct, tied, with_nan, mostly_lowest)
