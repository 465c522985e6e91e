"""``import theano`` and ``import pylearn2``, on request: a finder that serves these modules.

The modules are those below `pytensor_unpool.compat`, which are also registered under their old
names, so that every class has a single identity. Two attributes of PyTensor's variables follow
Theano meanwhile: `__bool__`, for code that has imported old names (see `truth`), and
`default_update` (see `default_updates`). Scans have two attributes more (see `scan_parts`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from pytensor_unpool.compat import default_updates, scan_parts, truth
from pytensor_unpool.compat.errors import OldPackageError
from pytensor_unpool.legacy_names import COMPAT

__all__ = ["install", "installed", "uninstall"]

PACKAGES = ("theano", "pylearn2")
RULES = (truth, default_updates, scan_parts)


def install() -> None:
    """Make ``import theano`` and ``import pylearn2`` give the modules of this package.

    Modules at any depth can be imported by their old names, and old names can be used as
    attributes: after ``import theano``, ``theano.tensor.nnet.conv2d`` works. Calling this again
    has no effect.

    Raises
    ------
    OldPackageError
        If a real Theano or pylearn2 has been imported in this process. It is an `ImportError`.

    Examples
    --------
    >>> import pytensor_unpool
    >>> with pytensor_unpool.installed():
    ...     import theano.tensor as T
    ...     T.inv(4.0).eval().tolist()
    0.25
    """
    for package in PACKAGES:
        module = sys.modules.get(package)
        if module is not None and not _is_ours(module):
            raise OldPackageError(
                f"a real {package} has been imported: {getattr(module, '__file__', module)}. Call "
                f"pytensor_unpool.install() before anything imports {package}, or take it out of "
                f"the environment (`python -m pip uninstall {package}`).",
                got=module,
                wanted=f"a process without {package}",
            )
    if FINDER not in sys.meta_path:
        sys.meta_path.insert(0, FINDER)
    for rule in RULES:
        rule.follow_theano()


def uninstall() -> None:
    """Remove the old names from `sys.modules`. Modules that have imported them keep them."""
    if FINDER in sys.meta_path:
        sys.meta_path.remove(FINDER)
    for name in [name for name, module in sys.modules.items() if _is_old(name, module)]:
        del sys.modules[name]
    for rule in RULES:
        rule.follow_pytensor()


@contextmanager
def installed() -> Iterator[None]:
    """Install the old packages for the duration of a ``with`` block.

    If they were installed before, they stay installed.

    Examples
    --------
    >>> import pytensor_unpool
    >>> with pytensor_unpool.installed():
    ...     from theano.tensor.signal.downsample import max_pool_2d
    """
    before = FINDER in sys.meta_path
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()


def _is_old(name: str, module: ModuleType | None) -> bool:
    return name.partition(".")[0] in PACKAGES and module is not None and _is_ours(module)


def _is_ours(module: ModuleType) -> bool:
    return module.__name__.startswith(f"{COMPAT}.")


class _Finder(MetaPathFinder):
    """Finds old modules below `pytensor_unpool.compat`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of an old module, None for all other modules."""
        if name.partition(".")[0] not in PACKAGES:
            return None
        if find_spec(f"{COMPAT}.{name}") is None:
            # Not None: other finders would search the folder that contains this package.
            from pytensor_unpool.compat.fallback import GUIDE, nearest

            raise OldPackageError(
                f"No module named {name!r}. {nearest(name)} See {GUIDE}.", got=name, wanted=None
            )
        return ModuleSpec(name, _Loader())


class _Loader(Loader):
    """Loads a module of this package under its old name."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module of this package, which keeps its own name and spec."""
        module = import_module(f"{COMPAT}.{spec.name}")
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Undo what the import system did to the module, which has already been run.

        Its submodules get their old names now, not when they are imported: the import system would
        then replace functions with modules of the same name, such as `theano.tensor.var`.
        """
        module.__spec__ = self._spec
        old = module.__name__.removeprefix(f"{COMPAT}.")
        for name in [name for name in sys.modules if name.startswith(f"{module.__name__}.")]:
            child = name.removeprefix(module.__name__)
            sys.modules.setdefault(f"{old}{child}", sys.modules[name])


FINDER = _Finder()
