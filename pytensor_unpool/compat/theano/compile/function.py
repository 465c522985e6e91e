"""Names of `theano.compile.function`: `function`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pytensor

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.static_shape import generalized
from pytensor_unpool.errors import ArgumentError

__all__ = ["function"]

__getattr__, __dir__ = fall_back(__name__)

# Theano's modes that have another name in PyTensor, or that only measured time.
MODES = {"DEBUG_MODE": "DebugMode", "PROFILE_MODE": None, "ProfileMode": None}


def function(
    inputs: list[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Any:
    """Compile a graph, as ``theano.function`` did.

    The arguments are those of `pytensor.function`. Inputs may have default values
    (``theano.In(x, value=2)``, ``theano.Param(x, default=2)``).

    >>> import pytensor.tensor as pt
    >>> from pytensor_unpool.compat.theano.compile.io import In
    >>> x, rate = pt.dscalar("x"), pt.dscalar("rate")
    >>> step = function([x, In(rate, value=0.5)], x * rate, mode="FAST_COMPILE")
    >>> step(4.0).tolist(), step(4.0, rate=2.0).tolist()
    (2.0, 8.0)
    """
    mode = MODES.get(mode, mode) if isinstance(mode, str) else mode
    if updates:
        pairs = updates.items() if isinstance(updates, Mapping) else updates
        # PyTensor says what is wrong with keys that are no variables.
        updates = [(key, generalized(new, getattr(key, "type", None))) for key, new in pairs]
    with warnings.catch_warnings():
        # PyTensor is deprecating `no_default_updates`, which still works.
        warnings.filterwarnings("ignore", ".*no_default_updates.*", DeprecationWarning)
        compiled = pytensor.function(
            inputs, outputs, mode, updates, givens, no_default_updates or None, accept_inplace,
            name, rebuild_strict, allow_input_downcast, profile, on_unused_input,
        )  # fmt: skip
    with_defaults = any(getattr(given, "default", None) is not None for given in inputs)
    return _WithDefaults(compiled, inputs) if with_defaults else compiled


class _WithDefaults:
    """A compiled function, some of whose inputs may be omitted."""

    def __init__(self, compiled: Any, inputs: list[Any]) -> None:
        self._compiled = compiled
        self._inputs = [(given.name, getattr(given, "default", None)) for given in inputs]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, with defaults for the inputs that are not passed."""
        values = list(args)
        for name, default in self._inputs[len(args) :]:
            if name in kwargs:
                values.append(kwargs.pop(name))
            elif default is not None:
                values.append(default)
            else:
                raise ArgumentError(
                    f"the function has no value for its input {name}, which has no default. Pass "
                    f"it.",
                    got=None,
                    wanted=name,
                )
        return self._compiled(*values, **kwargs)
