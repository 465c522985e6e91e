"""Names of `theano.configparser`, and the object `theano.config`.

Settings that exist in PyTensor are PyTensor's own. Those that only Theano had just store a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ContextDecorator
from typing import Any

import pytensor
from pytensor.compile import mode

from pytensor_unpool.compat.errors import OldAttributeError
from pytensor_unpool.compat.fallback import GUIDE, fall_back
from pytensor_unpool.compat.settings import DEFAULTS, Setting, of_type, one_of
from pytensor_unpool.errors import ArgumentError

__all__ = [
    "AddConfigVar",
    "BoolParam",
    "ConfigParam",
    "EnumStr",
    "FloatParam",
    "IntParam",
    "OldConfig",
    "StrParam",
    "TypedParam",
    "change_flags",
    "config",
]

__getattr__, __dir__ = fall_back(__name__)


class OldConfig:
    """``theano.config``, or a section of it such as ``theano.config.dnn``.

    Parameters
    ----------
    section : str
        Empty, or the section's name with a dot at its end.
    own : dict
        The settings that PyTensor does not have, by their full names.
    """

    def __init__(self, section: str, own: dict[str, Any]) -> None:
        vars(self).update(_section=section, _own=own)

    def __getattr__(self, name: str) -> Any:
        """Return a setting, or a section."""
        full = self._section + name
        if full in self._own:
            return self._own[full]
        if hasattr(pytensor.config, _flat(full)):
            return getattr(pytensor.config, _flat(full))
        if any(known.startswith(f"{full}.") for known in self._own) or _is_section(full):
            return OldConfig(f"{full}.", self._own)
        raise OldAttributeError(
            f"theano.config has no setting {full}. See {GUIDE}.", got=full, wanted=sorted(self._own)
        )

    def __setattr__(self, name: str, value: Any) -> None:
        """Change a setting of PyTensor's, or keep one that only Theano had."""
        full = self._section + name
        if full in SETTINGS:
            self._own[full] = SETTINGS[full].changed(value)
        elif full in self._own or not hasattr(pytensor.config, _flat(full)):
            self._own[full] = value
        elif full == "optimizer":
            _set_optimizer(value)
        else:
            setattr(pytensor.config, _flat(full), value)

    def __dir__(self) -> Iterator[str]:
        """Return the settings' names."""
        own = {name.removeprefix(self._section).partition(".")[0] for name in self._own}
        return iter(sorted({*own, *(() if self._section else dir(pytensor.config))}))

    def change_flags(self, **settings: Any) -> change_flags:
        """Return a decorator, or context manager, that changes settings temporarily."""
        return change_flags(**settings)


def _flat(full: str) -> str:
    """PyTensor spells ``blas.ldflags`` as ``blas__ldflags``."""
    return full.replace(".", "__")


def _is_section(full: str) -> bool:
    return any(name.startswith(f"{full}__") for name in dir(pytensor.config))


def _set_optimizer(value: Any) -> None:
    """Change what PyTensor lets nobody change, because it stores the modes that it made with it."""
    parameter = pytensor.config._config_var_dict["optimizer"]
    parameter.val = parameter.apply(str(value))
    mode._CACHED_RUNTIME_MODES.clear()


config = OldConfig("", dict(DEFAULTS))

# The settings that old code has added, by their full names.
SETTINGS: dict[str, Setting] = {}

ConfigParam, EnumStr = Setting, one_of
StrParam, IntParam, FloatParam = of_type(str), of_type(int), of_type(float)


def _as_bool(value: Any) -> bool:
    if value in ("False", "false", "0", False, 0):
        return False
    if value in ("True", "true", "1", True, 1):
        return True
    raise ArgumentError(
        f"a setting made by BoolParam must be True or False: got {value!r}.",
        got=value,
        wanted="True or False",
    )


BoolParam = of_type(_as_bool)


def TypedParam(  # noqa: N802
    default: Any, mytype: Any, is_valid: Any = None, allow_override: bool = True
) -> Setting:
    """Return a setting of a type."""
    return of_type(mytype)(default, is_valid, allow_override)


def AddConfigVar(  # noqa: N802
    name: str, doc: str, configparam: Setting, root: Any = None, in_c_key: bool = True
) -> None:
    """Add a setting to ``theano.config``.

    Parameters
    ----------
    name : str
        With a dot after the section's name, if there is one.
    doc : str
    configparam : ConfigParam
        Such as ``IntParam(3)``.
    root, in_c_key : ignored

    >>> AddConfigVar("mine.depth", "How deep.", IntParam(3))
    >>> config.mine.depth = "4"
    >>> config.mine.depth
    4
    """
    if name in config._own or hasattr(pytensor.config, _flat(name)):
        raise OldAttributeError(
            f"theano.config has a setting {name} already. Choose another name.",
            got=name,
            wanted="a new name",
        )
    configparam.fullname, configparam.doc = name, doc
    SETTINGS[name] = configparam
    config._own[name] = configparam.first()


class change_flags(ContextDecorator):  # noqa: N801
    """A decorator, or context manager, that changes settings temporarily.

    >>> with change_flags(compute_test_value="raise", floatX="float32"):
    ...     print(config.compute_test_value, config.floatX)
    raise float32
    >>> print(config.compute_test_value)
    off

    Parameters
    ----------
    settings : the settings by name, with ``__`` for the dot of a section
        A single dictionary works as well, as in Theano 1.0.
    """

    def __init__(self, args: Any = (), **settings: Any) -> None:
        self._new = {**dict(args), **settings}
        self._old: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        places = {name: _place(name) for name in self._new}
        self._old.append({name: getattr(*place) for name, place in places.items()})
        self._set(self._new)

    def __exit__(self, *error: object) -> None:
        self._set(self._old.pop())

    def _set(self, settings: dict[str, Any]) -> None:
        for name, value in settings.items():
            setattr(*_place(name), value)


def _place(name: str) -> tuple[Any, str]:
    """Return the object that holds a setting, and the last part of its name."""
    *sections, last = name.replace("__", ".").split(".")
    holder: Any = config
    for section in sections:
        holder = getattr(holder, section)
    return holder, last
