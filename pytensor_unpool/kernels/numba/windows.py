"""What all windowed Numba kernels share: the arithmetic of windows, and a walk over them.

Every function that Numba compiles costs some 50 ms when a cache is cold, so short code is repeated
in the functions that use it. With ``error_model="numpy"`` an integer division needs no code for
a divisor of zero; strides and dilations are checked to be positive first.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.errors import WRONG_NUMBERS, LengthError, WindowError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry import windows as geometry
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels.numba.device import device_function

Kernel = Callable[..., Any]


def compile_together(*functions: Callable[..., Any]) -> list[Kernel]:
    """Compile plain functions that call one another by name, callees first.

    Numba compiles a call only if the name is bound to a compiled function, so they get a
    namespace of their own in which it is, with the numbers that their modules name.
    """
    namespace: dict[str, Any] = {"__builtins__": builtins}
    for function in functions:
        named = function.__globals__.items()
        namespace |= {name: value for name, value in named if isinstance(value, int | float)}
        twin = FunctionType(function.__code__, namespace, function.__name__)
        namespace[function.__name__] = device_function(twin)
    return [namespace[function.__name__] for function in functions]


count_windows, holds_windows = compile_together(geometry.count_windows, geometry.holds_windows)


@device_function
def check_lengths(kind, got, wanted, trailing):  # type: ignore[no-untyped-def]
    """Raise `LengthError` for the first axis, except `trailing` ones, that is not as wanted."""
    for i in range(len(wanted) - trailing):
        if got[i] != wanted[i]:
            # Numba would replace a name with the first constant that any caller passed.
            raise LengthError(kind + 0, i - len(wanted), got[i], wanted[i])


def windows_counter(windows: Windows, *, may_be_empty: bool = False) -> Kernel:
    """Compile ``(lengths, *runtime_parameters) -> (axes, counts)``, with all windows checked.

    `axes` has the `AxisWindows` of each pooled axis, `counts` its number of windows. The one
    run-time parameter is the matrix of the windows, if they are only known at run time; otherwise
    it is left out. An axis without elements has no windows, if it `may_be_empty`.
    """
    ndim, is_static, partial_windows = windows.ndim, windows.is_static, windows.partial_windows
    static_axes = tuple(windows.axes() if is_static else [AxisWindows(0, 0, 0, 0, 0)] * ndim)

    @device_function
    def count(lengths, *runtime_parameters):  # type: ignore[no-untyped-def]
        axes = static_axes
        counts = lengths
        if not is_static:
            m = runtime_parameters[0]
            if m.shape[0] != ndim or m.shape[1] != 5:
                raise LengthError(WRONG_NUMBERS, 0, m.size, ndim)
        for i in range(ndim):
            if not is_static:
                m = runtime_parameters[0]
                axis = AxisWindows(m[i, 0], m[i, 1], m[i, 2], m[i, 3], m[i, 4])
                axes = tuple_setitem(axes, i, axis)
            window, stride, before, after, dilation = axes[i]
            length = lengths[i]
            if may_be_empty and length == 0:
                counts = tuple_setitem(counts, i, 0)
                continue
            if not holds_windows(length, window, stride, before, after, dilation, partial_windows):
                raise WindowError(i - ndim, length, window, stride, before, after, dilation)
            number = count_windows(length, window, stride, before, after, dilation, partial_windows)
            counts = tuple_setitem(counts, i, number)
        return axes, counts

    return count  # type: ignore[no-any-return]


def tap_finder(ndim: int) -> Kernel:
    """Compile ``find(axes, lengths, index, tap) -> (inside, coordinates)``.

    It goes from the index of a window, and of one of its taps, on the first `ndim` axes to an
    element, and says whether that is inside.
    """

    @device_function(forceinline=True)
    def find(axes, lengths, index, tap):  # type: ignore[no-untyped-def]
        coordinates = tap
        inside = True
        for i in range(ndim):
            axis = axes[i]
            at = index[i] * axis.stride - axis.before + tap[i] * axis.dilation
            inside = inside and 0 <= at < lengths[i]
            coordinates = tuple_setitem(coordinates, i, at)
        return inside, coordinates

    return find  # type: ignore[no-any-return]


@device_function
def window_lengths(axes, counts):  # type: ignore[no-untyped-def]
    """Return the number of taps of each axis as a tuple like `counts`."""
    taps = counts
    for i in range(len(taps)):
        taps = tuple_setitem(taps, i, axes[i].window)
    return taps


def taps_walker(ndim: int, visit: Kernel) -> Kernel:
    """Compile a walk that visits every tap with all windows of a line that have it inside.

    A line runs along the last axis of a plane. ``walk(axes, counts, plane, arrays)`` calls
    ``visit(line, line_start, shift, stride, low, high, index, arrays)`` for each tap: element
    ``window * stride + shift`` of `line`, whose first element has the flat index `line_start` in
    the plane, belongs to window number `window` of those at `index` of all pooled axes but the
    last, for ``low <= window < high``. For each window the taps come in C order.
    """

    @device_function
    def walk(axes, counts, plane, arrays):  # type: ignore[no-untyped-def]
        lengths = plane.shape
        length, count = lengths[-1], counts[-1]
        last = axes[ndim - 1]
        taps = counts
        for i in range(ndim):
            taps = tuple_setitem(taps, i, axes[i].window)
        for index in np.ndindex(counts[:-1]):
            for outer_tap in np.ndindex(taps[:-1]):
                coordinates = outer_tap
                line_number = 0
                inside = True
                for i in range(ndim - 1):
                    axis = axes[i]
                    at = index[i] * axis.stride - axis.before + outer_tap[i] * axis.dilation
                    inside = inside and 0 <= at < lengths[i]
                    coordinates = tuple_setitem(coordinates, i, at)
                    line_number = line_number * lengths[i] + at
                if inside:
                    line, line_start = plane[coordinates], line_number * length
                    for tap in range(last.window):
                        shift = tap * last.dilation - last.before
                        low = max(0, -(shift // last.stride))
                        high = min(count, (length - 1 - shift) // last.stride + 1)
                        visit(line, line_start, shift, last.stride, low, high, index, arrays)

    return walk  # type: ignore[no-any-return]
