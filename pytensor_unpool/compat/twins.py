"""PyTensor's operations that do the same as old ones which old code has not changed."""

from __future__ import annotations

from typing import Any

from pytensor_unpool.compat.gradients import OVERRIDES

__all__ = ["PRIVATE", "is_unchanged", "plain", "twin"]

# What is kept with an old operation: PyTensor's that does the same, and whether graphs have it.
PRIVATE = {"_twin", "_applied"}


def is_unchanged(value: Any) -> bool:
    """Return whether an operation is PyTensor's under its old name, and no more than that."""
    kind = type(value)
    return "_has_twins" in vars(kind) and not any(
        name in attributes for name in OVERRIDES for attributes in (vars(value), vars(kind))
    )


def twin(self: Any) -> Any:
    """Return PyTensor's operation that does the same as one that old code has not changed."""
    if "_twin" not in vars(self):
        new = object.__new__(type(self)._stands_for)
        vars(new).update({key: v for key, v in vars(self).items() if key not in PRIVATE})
        vars(self)["_twin"] = new
    return vars(self)["_twin"]


def plain(value: Any) -> Any:
    """Return PyTensor's operation for one that old code has not changed; else `value` itself."""
    if not is_unchanged(value):
        return value
    vars(value)["_applied"] = True
    return twin(value)
