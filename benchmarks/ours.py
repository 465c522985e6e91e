"""Our contenders: PyTensor graphs of this package, compiled in one mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

import pytensor_unpool as pu
from benchmarks.cases import Case
from benchmarks.contender import AbsentError, Contender
from benchmarks.idioms import IDIOMS
from benchmarks.inputs import Arrays
from pytensor_unpool.compat.theano.tensor.signal.pool import pool_2d

Graph = tuple[list[Any], list[Any]]


def our_contender(case: Case, inputs: Arrays, mode: str) -> Contender:
    """Return the work of `case` by this package, in a PyTensor mode."""
    needs(mode)
    if mode == "NUMBA" and case.threads > 1:
        raise AbsentError("convolutions have one thread there")
    with pytensor.config.change_flags(openmp=case.threads > 1):
        variables, outputs = GRAPHS[case.work](case)
        return compiled(variables, outputs, inputs, mode, read=READS.get(case.work, list))


def needs(mode: str) -> None:
    """Raise `AbsentError` where the mode cannot compile."""
    if mode == "CVM" and not pytensor.config.cxx:
        raise AbsentError("no C++ compiler")


def compiled(
    variables: Sequence[Any],
    outputs: Sequence[Any],
    inputs: Arrays,
    mode: Any,
    read: Callable[[Any], Any],
) -> Contender:
    """Compile a graph whose variables have the names of their inputs."""
    function = pytensor.function(list(variables), list(outputs), mode=mode, trust_input=True)
    arguments = [inputs[variable.name] for variable in variables]
    return Contender(lambda: function(*arguments), read)


def placeholder(name: str, ndim: int, dtype: str = "float32", known: tuple[int, ...] = ()) -> Any:
    """Return an input whose shape is static only in the last axes, by `known`."""
    return pt.tensor(name, dtype=dtype, shape=(None,) * (ndim - len(known)) + known)


def _max_pool(case: Case) -> Graph:
    x = placeholder("x", len(case.shape))
    return [x], list(pu.max_pool(x, case.window, case.stride))


def _max_unpool(case: Case) -> Graph:
    values = placeholder("values", len(case.shape))
    positions = placeholder("positions", len(case.shape), "int64")
    return [values, positions], [pu.max_unpool(values, positions, case.lengths)]


def _gradient(case: Case) -> Graph:
    x = placeholder("x", len(case.shape), known=case.lengths if case.static else ())
    cotangent = placeholder("cotangent", len(case.shape))
    values, _ = pu.max_pool(x, case.window, case.stride)
    return [x, cotangent], [values, pt.grad(None, x, known_grads={values: cotangent})]


def _channels_last(case: Case) -> Graph:
    x = placeholder("x_last", len(case.shape))
    values, _ = pu.max_pool(x.dimshuffle(0, 3, 1, 2), case.window, case.stride)
    return [x], [values.dimshuffle(0, 2, 3, 1)]


def _pool_graph(case: Case) -> Graph:
    x = placeholder("x", len(case.shape))
    return [x], [_pooled(x, case)]


def _pool_gradient(case: Case) -> Graph:
    x, cotangent = placeholder("x", len(case.shape)), placeholder("cotangent", len(case.shape))
    y = _pooled(x, case)
    return [x, cotangent], [y, pt.grad(None, x, known_grads={y: cotangent})]


def _pooled(x: Any, case: Case) -> Any:
    if case.pooling == "old max":
        return pool_2d(x, case.window, ignore_border=True, stride=case.stride)
    return pu.pool(x, case.window, case.stride, mode=case.pooling)


def _conv(case: Case) -> Graph:
    x, kernel = placeholder("x", 4, known=case.shape), placeholder("kernel", 4, known=case.kernel)
    return [x, kernel], [pu.conv(x, kernel, case.stride, case.pad, groups=case.groups)]


def _conv_gradients(case: Case) -> Graph:
    (x, kernel), (y,) = _conv(case)
    cotangent = placeholder("cotangent", 4, known=y.type.shape)
    gradients = pt.grad(None, [x, kernel], known_grads={y: cotangent})
    return [x, kernel, cotangent], gradients


def _helix(case: Case) -> Graph:
    x, kernel = (placeholder(name, len(case.shape), "float64") for name in ("x", "kernel"))
    return [x, kernel], [pu.helix_convolve(x, kernel, "same")]


def whole_numbers(results: Any) -> list[Any]:
    """Return the whole numbers that transforms give, without their rounding errors."""
    return [np.rint(result) for result in results]


def idiom_inputs(case: Case) -> list[Any]:
    """Return the inputs of an idiom, with static shapes, as where it is used."""
    pooled = tuple(n // 2 for n in case.lengths)
    shapes = {"x": case.shape}
    return [
        placeholder(
            name,
            len(case.shape),
            "int64" if name == "positions" else "float32",
            known=shapes.get(name, (*case.shape[: -len(pooled)], *pooled)),
        )
        for name in IDIOMS[case.idiom].names
    ]


def _idiom(case: Case) -> Graph:
    variables = idiom_inputs(case)
    return variables, [IDIOMS[case.idiom].graph(*variables)]


GRAPHS: dict[str, Callable[[Case], Graph]] = {
    "max_pool": _max_pool,
    "max_unpool": _max_unpool,
    "gradient": _gradient,
    "channels_last": _channels_last,
    "pool": _pool_graph,
    "pool_gradient": _pool_gradient,
    "idiom": _idiom,
    "conv": _conv,
    "conv_gradients": _conv_gradients,
    "helix": _helix,
}

# How to read results that cannot be compared as they are.
READS: dict[str, Callable[[Any], Any]] = {"helix": whole_numbers}
