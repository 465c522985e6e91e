"""Names of `theano.configparser`, and the object `theano.config`.

Settings that exist in PyTensor are PyTensor's own. Those that only Theano had just store a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ContextDecorator
from typing import Any

import pytensor

from pytensor_unpool.compat.errors import OldAttributeError
from pytensor_unpool.compat.fallback import GUIDE, fall_back

__all__ = ["OldConfig", "change_flags", "config"]

__getattr__, __dir__ = fall_back(__name__)

# Theano's default values.
DEFAULTS: dict[str, Any] = {
    "allow_gc": True,
    "compute_test_value": "off",
    "compute_test_value_opt": "off",
    "device": "cpu",
    "dnn.conv.algo_bwd": "guess_once",
    "dnn.conv.algo_bwd_data": "guess_once",
    "dnn.conv.algo_bwd_filter": "guess_once",
    "dnn.conv.algo_fwd": "small",
    "dnn.conv.precision": "as_input_f32",
    "dnn.conv.workmem": "small",
    "dnn.conv.workmem_bwd": "none",
    "dnn.enabled": "auto",
    "experimental.unpickle_gpu_on_cpu": False,
    "force_device": False,
    "gpuarray.preallocate": 0.0,
    "init_gpu_device": "",
    "lib.cnmem": 0.0,
    "nvcc.fastmath": False,
    "nvcc.flags": "",
    "print_active_device": True,
    "print_test_value": False,
    "pthreads.inc_dir": "",
    "pthreads.lib": "",
    "pthreads.lib_dir": "",
    "scan.allow_gc": False,
    "scan.allow_output_prealloc": True,
    "warn.ignore_bug_before": "0.9",
}


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
        if full not in self._own and hasattr(pytensor.config, _flat(full)):
            setattr(pytensor.config, _flat(full), value)
        else:
            self._own[full] = value

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


config = OldConfig("", dict(DEFAULTS))


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
