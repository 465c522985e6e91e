"""Names of `theano.gradient`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytensor
from pytensor import gradient
from pytensor.gradient import zero_grad

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.gradients import refuse_lost
from pytensor_unpool.compat.static_shape import as_type
from pytensor_unpool.errors import ArgumentError

__all__ = ["Lop", "Rop", "consider_constant", "format_as", "grad"]

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
    """Return the gradient of a scalar, or from `known_grads`, with respect to some variables.

    The arguments are those of `pytensor.grad`. Of the older ones, `g_cost` multiplies the gradient;
    `warn_type` and `assume_continuously_differentiable` are ignored.
    """
    factor = old.pop("g_cost", None)
    if factor is not None:
        known_grads, cost = {cost: factor}, None
    refuse_lost([x for x in (cost, *(known_grads or ())) if x is not None])
    gradients = pytensor.grad(
        cost, wrt, consider_constant, disconnected_inputs, add_names, known_grads,
        return_disconnected, null_gradients,
    )  # fmt: skip
    return _of_types(gradients, wrt)


def Rop(  # noqa: N802
    f: Any,
    wrt: Any,
    eval_points: Any,
    disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
) -> Any:
    """Return the Jacobian of `f` by `wrt`, times `eval_points`, from each operation's own rule."""
    refuse_lost(f if isinstance(f, list | tuple) else [f])
    return _without_warning(
        gradient.Rop, f, wrt, eval_points, disconnected_outputs, return_disconnected, True
    )


def Lop(  # noqa: N802
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Sequence[Any] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return `eval_points` times the Jacobian of `f` by `wrt`."""
    refuse_lost(f if isinstance(f, list | tuple) else [f])
    products = _without_warning(
        gradient.Lop, f, wrt, eval_points, consider_constant, disconnected_inputs
    )
    return _of_types(products, wrt)


def _of_types(gradients: Any, wrt: Any) -> Any:
    """Return gradients, each with the type of what it is the gradient of."""
    if not isinstance(gradients, list | tuple):
        return as_type(gradients, wrt.type)
    typed = [as_type(g, x.type) for g, x in zip(gradients, wrt, strict=True)]
    return type(gradients)(typed)


def _without_warning(function: Callable[..., Any], *arguments: Any) -> Any:
    with warnings.catch_warnings():
        # They have other names in PyTensor, and the same arguments.
        warnings.filterwarnings("ignore", ".op is deprecated", FutureWarning)
        return function(*arguments)


def consider_constant(x: Any) -> Any:
    """Return `x`, with a gradient of zero."""
    return zero_grad(x)


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """Return one or several outputs as a list, or as a tuple, or one of them alone.

    Parameters
    ----------
    use_list, use_tuple : bool
        Not both. With neither, a list must have one entry, which is returned.
    outputs : variable, or list or tuple of variables

    >>> format_as(True, False, 1), format_as(False, True, [1, 2]), format_as(False, False, [1])
    ([1], (1, 2), 1)
    """
    several = outputs if isinstance(outputs, list | tuple) else [outputs]
    if (use_list and use_tuple) or (not use_list and not use_tuple and len(several) != 1):
        raise ArgumentError(
            f"format_as needs one flag for {len(several)} outputs: got use_list={use_list}, "
            f"use_tuple={use_tuple}.",
            got=(use_list, use_tuple),
            wanted="one",
        )
    if use_list:
        return list(several)
    return tuple(several) if use_tuple else several[0]
