"""Names of `pylearn2.sandbox.cuda_convnet.stochastic_pool`: poolings weighted by the elements.

In a window of elements x, none of them negative, element i has the weight ``x_i / sum(x)``.
Stochastic pooling draws one by these weights, weighted pooling takes their mean. A window of zeros
gives 0.
"""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool import ops
from pytensor_unpool.compat.default_updates import set_default_update
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.base_pool import (
    BasePool,
    c01b,
    ignore_outputs,
    one_number,
)

__all__ = [
    "StochasticMaxPool",
    "WeightedMaxPool",
    "stochastic_max_pool_c01b",
    "weighted_max_pool_c01b",
]

__getattr__, __dir__ = fall_back(__name__)


def stochastic_max_pool_c01b(
    c01b: Any, pool_shape: Any, pool_stride: Any, start: int = 0, seed: int = 1234
) -> TensorVariable:
    """Draw an element of every window, weighted by the elements; see `StochasticMaxPool`."""
    ds, stride = one_number("pool_shape", pool_shape), one_number("pool_stride", pool_stride)
    return StochasticMaxPool(ds, stride, start, seed=seed)(c01b)


def weighted_max_pool_c01b(
    c01b: Any, pool_shape: Any, pool_stride: Any, start: int = 0
) -> TensorVariable:
    """Take the mean of every window, weighted by the elements; see `WeightedMaxPool`."""
    ds, stride = one_number("pool_shape", pool_shape), one_number("pool_stride", pool_stride)
    return WeightedMaxPool(ds, stride, start)(c01b)


class StochasticMaxPool(BasePool):
    """``StochasticMaxPool(ds, stride, start, seed=seed)(images)``.

    Each call of a compiled function draws anew. Numbers differ from those of the old code. The
    gradient goes to all elements that equal the drawn one.
    """

    def __init__(
        self,
        ds: Any,
        stride: Any,
        start: Any = 0,
        outputs: Any = 0,
        seed: int = 1234,
        *,
        strict: bool | None = None,
    ) -> None:
        super().__init__(ds, stride, start, strict)
        ignore_outputs(outputs, self.strict)
        self.seed = seed

    def __call__(self, images: Any) -> TensorVariable:
        """Return the drawn elements, of shape (channels, window_rows, window_columns, batch)."""
        x = self._inside(self._images("images", images))
        fixed = disconnected_grad(x)
        rows = ops.WindowsToRows(self.windows, "zeros")(fixed)
        upto = pt.cumsum(rows, axis=-1)
        total = upto[..., -1]
        draws = _uniform(self.seed, total)
        is_beyond = pt.gt(upto, (draws * total)[..., None]).astype("int64")
        is_other = pt.neq(is_beyond * pt.cumsum(is_beyond, axis=-1), 1)
        drawn = pt.switch(is_other, 0, rows).sum(axis=-1).astype(rows.dtype)
        # Adding and subtracting `change` gives zero, but leaves its gradient.
        change = ops.TiedGather(self.windows)(fixed, drawn, x)
        return c01b(drawn + (change - disconnected_grad(change)))


def _uniform(seed: int, like: TensorVariable) -> TensorVariable:
    """Return a number from 0 to 1 for each element, drawn anew in each call of a function."""
    generator = pt.random.shared_rng(seed=int(seed))
    following, draws = generator.uniform(size=like.shape, dtype=like.dtype)
    set_default_update(generator, following)
    return draws


class WeightedMaxPool(BasePool):
    """``WeightedMaxPool(ds, stride, start)(images)``. Unlike the old one, it has a gradient."""

    def __init__(
        self, ds: Any, stride: Any, start: Any = 0, outputs: Any = 0, *, strict: bool | None = None
    ) -> None:
        super().__init__(ds, stride, start, strict)
        ignore_outputs(outputs, self.strict)

    def __call__(self, images: Any) -> TensorVariable:
        """Return the means, of shape (channels, window_rows, window_columns, batch).

        >>> images = [[[[1.0], [3.0]], [[0.0], [0.0]]]]
        >>> WeightedMaxPool(ds=2, stride=2)(images).eval().item()
        2.5
        """
        x = self._inside(self._images("images", images))
        add = ops.Pool(self.windows, "sum")
        total = add(x)
        # Not `eq`, which PyTensor's PyTorch backend reduces to one bool for all elements.
        return c01b(add(x * x) / (total + pt.le(abs(total), 0)))
