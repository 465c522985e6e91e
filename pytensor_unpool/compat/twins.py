"""PyTensor's operations that are equivalent to old ones that old code has not modified."""

from __future__ import annotations

from typing import Any

from pytensor_unpool.compat.gradients import OVERRIDES

__all__ = ["PRIVATE", "is_unchanged", "plain", "twin"]

# Stored on an old operation: PyTensor's equivalent, and whether graphs contain that instead.
PRIVATE = {"_twin", "_applied"}


def is_unchanged(value: Any) -> bool:
    """Return whether an operation is just PyTensor's under its old name."""
    kind = type(value)
    return "_has_twins" in vars(kind) and not any(
        name in attributes for name in OVERRIDES for attributes in (vars(value), vars(kind))
    )


def twin(self: Any) -> Any:
    """Return PyTensor's equivalent of an operation that old code has not modified."""
    if "_twin" not in vars(self):
        new = object.__new__(type(self)._stands_for)
        vars(new).update({key: v for key, v in vars(self).items() if key not in PRIVATE})
        vars(self)["_twin"] = new
    return vars(self)["_twin"]


def plain(value: Any) -> Any:
    """Return PyTensor's equivalent of an operation that old code has not modified, else `value`."""
    if not is_unchanged(value):
        return value
    vars(value)["_applied"] = True
    return twin(value)
