"""The exceptions of the package.

Each also derives from the built-in exception that NumPy users expect, and carries the offending
value (`got`) and what was expected (`wanted`).

Compiled code raises the last three with plain integers. Their messages are built here, once for
all backends.
"""

from __future__ import annotations

from typing import Any


class UnpoolError(Exception):
    """Base class of all errors that this package raises on purpose."""

    def __init__(self, message: str, *, got: Any = None, wanted: Any = None) -> None:
        super().__init__(message)
        self.got = got
        self.wanted = wanted


class ArgumentError(UnpoolError, ValueError):
    """An argument has an invalid value."""


class ShapeError(UnpoolError, ValueError):
    """Lengths or numbers of axes do not match."""


class DTypeError(UnpoolError, TypeError):
    """An array has a dtype that the function does not accept."""


class PositionError(UnpoolError, IndexError):
    """A position lies outside the un-pooled axes.

    Compiled code raises ``PositionError(position, limit)``.
    """

    def __init__(self, position: int | str, limit: int | None = None) -> None:
        # PyTensor recreates the exception from a single, longer message when it adds its notes.
        if isinstance(position, str):
            super().__init__(position)
            return
        wanted = "0 <= position" if limit is None else f"0 <= position < {limit}"
        elements = "" if limit is None else f", but the un-pooled axes have {limit} elements"
        super().__init__(
            f"positions holds {position}{elements}: wanted {wanted}. Pass in `shape` the lengths "
            f"that were pooled, and count positions from the start of the un-pooled axes of their "
            f"own leading item.",
            got=position,
            wanted=wanted,
        )


class WindowError(ShapeError):
    """Windows do not fit an axis.

    Compiled code raises ``WindowError(axis, length, window, stride, before, after, dilation)``,
    `axis` counted from the end.
    """

    def __init__(self, axis: int | str, *numbers: int) -> None:
        if isinstance(axis, str):
            super().__init__(axis)
            return
        message, got, wanted = _why_windows_do_not_fit(axis, *numbers)
        super().__init__(message, got=got, wanted=wanted)


class LengthError(ShapeError):
    """Run-time lengths disagree, or do not describe an array.

    Compiled code raises ``LengthError(kind, axis, got, wanted)``; the kinds are the keys of
    `LENGTH_MESSAGES`.
    """

    def __init__(self, kind: int | str, axis: int = 0, got: int = 0, wanted: int = 0) -> None:
        if isinstance(kind, str):
            super().__init__(kind)
            return
        message = LENGTH_MESSAGES[kind].format(axis=axis, got=got, wanted=wanted)
        super().__init__(message, got=got, wanted=wanted)


# The largest window, stride, pad or dilation. A product of two of them still fits an int64.
LARGEST_NUMBER = 2**31 - 1

(
    POSITIONS_DISAGREE,
    NEGATIVE_LENGTH,
    TOO_MANY_ELEMENTS,
    POSITIONS_TOO_NARROW,
    POOLED_DISAGREE,
    WRONG_LENGTHS,
    WRONG_NUMBERS,
    MOVED_DISAGREES,
    COTANGENT_DISAGREES,
    ROWS_DISAGREE,
    TOO_MANY_TAPS,
    CHANNELS_DISAGREE,
    GROUPS_DO_NOT_DIVIDE,
    KERNEL_TOO_LONG,
    OUTPUT_DISAGREES,
    BATCH_DISAGREES,
    WRONG_STEPS,
    BAD_NUMBER,
    _BAD_BEFORE,
    _BAD_AFTER,
    _BAD_DILATION,
    EMPTY_HELIX,
    KERNEL_NOT_INSIDE,
    WRONG_BATCH,
    UPSAMPLED_DISAGREES,
    WRONG_STARTS,
) = range(26)

