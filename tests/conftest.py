"""Fixtures of every test: its own random numbers, and no exceptions swallowed by PyTensor."""

import os
from collections.abc import Iterator
from zlib import crc32

import numpy as np
import pytest

# PyTensor looks for a BLAS when a rewrite asks for it, and warns where there is none, which would
# fail a test. Nothing here needs it. Processes that tests start inherit all this.
# The cache of compiled C code is locked while something compiles: each worker has its own.
# Where variables were made is not kept: looking it up took a fifth of the time of Python's tests.
os.environ["PYTENSOR_FLAGS"] = (
    "blas__ldflags=,traceback__limit=0,compiledir_format=compiledir_%(short_platform)s-%(processor)s-"
    f"%(python_version)s-%(python_bitwidth)s-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')},"
) + os.environ.get("PYTENSOR_FLAGS", "")

from pytensor import config

from tests.support.headers import use_compiled_headers


@pytest.fixture(autouse=True, scope="session")
def compile_headers_once() -> None:
    """Spare every C++ module the reading of the same headers."""
    use_compiled_headers()


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that depend only on the test's id: the same in every run and order."""
    return np.random.default_rng(crc32(request.node.nodeid.encode()))


@pytest.fixture
def traces_of_variables() -> Iterator[None]:
    """Record where variables are created, for tests of errors that say so."""
    with config.change_flags(traceback__limit=8):
        yield


@pytest.fixture
def without_compiling() -> Iterator[None]:
    """Run in Python, in double precision, whatever asks for no mode."""
    with config.change_flags(mode="FAST_COMPILE", floatX="float64"):
        yield


@pytest.fixture(autouse=True)
def raise_from_rewriters() -> Iterator[None]:
    """Let exceptions out of rewriters and `infer_shape`.

    PyTensor only logs them, and compiles a graph without the rewrite: a broken rewrite would go
    unnoticed. `test_rewrites.py` shows that this works.
    """
    with config.change_flags(on_opt_error="raise", on_shape_error="raise"):
        yield
