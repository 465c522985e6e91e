"""The base of the poolings: the windows, and the layout of images for the Ops.

An axis of n elements has ``ceil((n - start - ds) / stride) + 1`` windows. Window i starts at
``start + i * stride``, and is cut off at the end of the image. With a negative `start` the first
window begins before the image.
"""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.errors import OldAssertionError
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.base_acts import spatial_lengths
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.rules import (
    Rule,
    c01b_tensor,
    contiguous,
    is_strict,
    required,
    result,
)
from pytensor_unpool.errors import ArgumentError, ShapeError
from pytensor_unpool.functions.arguments import make_windows
from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import as_integer, per_axis
from pytensor_unpool.ops.check import equal

# From c01b to what the Ops take: pooled axes last. They see from the strides what is innermost.
POOLED_LAST, BACK = (0, 3, 1, 2), (0, 2, 3, 1)


class BasePool(NotAnOp):
    """The windows of a pooling: ``(ds, stride, start)``.

    Parameters
    ----------
    ds : int or tuple of two ints
        Length of the windows. The old code only supported square windows.
    stride : int or tuple of two ints
        Step between windows. The old code did not support steps longer than `ds`.
    start : int
        Where the first windows start.
    strict : bool, optional
        Whether to enforce the rules of the old GPU code, see `rules`.
    """

    def __init__(self, ds: Any, stride: Any, start: Any, strict: bool | None) -> None:
        self.ds = ds
        self.stride = stride
        self.start = as_integer("start", start)
        self.strict = is_strict(strict)
        lengths, steps = per_axis("ds", ds, 2), per_axis("stride", stride, 2)
        if min(*lengths, *steps) < 1:
            raise OldAssertionError(
                f"ds and stride must be at least 1: got ds={ds}, stride={stride}.",
                got=(ds, stride),
                wanted=1,
            )
        is_gapless = all(step <= length for length, step in zip(lengths, steps, strict=True))
        if self.strict and not (is_gapless and isinstance(ds, Integral)):
            raise OldAssertionError(
                f"ds must be an int, and stride at most ds: got ds={ds}, stride={stride}. Pass "
                f"strict=False.",
                got=(ds, stride),
                wanted="stride <= ds",
            )
        if self.strict and not isinstance(stride, Integral):
            raise ArgumentError(
                f"stride must be one int for both axes: got {stride}. Pass strict=False.",
                got=stride,
                wanted="int",
            )
        # With stride - 1 more elements after the image, the formula counts whole windows, and it is
        # an error if there are none. With gaps between windows, some of these would be empty: then,
        # windows that start in the image are counted.
        after = [step - 1 if is_gapless else 0 for step in steps]
        pads = [(max(0, -self.start), n) for n in after]
        self.windows: Windows
        self.windows, _ = make_windows(list(lengths), list(steps), pads, 1, not is_gapless)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, BasePool):
            return False
        return (self.windows, self.start, self.strict) == (other.windows, other.start, other.strict)

    def __hash__(self) -> int:
        return hash((type(self), self.windows, self.start, self.strict))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(ds={self.ds}, stride={self.stride}, start={self.start})"

    def _images(self, name: str, x: Any) -> TensorVariable:
        """Return images, checked."""
        name_of_op = type(self).__name__
        x = c01b_tensor(name_of_op, name, x, self.strict)
        lengths = per_axis("ds", self.ds, 2)
        for axis, (length, ds) in enumerate(zip(x.type.shape[1:3], lengths, strict=True), start=1):
            if length is not None and (length < ds or length <= self.start):
                raise ShapeError(
                    f"{name_of_op}: {name} must not be smaller than the windows, nor end before "
                    f"`start`: got length {length} on axis {axis}, ds={self.ds}, "
                    f"start={self.start}.",
                    got=length,
                    wanted=ds,
                )
        return required(x, name_of_op, *self._rules(name, x)) if self.strict else x

    def _rules(self, name: str, x: TensorVariable) -> list[Rule]:
        rows, columns = spatial_lengths(x)
        return [
            *contiguous(name, x),
            (equal(rows, columns), f"{name} must be square."),
            (pt.ge(rows, self.ds), f"{name} must not be smaller than ds={self.ds}."),
            (pt.gt(rows, self.start), f"start={self.start} must lie inside {name}."),
        ]

    def _inside(self, x: TensorVariable) -> TensorVariable:
        """Return the part of the images that windows can reach, laid out for the Ops."""
        first = max(0, self.start)
        return _from(x, first).dimshuffle(POOLED_LAST)

    def _whole(self, inside: TensorVariable, like: TensorVariable) -> TensorVariable:
        """Undo `_inside`, with zeros before the first windows."""
        first = max(0, self.start)
        part = c01b(inside)
        if first == 0:
            return part
        return pt.set_subtensor(_from(pt.zeros_like(like, dtype=part.dtype), first), part)


def pooled(x: TensorVariable) -> TensorVariable:
    """Return an array with an entry for each window, laid out for the Ops."""
    return x.dimshuffle(POOLED_LAST)


def c01b(x: TensorVariable) -> TensorVariable:
    """Return the result of an Op as c01b."""
    return result(x.dimshuffle(BACK))


def _from(x: TensorVariable, first: int) -> TensorVariable:
    return x[:, first:, first:] if first else x


def one_number(name: str, shape: Any) -> Any:
    """Return a pair of equal ints as one int, as the Ops have it, and other pairs unchanged."""
    pair = per_axis(name, shape, 2)
    return pair[0] if pair[0] == pair[1] else pair


def ignore_outputs(outputs: Any, strict: bool, calls: int = 2) -> None:
    """Warn that an argument never had any effect. The warning points `calls` calls up."""
    if outputs and not strict:
        warnings.warn(
            f"outputs={outputs} is ignored, as it always was: the number of windows follows from "
            f"ds, stride and start.",
            UserWarning,
            stacklevel=calls + 1,
        )
