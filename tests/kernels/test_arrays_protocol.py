"""What a backend must provide, it provides: each primitive, its parameters, and nothing else."""

from __future__ import annotations

import inspect
from types import FunctionType, ModuleType
from typing import Any

import pytest

from pytensor_unpool.kernels.arrays.protocol import Primitives
from tests.support import numpy_backend
from tests.support.backends import INSTALLED

BACKENDS = {backend.name: lambda backend=backend: backend.xp for backend in INSTALLED}
BACKENDS["numpy"] = lambda: numpy_backend


def signature(function: FunctionType) -> list[tuple[str, Any, Any]]:
    """Return names, kinds and defaults of parameters, without `self`."""
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.kind, p.default) for p in parameters if p.name != "self"]


PRIMITIVES = {
    name: signature(member)
    for name, member in vars(Primitives).items()
    if isinstance(member, FunctionType) and not name.startswith("_")
}
CONSTANTS = set(Primitives.__annotations__)


def provided(xp: ModuleType) -> set[str]:
    """Return the public names that a module defines, not those that it imports."""
    return {
        name
        for name, value in vars(xp).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and getattr(value, "__module__", xp.__name__) == xp.__name__
    }


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_provides_the_primitives_and_nothing_else(name: str) -> None:
    xp = BACKENDS[name]()
    assert provided(xp) == set(PRIMITIVES) | CONSTANTS
    for primitive, wanted in PRIMITIVES.items():
        assert signature(getattr(xp, primitive)) == wanted, primitive
    for constant in CONSTANTS:
        assert isinstance(getattr(xp, constant), bool)


def test_every_primitive_is_described() -> None:
    assert len(PRIMITIVES) > 30
    for name in PRIMITIVES:
        text = inspect.getdoc(getattr(Primitives, name)) or ""
        assert text.startswith("Return"), name
