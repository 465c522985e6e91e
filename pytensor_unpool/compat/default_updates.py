"""``shared.default_update = ...``, of any type that Theano accepted.

PyTensor refuses one whose type says more of its shape than the variable's does.
"""

from __future__ import annotations

import warnings
from typing import Any

from pytensor.compile.sharedvalue import SharedVariable

from pytensor_unpool.compat.static_shape import as_type

__all__ = ["follow_pytensor", "follow_theano", "set_default_update"]

PYTENSORS: Any = vars(SharedVariable)["default_update"]


def set_default_update(variable: Any, update: Any) -> None:
    """Set what a shared variable becomes with every call, or None."""
    with warnings.catch_warnings():
        # PyTensor will do without default updates.
        warnings.filterwarnings("ignore", ".*default_update.*", DeprecationWarning)
        PYTENSORS.fset(variable, as_type(update, variable.type))


def follow_theano() -> None:
    """Accept default updates as in Theano, without a warning."""
    SharedVariable.default_update = property(PYTENSORS.fget, set_default_update)


def follow_pytensor() -> None:
    """Give PyTensor's property back."""
    SharedVariable.default_update = PYTENSORS
