"""Names of `pylearn2.sandbox.cuda_convnet.response_norm`: normalisation across channels.

With d = 1 + add_scale * sum of x**2 over the `size_f` channels around each, or, if `blocked`, over
its block of `size_f` channels, the result is x * d**(-pow_scale). `add_scale` is not divided by
`size_f`. Parameters are exact: the old code truncated them to six decimals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.rules import (
    Rule,
    c01b_tensor,
    contiguous,
    is_strict,
    required,
    result,
)
from pytensor_unpool.errors import ArgumentError
from pytensor_unpool.functions.pool import pool
from pytensor_unpool.functions.upsampling import upsample_nearest
from pytensor_unpool.geometry.windows import as_integer
from pytensor_unpool.ops.check import equal, is_multiple

__all__ = ["CrossMapNorm", "CrossMapNormUndo"]

__getattr__, __dir__ = fall_back(__name__)


class _Norm(NotAnOp):
    """The parameters of a normalisation: ``(size_f, add_scale, pow_scale, blocked)``."""

    def __init__(
        self, size_f: Any, add_scale: Any, pow_scale: Any, blocked: Any, strict: bool | None
    ) -> None:
        self._size_f = as_integer("size_f", size_f)
        if self._size_f < 1:
            raise ArgumentError(f"size_f must be at least 1: got {size_f}.", got=size_f, wanted=1)
        self._add_scale = float(add_scale)
        self._pow_scale = float(pow_scale)
        self._blocked = bool(blocked)
        self.strict = is_strict(strict)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def _images(self, name: str, x: Any) -> TensorVariable:
        op = type(self).__name__
        x = c01b_tensor(op, name, x, self.strict)
        return required(x, op, *self._rules(name, x)) if self.strict else x

    def _rules(self, name: str, x: TensorVariable) -> list[Rule]:
        channels, rows, columns = (x.shape[i] for i in range(3))
        return [
            *contiguous(name, x),
            (is_multiple(channels, 16), f"{name} needs a multiple of 16 channels."),
            (
                pt.le(self._size_f, channels),
                f"{name} needs at least size_f={self._size_f} channels.",
            ),
            (equal(rows, columns), f"{name} must be square."),
        ]

    def _sum(self, x: TensorVariable, before: int) -> TensorVariable:
        """Return the sum over the channels around each one, starting `before` before it."""
        size, last = self._size_f, x.dimshuffle(1, 2, 3, 0)
        if self._blocked:
            sums = pool(last, size, mode="sum", partial_windows=True)
            sums = upsample_nearest(sums, size)[..., : x.shape[0]]
        else:
            sums = pool(last, size, 1, [(before, size - 1 - before)], mode="sum")
        return result(sums.dimshuffle(3, 0, 1, 2))

    def _scales(self, x: TensorVariable) -> tuple[np.ndarray, np.ndarray]:
        """Return both scales in the dtype of `x`, as plain floats would make it wider."""
        return np.asarray(self._add_scale, x.dtype), np.asarray(self._pow_scale, x.dtype)


class CrossMapNorm(_Norm):
    """``CrossMapNorm(size_f, add_scale, pow_scale, blocked)(images)``."""

    def __init__(
        self,
        size_f: Any,
        add_scale: Any,
        pow_scale: Any,
        blocked: Any,
        *,
        strict: bool | None = None,
    ) -> None:
        super().__init__(size_f, add_scale, pow_scale, blocked, strict)

    def __call__(self, images: Any) -> list[TensorVariable]:
        """Return the normalised images, and their denominators before the power.

        >>> acts, denoms = CrossMapNorm(2, 1.0, 0.5, True)([[[[3.0]]], [[[4.0]]]])
        >>> denoms.eval().ravel().tolist()
        [26.0, 26.0]
        """
        images = self._images("images", images)
        add_scale, pow_scale = self._scales(images)
        denoms = 1 + add_scale * self._sum(images**2, self._size_f // 2)
        acts = images * _power(denoms, -pow_scale)
        return [acts, disconnected_grad(denoms) if self.strict else denoms]


class CrossMapNormUndo(_Norm):
    """``CrossMapNormUndo(size_f, add_scale, pow_scale, blocked)(images, acts, denoms, dout)``.

    `inplace` has no effect: PyTensor decides what is overwritten.
    """

    def __init__(
        self,
        size_f: Any,
        add_scale: Any,
        pow_scale: Any,
        blocked: Any,
        inplace: Any = False,
        *,
        strict: bool | None = None,
    ) -> None:
        super().__init__(size_f, add_scale, pow_scale, blocked, strict)
        self._inplace = bool(inplace)

    @property
    def inplace(self) -> bool:
        """Whether the old code was to overwrite `acts`."""
        return self._inplace

    def as_inplace(self) -> CrossMapNormUndo:
        """Return the same with `inplace`."""
        if self._inplace:
            raise ArgumentError(f"{self} is already in-place.", got=True, wanted=False)
        numbers = self._size_f, self._add_scale, self._pow_scale, self._blocked
        return CrossMapNormUndo(*numbers, inplace=True, strict=self.strict)

    def __call__(self, images: Any, acts: Any, denoms: Any, dout: Any) -> list[TensorVariable]:
        """Return the gradient of `CrossMapNorm`, and the term that channels share.

        Parameters
        ----------
        images, acts, denoms : tensor_like of shape (channels, rows, columns, batch)
            What `CrossMapNorm` took and returned.
        dout : tensor_like of the same shape
            Gradient of `acts`; `denoms` has none.
        """
        images, acts, denoms, dout = (
            self._images(name, x)
            for name, x in zip(
                ("images", "acts", "denoms", "dout"), (images, acts, denoms, dout), strict=True
            )
        )
        add_scale, pow_scale = self._scales(images)
        # y_g = x_g d_g^-p has dy_g/dx_f = (f == g) d_g^-p - p x_g d_g^(-p-1) 2 a x_f, for all g
        # whose sum includes f: those from size // 2 - size + 1 on.
        shared = -2 * add_scale * pow_scale * acts * dout / denoms
        after = self._sum(shared, self._size_f - 1 - self._size_f // 2)
        return [images * after + dout * _power(denoms, -pow_scale), shared]


def _power(x: TensorVariable, exponent: Any) -> TensorVariable:
    """Return a power of positive numbers, by operations that PyTensor also has for PyTorch."""
    return pt.exp(exponent * pt.log(x))
