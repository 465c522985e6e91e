"""Names of `pylearn2.utils` that need nothing else of pylearn2."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.gradient import disconnected_grad

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.errors import ArgumentError

__all__ = [
    "as_floatX",
    "block_gradient",
    "constantX",
    "float32_floatX",
    "py_complex_types",
    "py_float_types",
    "py_integer_types",
    "safe_izip",
    "safe_union",
    "safe_zip",
    "sharedX",
    "subdict",
]

__getattr__, __dir__ = fall_back(__name__)

py_integer_types = (int, np.integer)
py_float_types = (float, np.floating)
py_complex_types = (complex, np.complexfloating)


def sharedX(  # noqa: N802
    value: Any, name: str | None = None, borrow: bool = False, dtype: str | None = None
) -> SharedVariable:
    """Return a shared variable of floatX, or of `dtype`."""
    array = np.asarray(value, dtype=dtype or pytensor.config.floatX)
    return pytensor.shared(array, name, borrow=borrow)


def as_floatX(variable: Any) -> Any:  # noqa: N802
    """Return a number, array or tensor in floatX; an array stays one."""
    dtype = pytensor.config.floatX
    if isinstance(variable, float | np.ndarray):
        return np.asarray(variable, dtype=dtype)
    return pt.cast(variable, dtype)


def constantX(value: Any) -> Any:  # noqa: N802
    """Return a constant of floatX."""
    return pt.constant(np.asarray(value, dtype=pytensor.config.floatX))


def float32_floatX(f: Callable[..., Any]) -> Callable[..., None]:  # noqa: N802
    """Return a function that calls `f` while floatX is float32. It returns nothing.

    >>> float32_floatX(lambda: print(pytensor.config.floatX))()
    float32
    """

    @wraps(f)
    def with_float32(*args: Any, **kwargs: Any) -> None:
        with pytensor.config.change_flags(floatX="float32"):
            f(*args, **kwargs)

    return with_float32


def block_gradient(x: Any) -> Any:
    """Return `x`, which is disconnected from what it is computed from in gradients."""
    return disconnected_grad(pt.as_tensor_variable(x))


def safe_zip(*args: Any) -> Iterable[Any]:
    """Return the same as ``zip``, for arguments of one length.

    >>> list(safe_zip("ab", [1, 2]))
    [('a', 1), ('b', 2)]
    """
    for i, arg in enumerate(args):
        if len(arg) != len(args[0]):
            raise ArgumentError(
                f"Argument 0 has length {len(args[0])} but argument {i} has length {len(arg)}: "
                f"pass as many.",
                got=len(arg),
                wanted=len(args[0]),
            )
    return zip(*args, strict=True)


safe_izip = safe_zip


def safe_union(a: list[Any], b: list[Any]) -> list[Any]:
    """Return what is in either of two lists, each once, in their order."""
    found: list[Any] = []
    for x in [*a, *b]:
        if x not in found:
            found.append(x)
    return found


def subdict(d: dict[Any, Any], keys: Iterable[Any]) -> dict[Any, Any]:
    """Return those items of a dictionary whose keys are among `keys`."""
    return {key: d[key] for key in keys if key in d}
