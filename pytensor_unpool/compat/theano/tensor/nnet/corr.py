"""Names of `theano.tensor.nnet.corr`: Op classes of correlation, as callables.

They do not reverse kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.conv_shapes import (
    get_conv_gradinputs_shape,
    get_conv_gradweights_shape,
)
from pytensor_unpool.compat.theano.tensor.nnet.old_conv import OldConv
from pytensor_unpool.errors import ArgumentError

__all__ = ["CorrMM", "CorrMM_gradInputs", "CorrMM_gradWeights"]

__getattr__, __dir__ = fall_back(__name__)


class _CorrMM(OldConv):
    """A correlation in the order of arguments of Theano's Ops."""

    convdim: ClassVar[int]

    def __init__(
        self,
        border_mode: Any = "valid",
        subsample: Any = None,
        filter_dilation: Any = None,
        num_groups: int = 1,
        unshared: Any = False,
        openmp: Any = None,
    ) -> None:
        super().__init__(
            self.convdim, border_mode, subsample, False, filter_dilation, num_groups, unshared
        )

    def _only_lengths(
        self, name: str, shape_of: Callable[..., tuple[Any, ...]], array: Any, topgrad: Any
    ) -> tuple[Any, ...]:
        """Return the spatial lengths of a result, if the output determines them."""
        shapes = [tuple(pt.as_tensor_variable(x).shape) for x in (array, topgrad)]
        pad = self.pad if isinstance(self.pad, str) else tuple(self.pad)
        lengths = shape_of(*shapes, pad, self.stride, self.dilation)[-self.ndim :]
        if None in lengths:
            raise ArgumentError(
                f"shape must be given if subsample is not 1, or, for weights, border_mode is "
                f"'half': several {name} have the same output. Pass the spatial lengths.",
                got=None,
                wanted=f"{self.ndim} lengths",
            )
        return lengths


class CorrMM(_CorrMM):
    """``CorrMM(border_mode, subsample, filter_dilation, num_groups, unshared)(img, kern)``."""

    convdim = 2

    def __call__(self, img: Any, kern: Any) -> TensorVariable:
        """Return the correlation of images with a kernel."""
        return self.output(img, kern)


class CorrMM_gradInputs(_CorrMM):  # noqa: N801
    """``CorrMM_gradInputs(border_mode, subsample, ...)(kern, topgrad, shape)``."""

    convdim = 2

    def __call__(self, kern: Any, topgrad: Any, shape: Any = None) -> TensorVariable:
        """Return the gradient with respect to images with the spatial lengths `shape`."""
        if shape is None:
            shape = self._only_lengths("images", get_conv_gradinputs_shape, kern, topgrad)
        return self.input_grad(kern, topgrad, shape)


class CorrMM_gradWeights(_CorrMM):  # noqa: N801
    """``CorrMM_gradWeights(border_mode, subsample, ...)(img, topgrad, shape)``."""

    convdim = 2

    def __call__(self, img: Any, topgrad: Any, shape: Any = None) -> TensorVariable:
        """Return the gradient with respect to a kernel with the spatial lengths `shape`."""
        if shape is None:
            shape = self._only_lengths("kernels", get_conv_gradweights_shape, img, topgrad)
        return self.kernel_grad(img, topgrad, shape)
