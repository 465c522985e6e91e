"""Names of `pylearn2.sandbox.cuda_convnet.probabilistic_max_pooling`.

In each window, with elements z and a number t from above, at most one unit is on: unit i with the
odds exp(z_i), none with exp(-t). So ``h_i = exp(z_i) / (exp(-t) + sum(exp(z)))`` is the
probability of unit i, and p, their sum, that of any.
"""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool import ops
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.base_acts import UnimplementedError
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.base_pool import (
    BasePool,
    c01b,
    ignore_outputs,
    one_number,
    pooled,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.rules import c01b_tensor, is_strict
from pytensor_unpool.functions.upsampling import upsample_nearest
from pytensor_unpool.geometry.windows import per_axis

__all__ = ["ProbMaxPool", "ProbMaxPoolGrad", "prob_max_pool_c01b"]

__getattr__, __dir__ = fall_back(__name__)


def prob_max_pool_c01b(
    c01b: Any, pool_shape: Any, top_down: Any = None, *, strict: bool | None = None
) -> list[TensorVariable]:
    """Return the probabilities of windows and units.

    Parameters
    ----------
    c01b : float tensor_like of shape (channels, rows, columns, batch)
    pool_shape : tuple of two ints
        Lengths of the windows, which do not overlap.
    top_down : float tensor_like of shape (channels, window_rows, window_columns, batch), optional
        Zeros if left out.
    strict : bool, optional

    Returns
    -------
    p : tensor of the shape of `top_down`
    h : tensor of the shape of `c01b`

    Examples
    --------
    >>> p, h = prob_max_pool_c01b([[[[0.0], [0.0]], [[0.0], [0.0]]]], (2, 2))
    >>> p.eval().round(3).tolist(), h.eval()[0, :, :, 0].round(3).tolist()
    ([[[[0.8]]]], [[0.2, 0.2], [0.2, 0.2]])
    """
    ds = one_number("pool_shape", pool_shape)
    if is_strict(strict) and isinstance(ds, tuple):
        raise UnimplementedError(f"pool_shape must be square: got {pool_shape}.")
    return ProbMaxPool(ds, strict=strict)(c01b, top_down)


class _ProbPool(BasePool):
    """Windows that do not overlap, so that their numbers can be spread over their elements."""

    def _spread(self, of_windows: TensorVariable, like: TensorVariable) -> TensorVariable:
        """Repeat the number of each window at all its elements, in the shape of `like`."""
        spread = upsample_nearest(of_windows, per_axis("ds", self.ds, 2))
        first = max(0, -self.start)
        return spread[:, :, first : first + like.shape[2], first : first + like.shape[3]]


class ProbMaxPool(_ProbPool):
    """``ProbMaxPool(ds, start)(images, top_down)``."""

    def __init__(
        self, ds: Any, start: Any = 0, outputs: Any = 0, *, strict: bool | None = None
    ) -> None:
        super().__init__(ds, ds, start, strict)
        ignore_outputs(outputs, self.strict)

    def __call__(self, images: Any, top_down: Any = None) -> list[TensorVariable]:
        """Return `p` and `h`; see `prob_max_pool_c01b`."""
        images = self._images("images", images)
        z = self._inside(images)
        largest = ops.MaxPool(self.windows, "all", "values")(disconnected_grad(z))
        if top_down is None:
            t = pt.zeros_like(largest)
        else:
            t = pooled(c01b_tensor("ProbMaxPool", "top_down", top_down, self.strict))
            largest = pt.maximum(largest, -disconnected_grad(t))
        odds = pt.exp(z - self._spread(largest, z))
        of_any = ops.Pool(self.windows, "sum")(odds)
        total = pt.exp(-t - largest) + of_any
        h = odds / self._spread(total, z)
        return [c01b(of_any / total), self._whole(h, images)]


class ProbMaxPoolGrad(_ProbPool):
    """``ProbMaxPoolGrad(ds, stride, start)(p, h, gp, gh)``: the gradients of z and t.

    Unlike in the old code, that of t is correct for any `gh`.
    """

    def __init__(self, ds: Any, stride: Any, start: Any = 0, *, strict: bool | None = None) -> None:
        super().__init__(ds, stride, start, strict)

    def __call__(
        self, p: Any, h: Any, gp: Any, gh: Any, gp_iszero: Any = 0, gh_iszero: Any = 0
    ) -> list[TensorVariable]:
        """Return the gradients of the inputs of `ProbMaxPool`, given those of its outputs."""
        p, gp = (
            pooled(c01b_tensor("ProbMaxPoolGrad", name, x, self.strict))
            for name, x in (("p", p), ("gp", gp))
        )
        images = self._images("h", h)
        h, gh = self._inside(images), self._inside(self._images("gh", gh))
        # For h_i = exp(z_i) / Z, dh_i/dz_j = h_i ((i == j) - h_j) and dh_i/dt = h_i (1 - p).
        # For p = 1 - exp(-t) / Z, dp/dz_j = (1 - p) h_j and dp/dt = (1 - p) p.
        mean = ops.Pool(self.windows, "sum")(h * gh)
        dz = h * (gh - self._spread(mean - (1 - p) * gp, h))
        return [self._whole(dz, images), c01b((1 - p) * (mean + p * gp))]
