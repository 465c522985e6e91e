"""Old modules that only re-export names: made from the table instead of files.

The ``__path__`` of every old package ends with an entry that stands for the table. Modules without
a file in the package's folder are found there, by ``import``, `importlib.util.find_spec` and
`pkgutil` alike. A module with functions of its own is a file, which is found first; so are the
packages around such files, because build tools and linters only look into folders with an
``__init__.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.abc import InspectLoader, PathEntryFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from pytensor_unpool.legacy_names import COMPAT, old_modules

__all__ = ["path_entry"]

TABLE = "legacy_names.toml"


def path_entry(package: str) -> str:
    """Return what stands for the table on the ``__path__`` of an old package."""
    return f"{TABLE}#{package}"


class _Finder(PathEntryFinder):
    """Finds the modules that the table has in one old package."""

    def __init__(self, entry: str) -> None:
        table, _, self._package = entry.partition("#")
        if table != TABLE:
            # This is how a path hook declines an entry.
            raise ImportError(f"{entry!r} does not stand for {TABLE}", path=entry)

    def find_spec(self, name: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a module; None if the table does not have it."""
        old = f"{self._package}.{name.rpartition('.')[2]}"
        if old not in old_modules():
            return None
        return ModuleSpec(name, _Loader(old), origin=TABLE, is_package=_is_package(old))

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """Yield names, and whether they are packages, as `pkgutil` asks for them."""
        for old in _children(self._package):
            yield f"{prefix}{old.rpartition('.')[2]}", _is_package(old)


def _children(package: str) -> list[str]:
    return [module for module in old_modules() if module.rpartition(".")[0] == package]


def _is_package(old: str) -> bool:
    return any(module.startswith(f"{old}.") for module in old_modules())


class _Loader(InspectLoader):
    """Makes an old module that has nothing of its own."""

    def __init__(self, old: str) -> None:
        self._old = old

    def get_source(self, name: str) -> None:
        """Return None: there is no source for ``python -m`` and the like."""

    def exec_module(self, module: ModuleType) -> None:
        """Give the module what all old modules have."""
        # Here, because `fallback` imports this file.
        from pytensor_unpool.compat.fallback import fall_back, hidden

        module.__doc__ = f"Names of `{self._old}`."
        vars(module)["__getattr__"], vars(module)["__dir__"] = fall_back(module.__name__)
        for child in _children(self._old):
            if hidden(child):
                # Imported later, it would hide the function of its name.
                import_module(f"{COMPAT}.{child}")
                vars(module).pop(child.rpartition(".")[2])


sys.path_hooks.append(_Finder)
