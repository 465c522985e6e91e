"""Names of `theano.updates`: a dictionary of updates that can be added to another."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from pytensor.compile.sharedvalue import SharedVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.errors import ArgumentError, DTypeError

__all__ = ["OrderedUpdates"]

__getattr__, __dir__ = fall_back(__name__)


class OrderedUpdates(OrderedDict[Any, Any]):
    """Updates of shared variables, in order.

    >>> import pytensor
    >>> x, y = pytensor.shared(1.0, name="x"), pytensor.shared(2.0, name="y")
    >>> [key.name for key in OrderedUpdates({x: x + 1}) + OrderedUpdates({y: y * 2})]
    ['x', 'y']
    """

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, SharedVariable):
            raise DTypeError(
                f"OrderedUpdates takes shared variables as keys: got {key!r}. Make it one with "
                f"theano.shared.",
                got=key,
                wanted="a shared variable",
            )
        super().__setitem__(key, value)

    def update(self, other: Any = (), **kwargs: Any) -> None:  # type: ignore[override]
        """Add updates. A second, different update of a variable is an error."""
        for key, value in dict(other, **kwargs).items():
            if key in self and self[key] is not value:
                raise ArgumentError(
                    f"OrderedUpdates already has another update of {key}. Combine them into one "
                    f"expression.",
                    got=value,
                    wanted=self[key],
                )
            self[key] = value

    def __add__(self, other: Any) -> OrderedUpdates:
        return self._joined(self, other)

    def __radd__(self, other: Any) -> OrderedUpdates:
        return self._joined(other, self)

    @staticmethod
    def _joined(*all_updates: Any) -> OrderedUpdates:
        joined = OrderedUpdates()
        for updates in all_updates:
            joined.update(updates)
        return joined