LENGTH_MESSAGES = {
    POSITIONS_DISAGREE: (
        "positions must have the shape of the other arrays: axis {axis} has length {got}, wanted "
        "{wanted}. Broadcast explicitly if one row of positions serves many "
        "(`pytensor.tensor.broadcast_to`)."
    ),
    NEGATIVE_LENGTH: (
        "shape must hold lengths: got {got} for axis {axis}, wanted 0 or more. "
        "Pass the lengths of the axes that were pooled, such as `x.shape[-2:]`."
    ),
    TOO_MANY_ELEMENTS: (
        "shape asks for more elements than an array can hold: their number overflows at axis "
        "{axis} of length {got}. Pass the lengths of the axes that were pooled."
    ),
    POSITIONS_TOO_NARROW: (
        "positions_dtype cannot index the pooled axes: the last position is {got}, but the dtype "
        "ends at {wanted}. Pass positions_dtype='int64'."
    ),
    POOLED_DISAGREE: (
        "values must have one element for each window of x: axis {axis} has length {got}, wanted "
        "{wanted}. Pass what max_pool returned for the same x and the same windows."
    ),
    MOVED_DISAGREES: (
        "the cotangent must have the shape of the values, and the tangent that of x: axis {axis} "
        "has length {got}, wanted {wanted}. Pass it in that shape."
    ),
    COTANGENT_DISAGREES: (
        "the cotangent must have one element for each window of x: axis {axis} has length {got}, "
        "wanted {wanted}. Pass the lengths that were pooled, and the same windows."
    ),
    WRONG_LENGTHS: (
        "shape must be a vector of {wanted} lengths: got {got}. Pass one for each un-pooled axis."
    ),
    WRONG_NUMBERS: (
        "the matrix of window parameters must have shape ({wanted}, 5): got {got} values. Pass a "
        "row (window, stride, before, after, dilation) for each pooled axis."
    ),
    ROWS_DISAGREE: (
        "rows must have an axis for each windowed axis and one for the taps: axis {axis} has "
        "length {got}, wanted {wanted}. Pass what windows_to_rows returns for an array whose "
        "windowed axes have the lengths `shape`, with the same windows."
    ),
    TOO_MANY_TAPS: (
        "windows have more taps than an array can hold: their number overflows at axis {axis} with "
        "window={got}. Pass shorter windows."
    ),
    CHANNELS_DISAGREE: (
        "the kernel takes {got} channels (its axis 1, times groups), x has {wanted}. Pass a kernel "
        "of shape (out_channels, channels // groups, *spatial)."
    ),
    GROUPS_DO_NOT_DIVIDE: (
        "groups={wanted} must divide the {got} output channels of the kernel (its axis 0). Pass "
        "the same number of output channels for each group."
    ),
    KERNEL_TOO_LONG: (
        "the kernel spans {got} elements (with dilation) on axis {axis}, the image has {wanted} "
        "with padding. Pass a shorter kernel of at least one tap, more pad or a larger image."
    ),
    OUTPUT_DISAGREES: (
        "dy must have the shape of the convolution's output: axis {axis} has length {got}, wanted "
        "{wanted}. Pass the shapes of the same image and kernel, and the same stride, pad, "
        "dilation and groups."
    ),
    BATCH_DISAGREES: (
        "input_shape and kernel_shape must be those of the convolution: axis {axis} has length "
        "{got}, wanted {wanted}. Pass `x.shape`, or `kernel.shape`."
    ),
    WRONG_STEPS: (
        "the matrix of convolution parameters must have shape ({wanted}, 4): got {got} values. "
        "Pass a row (stride, before, after, dilation) for each spatial axis."
    ),
    BAD_NUMBER: (
        "stride must be at least {wanted}, and fit an int32: got stride={got} for axis {axis}. "
        "Pass one int, or one for each spatial axis."
    ),
    BAD_NUMBER + 1: (
        "pad must be at least {wanted}, and fit an int32: got {got} before axis {axis}. Pass one "
        "int, or an int or a pair (before, after) for each spatial axis."
    ),
    BAD_NUMBER + 2: (
        "pad must be at least {wanted}, and fit an int32: got {got} after axis {axis}. Pass one "
        "int, or an int or a pair (before, after) for each spatial axis."
    ),
    BAD_NUMBER + 3: (
        "dilation must be at least {wanted}, and fit an int32: got dilation={got} for axis {axis}. "
        "Pass one int, or one for each spatial axis."
    ),
    EMPTY_HELIX: (
        "x and kernel must have elements to convolve: axis {axis} of one of them has length {got}, "
        "wanted at least {wanted}. Only leading axes, which the kernel does not have, may be empty."
    ),
    KERNEL_NOT_INSIDE: (
        "mode='valid' needs one array that is at least as long as the other on every axis: on axis "
        "{axis} the kernel has length {got} and x {wanted}, but on another axis the longer one is "
        "shorter. Pass mode='same' or 'full', or crop one of them."
    ),
    WRONG_BATCH: (
        "the kernel must have the leading axes of x, or none: axis {axis} has length {got}, wanted "
        "{wanted}. Broadcast the kernel (`pytensor.tensor.broadcast_to`)."
    ),
    WRONG_STARTS: (
        "starts must be a vector of {wanted} numbers: got {got}. Pass one for each convolved axis."
    ),
    UPSAMPLED_DISAGREES: (
        "the cotangent must have the shape of the upsampled array: axis {axis} has length {got}, "
        "wanted {wanted}. Pass the length of the axis before upsampling, and the same ratio."
    ),
}


def _why_windows_do_not_fit(
    axis: int,
    length: int,
    window: int,
    stride: int,
    before: int,
    after: int,
    dilation: int,
) -> tuple[str, Any, Any]:
    span = (window - 1) * dilation + 1
    if window < 1:
        return _at_least("window", window, 1, axis)
    if stride < 1:
        return _at_least("stride", stride, 1, axis)
    if dilation < 1:
        return _at_least("dilation", dilation, 1, axis)
    if max(window, stride, dilation, before, after) > LARGEST_NUMBER:
        largest = max(window, stride, dilation, before, after)
        return (
            f"window, stride, pad and dilation must be at most {LARGEST_NUMBER}: got {largest} for "
            f"axis {axis}. Pass smaller numbers.",
            largest,
            f"at most {LARGEST_NUMBER}",
        )
    if min(before, after) < 0:
        return _at_least("pad", min(before, after), 0, axis)
    if max(before, after) >= span:
        return (
            f"pad must be smaller than the window: got pad={max(before, after)} for axis {axis}, "
            f"where the window spans {span}. A window must hold at least one element: pass a pad "
            f"of at most {span - 1}, or a longer window.",
            max(before, after),
            f"0 <= pad < {span}",
        )
    if length < 1:
        return (
            f"x must have elements to pool: axis {axis} is empty. Only leading axes may have "
            f"length 0.",
            length,
            "at least 1",
        )
    padded = length + before + after
    if padded < span:
        return (
            f"window={window} is too long for axis {axis}: it spans {span} elements (dilation="
            f"{dilation}), the axis has {length}, {padded} with padding. Pass a shorter window, "
            f"more pad, or partial_windows=True.",
            span,
            f"at most {padded}",
        )
    return (
        f"a window on axis {axis} would hold no element: window={window} with dilation={dilation} "
        f"skips all {length} elements between the padding ({before}, {after}). Pass a smaller "
        f"dilation or less pad.",
        dilation,
        f"at most {length}",
    )


def _at_least(name: str, got: int, least: int, axis: int) -> tuple[str, Any, Any]:
    return (
        f"{name} must be at least {least}: got {name}={got} for axis {axis}. Pass one int, or one "
        f"for each pooled axis.",
        got,
        f"at least {least}",
    )
