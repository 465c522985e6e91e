"""JAX, PyTorch and MLX, those of them that are installed, for the tests that run on each."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor
import pytest

from pytensor_unpool.dispatch.deviations import Deviation
from tests.support.cases import Array


@dataclass(frozen=True)
class Backend:
    """What the tests need to know of a backend."""

    name: str
    mode: str
    precision: str

    def __str__(self) -> str:
        return self.name

    @property
    def xp(self) -> Any:
        return importlib.import_module(f"pytensor_unpool.kernels.arrays.{self.name}")

    def array(self, x: Array) -> Any:
        return self.xp.constant(np.array(x), str(x.dtype))

    def run(self, function: Callable[..., Any], *arrays: Array) -> list[Array]:
        """Compile a function where that is quick, and call it."""
        if self.name == "jax":
            import jax

            function = jax.jit(function)
        return [np.asarray(y) for y in function(*map(self.array, arrays))]


INSTALLED = [
    backend
    for backend in (
        Backend("jax", "JAX", "float64"),
        Backend("torch", "PYTORCH", "float64"),
        Backend("mlx", "MLX", "float32"),
    )
    if importlib.util.find_spec(backend.name)
]

every_backend = pytest.mark.parametrize("backend", INSTALLED, ids=str)

if not INSTALLED:
    pytest.skip("none of JAX, PyTorch and MLX is installed", allow_module_level=True)

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
