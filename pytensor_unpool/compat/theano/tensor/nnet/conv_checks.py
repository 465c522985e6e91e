"""Checks of the shapes of convolutions that `theano.tensor.nnet.abstract_conv` offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.theano.configparser import config
from pytensor_unpool.compat.theano.tensor.nnet.conv_shapes import get_conv_output_shape
from pytensor_unpool.errors import ShapeError
from pytensor_unpool.ops.check import Check, equal

__all__ = ["assert_conv_shape", "assert_shape", "check_conv_gradinputs_shape"]


def assert_conv_shape(shape: Sequence[Any]) -> tuple[Any, ...]:
    """Return the shape of images, of a kernel or of outputs, checked to be one.

    Parameters
    ----------
    shape : sequence of ints, which may be symbolic
        The first two must be at least 0, the spatial lengths at least 1.

    Raises
    ------
    ShapeError
        For a known length. It is a `ValueError`. A symbolic one is an `AssertionError` when the
        function runs.

    >>> assert_conv_shape((2, 0, 5, 5))
    (2, 0, 5, 5)
    """
    return tuple(_checked(axis, length) for axis, length in enumerate(shape))


def _checked(axis: int, length: Any) -> Any:
    least = 0 if axis < 2 else 1
    message = f"The convolution would produce an invalid shape (dim[{axis}] is less than {least})"
    known = _known(length)
    if known is None:
        length = pt.as_tensor_variable(length)
        return Check(AssertionError, f"{message}.")(length, pt.ge(length, least))
    if known < least:
        raise ShapeError(f"{message}: got {known}.", got=known, wanted=least)
    return length


def assert_shape(
    x: TensorVariable, expected_shape: Sequence[Any] | None, msg: str = "Unexpected shape."
) -> TensorVariable:
    """Return a tensor whose shape is checked when the function runs.

    Parameters
    ----------
    x : tensor
    expected_shape : sequence of ints, which may be symbolic, or None
        None is for a length that is not checked.
    msg : str
        The text of the `AssertionError`.

    Convention
    ----------
    It does nothing unless ``theano.config.conv.assert_shape`` is true, as in Theano.
    """
    if expected_shape is None or not config.conv.assert_shape:
        return x
    wanted = [(axis, n) for axis, n in enumerate(expected_shape) if n is not None]
    tests = [equal(x.shape[axis], n) for axis, n in wanted]
    return Check(AssertionError, msg)(x, *tests) if tests else x


def check_conv_gradinputs_shape(
    image_shape: Sequence[Any],
    kernel_shape: Sequence[Any],
    output_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
) -> bool:
    """Return whether a convolution of such images may have such outputs.

    What is symbolic or None may be anything.

    >>> check_conv_gradinputs_shape((2, 3, 8, 8), (4, 3, 3, 3), (2, 4, 6, None), "valid", (1, 1))
    True
    >>> check_conv_gradinputs_shape((2, 3, 8, 8), (4, 3, 3, 3), (2, 4, 7, None), "valid", (1, 1))
    False
    """
    ndim = len(image_shape)
    spatial = [subsample] if filter_dilation is None else [subsample, filter_dilation]
    if {len(kernel_shape), len(output_shape), *(len(steps) + 2 for steps in spatial)} != {ndim}:
        return False
    computed = get_conv_output_shape(
        image_shape, kernel_shape, border_mode, subsample, filter_dilation
    )
    pairs = [(_known(n), _known(m)) for n, m in zip(output_shape, computed, strict=True)]
    return all(n == m for n, m in pairs if n is not None and m is not None)


def _known(length: Any) -> int | None:
    """Return a length that is known, None for one that is symbolic."""
    if length is None or (isinstance(length, Variable) and not isinstance(length, Constant)):
        return None
    return int(length.data if isinstance(length, Constant) else length)
