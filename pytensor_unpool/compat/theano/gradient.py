"""Names of `theano.gradient`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytensor
from pytensor.gradient import zero_grad

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["consider_constant", "grad"]

__getattr__, __dir__ = fall_back(__name__)


def grad(
    cost: Any,
    wrt: Any,
    consider_constant: Sequence[Any] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Mapping[Any, Any] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
    **old: Any,
) -> Any:
    """Return the gradient of a scalar, or of what `known_grads` says, in some variables.

    The arguments are those of `pytensor.grad`. Older ones (`g_cost`, `warn_type`,
    `assume_continuously_differentiable`) are ignored, but for `g_cost`, which multiplies.
    """
    factor = old.pop("g_cost", None)
    if factor is not None:
        known_grads, cost = {cost: factor}, None
    return pytensor.grad(
        cost, wrt, consider_constant, disconnected_inputs, add_names, known_grads,
        return_disconnected, null_gradients,
    )  # fmt: skip


def consider_constant(x: Any) -> Any:
    """Return `x`, with a gradient of zero."""
    return zero_grad(x)
