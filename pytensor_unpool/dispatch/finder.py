"""Import a module right after another one was imported.

PyTensor has no entry point by which a package could announce its implementations
(https://github.com/pymc-devs/pytensor/issues/2427). Once it has one, this file can go.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


def register_lazily(followers: Mapping[str, str]) -> None:
    """Import each follower once the module it is named for has been imported."""
    for module, follower in followers.items():
        if module in sys.modules:
            import_module(follower)
        else:
            sys.meta_path.insert(0, _FollowerFinder(module, follower))


class _FollowerFinder(MetaPathFinder):
    """Finds one module, with a loader that then imports the follower, and removes itself."""

    def __init__(self, module: str, follower: str) -> None:
        self.module = module
        self.follower = follower

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self.module:
            return None
        # Another package may wait for the same module with a finder like this one: the rest of
        # the path is searched without this finder, so that each wraps the loader of the next.
        sys.meta_path.remove(self)
        try:
            spec = find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            spec.loader = _FollowedLoader(spec.loader, self)
        return spec


class _FollowedLoader(Loader):
    """Loads as the original loader does, then restores it and imports the follower."""

    def __init__(self, loader: Loader, finder: _FollowerFinder) -> None:
        self.loader = loader
        self.finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        module.__loader__ = self.loader
        self.loader.exec_module(module)
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
        import_module(self.finder.follower)
