"""The backends that run `kernels.arrays` and are installed, for the tests that run on each."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytensor
import pytest

from pytensor_unpool.dispatch import backends
from pytensor_unpool.dispatch.backends import Backend as Record
from pytensor_unpool.dispatch.deviations import Deviation
from tests.support.cases import Array


class Backend:
    """A record of the package's list, and what the tests do with it."""

    def __init__(self, record: Record) -> None:
        self.name, self.mode, self.precision = record.name, record.mode, record.precision

    def __repr__(self) -> str:
        return self.name

    @property
    def xp(self) -> ModuleType:
        return importlib.import_module(f"pytensor_unpool.kernels.arrays.{self.name}")

    def array(self, x: Array) -> Any:
        return self.xp.constant(np.array(x), str(x.dtype))

    def run(self, function: Callable[..., Any], *arrays: Array) -> list[Array]:
        """Compile a function where that is quick, and call it."""
        if self.name == "jax":
            import jax

            function = jax.jit(function)
        return [np.asarray(y) for y in function(*map(self.array, arrays))]


def installed() -> list[Backend]:
    """Return the backends that run `kernels.arrays` here."""
    return [
        Backend(record)
        for record in backends.BACKENDS
        if record.whole_arrays and importlib.util.find_spec(record.module)
    ]


INSTALLED = installed()

every_backend = pytest.mark.parametrize("backend", INSTALLED, ids=str)

if not INSTALLED:
    pytest.skip("no backend that runs kernels.arrays is installed", allow_module_level=True)

# What PyTensor's PyTorch linker, and torch as it loads its compiler, warn of.
marks = [
    pytest.mark.filterwarnings("ignore:The given NumPy array is not writable:UserWarning"),
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def at_its_precision(request: pytest.FixtureRequest) -> Iterator[None]:
    callspec = getattr(request.node, "callspec", None)
    backend = callspec.params.get("backend") if callspec else None
    if backend is None:
        yield
        return
    if backend.name == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    with pytensor.config.change_flags(floatX=backend.precision):
        yield


def concerned(deviation: Deviation, is_concerned: bool = True) -> Any:
    """Parametrize a test with the installed backends that a deviation names, or does not."""
    some = [b for b in INSTALLED if (b.name in deviation.backends) == is_concerned]
    return pytest.mark.parametrize("backend", some, ids=str)
