"""The list of backends: its records are true, and a backend more is found by all who read it."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Callable
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode, predefined_modes
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.link.basic import JITLinker
from pytensor.link.utils import fgraph_to_python

import pytensor_unpool as pu
from pytensor_unpool.cli import doctor
from pytensor_unpool.dispatch import backends, deviations
from pytensor_unpool.dispatch.arrays import register
from pytensor_unpool.dispatch.backends import BACKENDS, Backend
from tests.support import numpy_backend
from tests.support.backends import installed

PACKAGE = Path(pu.__file__).parent
EXTRAS = configparser.ConfigParser()
EXTRAS.read(PACKAGE.parent / "setup.cfg")


@pytest.mark.parametrize("backend", BACKENDS, ids=str)
def test_records_are_true(backend: Backend) -> None:
    assert (PACKAGE / "dispatch" / f"{backend.name}.py").exists()
    primitives = PACKAGE / "kernels" / "arrays" / f"{backend.name}.py"
    assert primitives.exists() == backend.whole_arrays
    pytensors = Path(pytensor.__file__).parents[1].joinpath(*backend.loaded_by.split("."))
    assert (pytensors / "__init__.py").exists()
    assert backend.mode in predefined_modes
    if backend.rewrite_tag is not None:
        assert backend.rewrite_tag in predefined_modes[backend.mode].provided_optimizer.include
    if backend.extra is not None:
        assert backend.module in EXTRAS["options.extras_require"][backend.extra]


# A backend that this test adds: NumPy, under another name.

ABACUS = Backend(
    name="abacus",
    title="Abacus",
    mode="ABACUS",
    loaded_by="pytensor.link.abacus.dispatch",
    module="numpy",
    whole_arrays=True,
    precision="float32",
)


@singledispatch
def abacus_funcify(op: Any, node: Any, **_: Any) -> Callable[..., Any]:
    """Return the Python implementation of an Op: what a backend has for all but our Ops."""

    def perform(*inputs: Any) -> Any:
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        op.perform(node, list(inputs), storage)
        outputs = [output for (output,) in storage]
        return outputs if len(outputs) > 1 else outputs[0]

    return perform


class AbacusLinker(JITLinker):
    """Runs graphs with what `abacus_funcify` returns for their Ops."""

    def fgraph_convert(self, fgraph: Any, **options: Any) -> Any:
        return fgraph_to_python(fgraph, abacus_funcify, storage_map=options["storage_map"])

    def create_thunk_inputs(self, storage_map: Any) -> list[Any]:
        return [storage_map[x] for x in self.fgraph.inputs]

    def jit_compile(self, fn: Any) -> Any:
        return fn


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Add the backend as one record, its primitives and its dispatch; return what it then runs."""
    called: list[str] = []

    def counted(kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*inputs: Any) -> Any:
            called.append(kernel.__name__)
            return kernel(*inputs)

        return call

    monkeypatch.setattr(backends, "BACKENDS", (*BACKENDS, ABACUS))
    monkeypatch.setitem(sys.modules, "pytensor_unpool.kernels.arrays.abacus", numpy_backend)
    register(abacus_funcify, numpy_backend, counted)
    query = RewriteDatabaseQuery(include=["fast_run"], exclude=["cxx_only", "fusion", "inplace"])
    monkeypatch.setitem(predefined_modes, ABACUS.mode, Mode(AbacusLinker(), query))
    return called


def test_doctor_tries_it(calls: list[str]) -> None:
    (way,) = (way for way in doctor.known_ways() if way.title == ABACUS.title)
    finding = doctor.examine(way)
    assert finding.usable, finding.why
    assert finding.why.startswith(f"numpy {np.__version__}, compiled and ran in ")
    assert calls == ["max_pool", "max_unpool"]


def test_deviations_name_it(calls: list[str]) -> None:
    naming = [d for d in deviations.DEVIATIONS if ABACUS.name in d.backends]
    assert naming == [
        deviations.POSITIONS_OUTSIDE,
        deviations.NO_DOUBLES,
        deviations.LONG_PLANES,
    ]
    assert deviations.table().count("| mlx, abacus |") == 1


def test_tests_run_on_it(calls: list[str]) -> None:
    (backend,) = (backend for backend in installed() if backend.name == ABACUS.name)
    assert (backend.mode, backend.precision, backend.xp) == ("ABACUS", "float32", numpy_backend)
    (y,) = backend.run(lambda x: [x + 1], np.array([1.0, 2.0]))
    assert y.tolist() == [2, 3]


def test_it_runs_graphs(calls: list[str], rng: np.random.Generator) -> None:
    """With gradients, of windows that overlap and of those that do not."""
    x, kernel = pt.dtensor4("x"), pt.dtensor4("kernel")
    values, positions = pu.max_pool(x, (2, 3))
    unpooled = pu.max_unpool(values, positions, x.shape[-2:])
    smooth = [
        unpooled,
        pu.max_pool(x, 3, 2, 1)[0],
        pu.pool(x, (2, 2), mode="average_exc_pad"),
        pu.conv(x, kernel, pad=1),
        pu.helix_convolve(x, kernel[:, 0][0], "same"),
        pu.upsample_linear(x, (2, 2)),
    ]
    outputs = [positions, *smooth, *pt.grad(sum((y**2).sum() for y in smooth), [x, kernel])]
    arrays = rng.normal(size=(2, 3, 6, 7)), rng.normal(size=(4, 3, 3, 3))
    got, wanted = (
        pytensor.function([x, kernel], outputs, mode=mode)(*arrays)
        for mode in (ABACUS.mode, "FAST_COMPILE")
    )
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
    assert {"max_pool", "max_unpool", "conv", "helix", "interpolate"} < set(calls)
