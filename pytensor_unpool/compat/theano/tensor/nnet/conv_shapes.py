"""Output lengths of convolutions, as computed by Theano. None stands for an unknown length.

All numbers may be symbolic.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor_unpool.compat.theano.tensor.nnet.arguments import pads_of
from pytensor_unpool.errors import ArgumentError
from pytensor_unpool.geometry.conv import count_outputs, padding

__all__ = [
    "border_mode_to_pad",
    "get_conv_gradinputs_shape",
    "get_conv_gradweights_shape",
    "get_conv_output_shape",
    "get_conv_shape_1axis",
]


def border_mode_to_pad(mode: Any, convdim: int, kshp: Sequence[Any]) -> tuple[tuple[Any, Any], ...]:
    """Return the pads (before, after) of each spatial axis, for a kernel of dilated lengths `kshp`.

    >>> border_mode_to_pad("half", 2, (3, 5))
    ((1, 1), (2, 2))
    """
    pads = pads_of(mode, convdim)
    if isinstance(pads, str):
        return tuple(padding(pads, None, span, 1) for span in kshp)
    return tuple(pads)


def get_conv_output_shape(
    image_shape: Sequence[Any],
    kernel_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
) -> tuple[Any, ...]:
    """Return the shape of a convolution.

    >>> get_conv_output_shape((2, 3, 8, None), (4, 3, 3, 3), "half", (2, 2))
    (2, 4, 4, None)
    """
    ndim = len(image_shape) - 2
    lengths = [
        get_conv_shape_1axis(*axis)
        for axis in zip(
            image_shape[-ndim:],
            kernel_shape[-ndim:],
            _each_axis(border_mode, ndim),
            subsample,
            filter_dilation or (1,) * ndim,
            strict=True,
        )
    ]
    return (image_shape[0], kernel_shape[0], *lengths)


def get_conv_shape_1axis(
    image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: Any, dilation: Any = 1
) -> Any:
    """Return the length of one axis of a convolution.

    >>> get_conv_shape_1axis(8, 3, (1, 0), 2)
    4
    """
    if None in (image_shape, kernel_shape, border_mode, subsample, dilation):
        return None
    before, after = _pad(border_mode, (kernel_shape - 1) * dilation + 1)
    return count_outputs(image_shape, kernel_shape, subsample, before, after, dilation)


def get_conv_gradweights_shape(
    image_shape: Sequence[Any],
    top_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
    num_groups: int = 1,
    unshared: bool = False,
) -> tuple[Any, ...]:
    """Return the shape of a kernel, with None where several lengths give the same output.

    >>> get_conv_gradweights_shape((2, 3, 8, 8), (2, 4, 6, 3), "valid", (1, 2))
    (4, 3, 3, None)
    """
    ndim = len(image_shape) - 2
    lengths = [
        _kernel_length(*axis)
        for axis in zip(
            image_shape[-ndim:],
            top_shape[-ndim:],
            _each_axis(border_mode, ndim),
            subsample,
            filter_dilation or (1,) * ndim,
            strict=True,
        )
    ]
    channels = None if image_shape[1] is None else image_shape[1] // num_groups
    places = top_shape[-ndim:] if unshared else ()
    return (top_shape[1], *places, channels, *lengths)


def get_conv_gradinputs_shape(
    kernel_shape: Sequence[Any],
    top_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
    num_groups: int = 1,
) -> tuple[Any, ...]:
    """Return the shape of the images, with None where several lengths give the same output.

    >>> get_conv_gradinputs_shape((4, 3, 3, 3), (2, 4, 6, 3), "valid", (1, 2))
    (2, 3, 8, None)
    """
    ndim = len(top_shape) - 2
    lengths = [
        _image_length(*axis)
        for axis in zip(
            kernel_shape[-ndim:],
            top_shape[-ndim:],
            _each_axis(border_mode, ndim),
            subsample,
            filter_dilation or (1,) * ndim,
            strict=True,
        )
    ]
    taken = kernel_shape[-ndim - 1]
    return (top_shape[0], None if taken is None else taken * num_groups, *lengths)


def _kernel_length(image: Any, top: Any, border_mode: Any, subsample: Any, dilation: Any) -> Any:
    """Solve the number of outputs for the kernel's length, on which "full" padding depends."""
    if None in (image, top, border_mode, subsample, dilation) or border_mode == "half":
        return None
    if not isinstance(subsample, int) or subsample != 1:
        return None
    if border_mode == "full":
        return (top - image) // dilation + 1
    before, after = _pad(border_mode, None)
    return (image + before + after - top) // dilation + 1


def _image_length(kernel: Any, top: Any, border_mode: Any, subsample: Any, dilation: Any) -> Any:
    if None in (kernel, top, border_mode, subsample, dilation):
        return None
    if not isinstance(subsample, int) or subsample != 1:
        return None
    span = (kernel - 1) * dilation + 1
    before, after = _pad(border_mode, span)
    return top + span - 1 - before - after


def _each_axis(border_mode: Any, ndim: int) -> Sequence[Any]:
    return border_mode if isinstance(border_mode, tuple) else (border_mode,) * ndim


def _pad(border_mode: Any, span: Any) -> tuple[Any, Any]:
    """Return the pads of one axis; a border mode that is not a word may be symbolic."""
    if isinstance(border_mode, str):
        return padding(str(pads_of(border_mode, 1)), None, span, 1)
    before, after = border_mode if isinstance(border_mode, tuple) else (border_mode, border_mode)
    for pad in (before, after):
        if isinstance(pad, int) and pad < 0:
            raise ArgumentError(
                f"border_mode must be >= 0: got {border_mode}.", got=border_mode, wanted=0
            )
    return before, after
