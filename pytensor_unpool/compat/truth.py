"""``bool(variable)``: Theano's rule for old code, PyTensor's for all other code.

In Theano, variables are true, so that ``x or default`` and ``if not W`` ask whether there is one;
only the result of ``<`` and the like is an error. In PyTensor, all variables are errors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import FrameType, FunctionType, ModuleType
from typing import Any

from pytensor.scalar import basic as scalar
from pytensor.tensor import variable
from pytensor.tensor.elemwise import Elemwise

from pytensor_unpool.legacy_names import COMPAT

__all__ = ["follow_pytensor", "follow_theano"]

KINDS: tuple[Any, ...] = (variable._tensor_py_operators, scalar._scalar_py_operators)
COMPARISONS = (scalar.LT, scalar.LE, scalar.GT, scalar.GE)

# Code in these packages is never old, whatever it imports.
NEVER = {"pytensor", "pytensor_unpool"}

# PyTensor's methods, while Theano's rule is in place; and packages that were found to be old.
_replaced: dict[Any, Callable[[Any], bool]] = {}
_old: set[str] = set()


def follow_theano() -> None:
    """Make variables true for old code."""
    if _replaced:
        return
    for kind in KINDS:
        _replaced[kind] = kind.__bool__
        kind.__bool__ = _of_callers(kind.__bool__)


def follow_pytensor() -> None:
    """Restore PyTensor's methods."""
    for kind, method in _replaced.items():
        kind.__bool__ = method
    _replaced.clear()


def _of_callers(new: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def __bool__(self: Any) -> bool:  # noqa: N807
        return (not _is_comparison(self) and _is_old(sys._getframe(1))) or new(self)

    return __bool__


def _is_comparison(value: Any) -> bool:
    operation = None if value.owner is None else value.owner.op
    if isinstance(operation, Elemwise):
        operation = operation.scalar_op
    return isinstance(operation, COMPARISONS)


def _is_old(frame: FrameType) -> bool:
    """Return whether code, or another module of its package, has imported something old."""
    name = str(frame.f_globals.get("__name__"))
    package = name.partition(".")[0]
    if package in NEVER:
        return False
    # A function that is passed something old need not be old itself; one that imports it is.
    imported = [x for x in frame.f_locals.values() if isinstance(x, ModuleType)]
    if package in _old or _holds_old(imported):
        return True
    others = [module for x, module in list(sys.modules.items()) if x.startswith(f"{package}.")]
    # Not everything in there is a module: some packages replace theirs with other objects.
    contents = [frame.f_globals, *(getattr(module, "__dict__", {}) for module in others)]
    if any(_holds_old(some.values()) for some in contents):
        _old.add(package)
        return True
    return False


def _holds_old(values: Iterable[Any]) -> bool:
    return any(_home(value).startswith(f"{COMPAT}.") for value in list(values))


def _home(value: Any) -> str:
    """Return the name of the module that a value is or comes from, without running its code."""
    if isinstance(value, ModuleType):
        return value.__name__
    own = value if isinstance(value, type | FunctionType) else type(value)
    return str(own.__module__)
