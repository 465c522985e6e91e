"""Names of `theano.tensor.nnet.bn`: batch normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytensor.tensor as pt
from pytensor import config
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.basic import patternbroadcast
from pytensor_unpool.errors import ArgumentError, ShapeError

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]

__getattr__, __dir__ = fall_back(__name__)

# cuDNN's limit, which Theano also enforced on the CPU.
SMALLEST_EPSILON = 1e-5


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> TensorVariable:
    """Return ``(inputs - mean) * (gamma / std) + beta``; `mode` chose between equal formulas."""
    return cast(TensorVariable, (inputs - mean) * (gamma / std) + beta)


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Any = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: Any = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[TensorVariable, ...]:
    """Normalize by the mean and variance of the batch.

    Parameters
    ----------
    inputs : tensor
    gamma, beta : tensors of the axes that are not normalized, or of all, with length 1 along `axes`
    axes : {"per-activation", "spatial"}, or tuple of ints
        The axes to take means over: the first one; all but the second one; or these.
    epsilon : float
        Added to the variance; at least 1e-5.
    running_average_factor : float
    running_mean, running_var : tensors like `gamma`, optional

    Returns
    -------
    out : tensor of the shape of `inputs`
    mean, invstd : tensors like `gamma`
    new_running_mean, new_running_var : tensors like `gamma`, if there are running ones
    """
    inputs = pt.as_tensor_variable(inputs)
    layout = _Layout(inputs, axes)
    given = [gamma, beta, *(() if running_mean is None else (running_mean,))]
    given += [] if running_var is None else [running_var]
    if (running_mean is None) != (running_var is None):
        raise ArgumentError(
            "running_mean and running_var must either both be given or both be None: got one. "
            "Pass both.",
            got=(running_mean, running_var),
            wanted="both or none",
        )
    full = layout.widen(given)
    epsilon = _checked(epsilon)
    mean = inputs.mean(layout.axes, keepdims=True)
    var = inputs.var(layout.axes, keepdims=True)
    invstd = 1 / pt.sqrt(var + epsilon)
    out = (inputs - mean) * full[0] * invstd + full[1]
    results = [mean, invstd]
    if running_mean is not None:
        n = pt.cast(pt.prod(inputs.shape) / pt.prod(mean.shape), config.floatX)
        keep = 1 - running_average_factor
        averages = (mean, n / (n - 1) * var)
        for old, new in zip(full[2:], averages, strict=True):
            running = old * keep + new * running_average_factor
            results.append(patternbroadcast(running, old.type.broadcastable))
    return (out, *layout.narrow(results, given[0]))


def batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: Any = "per-activation",
    epsilon: float = 1e-4,
) -> TensorVariable:
    """Normalize by a given mean and variance; see `batch_normalization_train`."""
    inputs = pt.as_tensor_variable(inputs)
    gamma, beta, mean, var = _Layout(inputs, axes).widen([gamma, beta, mean, var])
    normal = (inputs - mean) * gamma / pt.sqrt(var + _checked(epsilon))
    return cast(TensorVariable, normal + beta)


def _checked(epsilon: float) -> Any:
    # Compared in floatX: in float32, 1e-5 is slightly less.
    rounded = np.asarray(epsilon, dtype=config.floatX)
    if rounded < SMALLEST_EPSILON:
        raise ArgumentError(
            f"epsilon must be at least 1e-5, got {rounded}. Pass 1e-4, the default.",
            got=epsilon,
            wanted=SMALLEST_EPSILON,
        )
    return rounded


class _Layout:
    """The axes that are normalized, and the others, which parameters have."""

    def __init__(self, inputs: TensorVariable, axes: Any) -> None:
        self.ndim = inputs.type.ndim
        if axes == "per-activation":
            axes = (0,)
        elif axes == "spatial":
            axes = (0, *range(2, self.ndim))
        if not isinstance(axes, tuple | list | np.ndarray) or not all(
            0 <= axis < self.ndim for axis in axes
        ):
            raise ArgumentError(
                f"invalid axes: got {axes!r} for {self.ndim} axes. Pass 'per-activation', "
                f"'spatial' or a tuple of axes.",
                got=axes,
                wanted="per-activation, spatial or a tuple",
            )
        self.axes = tuple(int(axis) for axis in axes)
        self.others = [i for i in range(self.ndim) if i not in self.axes]

    def widen(self, parameters: Sequence[Any]) -> list[TensorVariable]:
        """Return the parameters with all axes, of length 1 where they are normalized."""
        tensors = [pt.as_tensor_variable(parameter) for parameter in parameters]
        ndim = tensors[0].type.ndim
        if ndim not in (self.ndim, len(self.others)) or any(t.type.ndim != ndim for t in tensors):
            raise ShapeError(
                f"gamma and beta dimensionality must match the number of non-normalized axes, or "
                f"have the same number of dimensions as the inputs, and so must means and "
                f"variances: got {[t.type.ndim for t in tensors]}, wanted {len(self.others)} or "
                f"{self.ndim}.",
                got=[t.type.ndim for t in tensors],
                wanted=(len(self.others), self.ndim),
            )
        if ndim == self.ndim:
            return [pt.specify_broadcastable(t, *self.axes) for t in tensors]
        pattern: list[Any] = ["x"] * self.ndim
        for i, axis in enumerate(self.others):
            pattern[axis] = i
        return [t.dimshuffle(*pattern) for t in tensors]

    def narrow(self, results: Sequence[Any], parameter: Any) -> list[TensorVariable]:
        """Return results with the axes that the parameter has."""
        if pt.as_tensor_variable(parameter).type.ndim == self.ndim:
            return list(results)
        return [result.dimshuffle(*self.others) for result in results]
