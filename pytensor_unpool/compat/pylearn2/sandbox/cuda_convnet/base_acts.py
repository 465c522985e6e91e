"""Names of `pylearn2.sandbox.cuda_convnet.base_acts`: the base of the three convolutions.

Images are (channels, rows, columns, batch), filters (channels, rows, columns, filters), results
(filters, out_rows, out_columns, batch). Filters are not reversed. An axis of n elements has
``ceil((n + 2 * pad - taps) / stride) + 1`` outputs: if the stride leaves a remainder, the image is
padded with further zeros at its bottom and right.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from operator import index
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.rules import (
    Rule,
    c01b_tensor,
    is_strict,
)
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.functions.arguments import unpooled_shape
from pytensor_unpool.ops.check import Check, equal, is_multiple

__all__ = ["BaseActs", "UnimplementedError"]

__getattr__, __dir__ = fall_back(__name__)

# From c01b, and (channels, rows, columns, filters), to what the Ops take; and back.
TO_BC01, FROM_BC01 = (3, 0, 1, 2), (1, 2, 3, 0)


class UnimplementedError(Exception):
    """The old code did not support this."""


class BaseActs(NotAnOp):
    """A convolution with its parameters: ``(pad, partial_sum, stride)``.

    Parameters
    ----------
    pad : int
        Zeros added to all four sides of the images.
    partial_sum : int, optional
        Number of outputs that the old code added up at a time for the gradient of the filters. No
        other result depends on it; `WeightActs` returns the sums as its second output.
    stride : int
        Step between outputs, on both axes.
    strict : bool, optional
        Whether to enforce the rules of the old GPU code, see `rules`.
    """

    def __init__(
        self, pad: Any = 0, partial_sum: Any = None, stride: Any = 1, *, strict: bool | None = None
    ) -> None:
        if not isinstance(pad, Integral):
            raise DTypeError(f"pad must be an int: got {pad!r}.", got=pad, wanted="int")
        if pad < 0:
            raise ArgumentError(
                f"bad value of pad: got {pad}, wanted 0 or more.", got=pad, wanted=0
            )
        self.pad = index(pad)
        self.partial_sum = partial_sum
        self.stride = _stride(stride)
        self.strict = is_strict(strict)
        self.dense_connectivity = True

    @property
    def copy_non_contiguous(self) -> int:
        """Whether to copy arrays that are not contiguous: 0, because arrays need not be."""
        return 0

    @copy_non_contiguous.setter
    def copy_non_contiguous(self, value: Any) -> None:
        if value:
            raise UnimplementedError(
                f"copy_non_contiguous must be 0: got {value}. Arrays need not be contiguous."
            )

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(pad={self.pad}, partial_sum={self.partial_sum}, "
            f"stride={self.stride})"
        )

    def _tensor(self, name: str, x: Any) -> TensorVariable:
        return c01b_tensor(type(self).__name__, name, x, self.strict)

    def _filter_rules(self, channels: Any, taps: Sequence[Any], filters: Any) -> list[Rule]:
        """Return the rules for the shape of filters that all three share."""
        rows, columns = taps
        return [
            (is_multiple(filters, 16), "the number of filters must be a multiple of 16."),
            (equal(rows, columns), "filter must be square."),
            (pt.ge(rows, self.stride), f"stride {self.stride} greater than filter size."),
            (
                pt.or_(pt.le(channels, 3), is_multiple(channels, 2)),
                "more than 3 channels must be even.",
            ),
        ]

    def _pads(
        self, lengths: Sequence[Any], taps: Sequence[Any], outputs: Sequence[Any]
    ) -> list[tuple[int, Any]]:
        """Return the pads that give each axis this number of outputs, if they are not too many."""
        return [
            (self.pad, self._pad_after(axis, *numbers))
            for axis, numbers in enumerate(zip(lengths, taps, outputs, strict=True), start=1)
        ]

    def _pad_after(self, axis: int, length: Any, taps: Any, outputs: Any) -> Any:
        after = (outputs - 1) * self.stride + taps - self.pad - length
        message = (
            f"{type(self).__name__}: incompatible target image size: axis {axis} is longer than "
            f"what the filters reach"
        )
        if isinstance(after, Variable):
            return Check(ShapeError, f"{message}.")(after, pt.ge(after, 0))
        if after < 0:
            raise ShapeError(
                f"{message}: got {length}, wanted at most {length + after}.",
                got=length,
                wanted=length + after,
            )
        return after


def _stride(stride: Any) -> int:
    """Return the stride as an int, to which floats were truncated."""
    try:
        number = int(stride)
    except (TypeError, ValueError):
        raise DTypeError(
            f"stride must be one int, for both axes: got {stride!r}.", got=stride, wanted="int"
        ) from None
    if number < 1:
        raise ArgumentError(f"stride must be at least 1: got {stride}.", got=stride, wanted=1)
    return number


def spatial_lengths(x: TensorVariable) -> list[Any]:
    """Return the lengths of the rows and columns of a c01b tensor, ints where they are static."""
    return [length_of(x, axis) for axis in (1, 2)]


def length_of(x: TensorVariable, axis: int) -> Any:
    """Return the length of an axis, an int where it is static."""
    length = x.type.shape[axis]
    return x.shape[axis] if length is None else length


def two_lengths(shape: Any) -> list[Any]:
    """Return the entries of an `output_shape`, ints where they are static."""
    if isinstance(shape, Variable) and shape.type.ndim == 1 and shape.type.shape[0] is None:
        shape = pt.specify_shape(shape, (2,))
    lengths = unpooled_shape(shape)
    if len(lengths) != 2:
        raise ShapeError(
            f"output_shape must be a vector of 2 lengths, rows and columns: got {len(lengths)}.",
            got=len(lengths),
            wanted=2,
        )
    return lengths
