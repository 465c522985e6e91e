"""Memory: calls leak nothing, and need little more than their outputs.

When an exception passes through PyTensor's function around the Numba kernels, Numba releases
neither its inputs nor its intermediate results. The tests can only require that no output and no
scratch memory of the Op that raised is kept.
"""

import ctypes
import gc
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.errors import UnpoolError
from pytensor_unpool.ops import (
    Interpolate,
    InterpolateInputGrad,
    MaxGather,
    PoolInputGrad,
    TapGather,
    TapUnpool,
    TiedGather,
    TiedUnpool,
)
from tests.support.cases import PAIRS
from tests.support.modes import ALL, compiled_modes

ROOT = Path(__file__).parents[2]
PR_SET_THP_DISABLE = 41


class Calls(NamedTuple):
    """A graph, with functions that make valid and invalid arguments for it."""

    inputs: list[Any]
    outputs: Any
    good: Callable[[int], tuple[Any, ...]]
    bad: Callable[[int], tuple[Any, ...]]


def pooling() -> Calls:
    x, stride = pt.dmatrix("x"), pt.lscalar("stride")
    pooled = pu.max_pool(x, 2, [stride])
    return Calls(
        [x, stride], pooled, lambda n: (np.ones((8, n)), 2), lambda n: (np.ones((8, n)), 0)
    )


def places(n: int, last: int) -> Any:
    positions = np.tile(np.arange(0, n, 2), (8, 1))
    positions[-1, -1] = last
    return positions


def unpooling(duplicates: str) -> Calls:
    values, positions, length = pt.dmatrix("v"), pt.lmatrix("p"), pt.lscalar("n")
    unpooled = pu.max_unpool(values, positions, length, duplicates=duplicates)
    return Calls(
        [values, positions, length],
        unpooled,
        lambda n: (np.ones((8, n // 2)), places(n, 0), n),
        lambda n: (np.ones((8, n // 2)), places(n, -1), n),
    )


def gathering(duplicates: str) -> Calls:
    x, positions = pt.dmatrix("x"), pt.lmatrix("p")
    gathered = MaxGather(1, duplicates)(x, positions)
    return Calls(
        [x, positions],
        gathered,
        lambda n: (np.ones((8, n)), places(n, 0)),
        lambda n: (np.ones((8, n)), places(n, n)),
    )


def tied(op: Any, moved: int) -> Calls:
    x, values, third = pt.dmatrix("x"), pt.dmatrix("values"), pt.dmatrix("third")
    return Calls(
        [x, values, third],
        op(x, values, third),
        lambda n: (np.ones((8, n)), np.ones((8, n // 2)), np.ones((8, n // moved))),
        lambda n: (np.ones((8, n)), np.ones((8, n // 2)), np.ones((7, n // moved))),
    )


def rows() -> Calls:
    x, stride = pt.dmatrix("x"), pt.lscalar("stride")
    return Calls(
        [x, stride],
        pu.windows_to_rows(x, 3, stride, pad=1),
        lambda n: (np.ones((8, n)), 3),
        lambda n: (np.ones((8, n)), 0),
    )


def windows() -> Calls:
    taps = pt.dtensor3("taps")
    return Calls(
        [taps],
        pu.rows_to_windows(taps, 2 * taps.shape[1], 3, 2, pad=1),
        lambda n: (np.ones((8, n // 2, 3)),),
        lambda n: (np.ones((8, n // 2, 2)),),
    )


def sums() -> Calls:
    x, stride = pt.dmatrix("x"), pt.lscalar("stride")
    return Calls(
        [x, stride],
        pu.pool(x, 3, stride, mode="average_exc_pad"),
        lambda n: (np.ones((8, n)), 2),
        lambda n: (np.ones((8, n)), 0),
    )


def shares() -> Calls:
    cotangent, length = pt.dmatrix("cotangent"), pt.lvector("length")
    return Calls(
        [cotangent, length],
        PoolInputGrad(PAIRS, "average_exc_pad")(cotangent, length),
        lambda n: (np.ones((8, n // 2)), [n]),
        lambda n: (np.ones((8, n // 2)), [n + 2]),
    )


def by_taps(op: Any) -> Calls:
    moved, taps = pt.dmatrix("moved"), pt.matrix("taps", dtype="uint8")
    lengths = [pt.lvector("lengths")] if isinstance(op, TapUnpool) else []

    def arguments(n: int, rows: int) -> tuple[Any, ...]:
        moved_length = n // 2 if lengths else n
        some_taps = np.ones((rows, n // 2), "uint8")
        return np.ones((8, moved_length)), some_taps, *([np.array([n])] if lengths else [])

    inputs = [moved, taps, *lengths]
    return Calls(inputs, op(*inputs), lambda n: arguments(n, 8), lambda n: arguments(n, 7))


def interpolation(op: Any) -> Calls:
    moved = pt.dmatrix("moved")
    lengths = [pt.lvector("lengths")] if isinstance(op, InterpolateInputGrad) else []
    return Calls(
        [moved, *lengths],
        op(moved, *lengths),
        lambda n: (np.ones((8, n)), *([[4]] if lengths else [])),
        lambda n: (np.ones((7, n)), [4]) if lengths else (np.broadcast_to(1.0, (8, 2**55)),),
    )


CALLS: dict[str, Callable[[], Calls]] = {
    "max_pool": pooling,
    "max_unpool last": lambda: unpooling("last"),
    "max_unpool sum": lambda: unpooling("sum"),
    "MaxGather last": lambda: gathering("last"),
    "MaxGather sum": lambda: gathering("sum"),
    "TapUnpool": lambda: by_taps(TapUnpool(PAIRS)),
    "TapGather": lambda: by_taps(TapGather(PAIRS)),
    "TiedUnpool": lambda: tied(TiedUnpool(PAIRS), 2),
    "TiedGather": lambda: tied(TiedGather(PAIRS), 1),
    "Pool": sums,
    "PoolInputGrad": shares,
    "Interpolate": lambda: interpolation(Interpolate(-1, 1025, 1024)),
    "InterpolateInputGrad": lambda: interpolation(InterpolateInputGrad(-2, 2)),
    "WindowsToRows": rows,
    "RowsToWindows": windows,
}


def call(run: Any, make: Callable[[int], tuple[Any, ...]], n: int, fails: bool) -> None:
    try:
        run(*make(n))
    except UnpoolError:
        assert fails
    else:
        assert not fails


@pytest.mark.parametrize("fails", [False, True], ids=["succeeding", "raising"])
@pytest.mark.parametrize("mode", ["CVM"])
@pytest.mark.parametrize("name", CALLS)
def test_calls_leave_no_array_behind(name, mode, fails):
    """Catches references to inputs or outputs that C code does not release."""
    calls, n, rounds = CALLS[name](), 1000, 30
    run = pytensor.function(calls.inputs, calls.outputs, mode=mode)
    make = calls.bad if fails else calls.good
    for _ in range(3):
        call(run, make, n, fails)
    gc.freeze()  # not to look at what other tests left, twice
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(rounds):
            call(run, make, n, fails)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        gc.unfreeze()
    # The function keeps one output for its next call; a leak keeps one array each round.
    smallest_array = 8 * n // 2 * 8
    assert grown < 3 * 8 * n * 8 < rounds * smallest_array


# What tracemalloc does not see, in a process of its own: Numba's arrays, malloc in C.


def resident(field: str = "VmRSS") -> float:
    """Return the memory of this process in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def growth(calls: Calls, run: Any, fails: bool) -> float:
    """Return by how many MiB 40 calls with outputs of at least 4 MiB grow this process."""
    arguments = (calls.bad if fails else calls.good)(2**17)
    for _ in range(3):
        call(run, lambda n: arguments, 0, fails)
    before = resident()
    for _ in range(40):
        call(run, lambda n: arguments, 0, fails)
    return resident() - before


def peak_beside_outputs(calls: Calls, run: Any, n: int) -> float:
    """Return the peak of a call's memory in MiB, besides its outputs."""
    arguments = calls.good(n)
    results = run(*arguments)
    outputs = sum(r.nbytes for r in (results if isinstance(results, list) else [results]))
    del results
    gc.collect()
    # Memory that the allocator holds back would be taken again without a trace.
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = resident()
    _results = run(*arguments)
    return resident("VmHWM") - before - outputs / 2**20


def growths_and_peak(calls: Calls, mode: str, n: int = 2**19) -> list[float]:
    run = pytensor.function(calls.inputs, calls.outputs, mode=mode)
    growths = [growth(calls, run, fails) for fails in (False, True)]
    return [*growths, peak_beside_outputs(calls, run, n)]


def without_huge_pages() -> None:
    """Count memory that is touched: a huge page would count 2 MiB for its first byte."""
    ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)


def report(mode: str) -> dict[str, list[float]]:
    without_huge_pages()
    return {name: growths_and_peak(make(), mode) for name, make in CALLS.items()}


def convolution(name: str) -> Calls:
    """More channels than are processed at a time, with zeros around the images."""
    x, kernel, dy = (pt.dtensor4(name) for name in ("x", "kernel", "dy"))
    inputs, graph = {
        "conv": ([x, kernel], pu.conv(x, kernel, pad=1)),
        "conv_input_grad": ([kernel, dy], pu.conv_input_grad(kernel, dy, (32, 32), pad=1)),
        "conv_kernel_grad": ([x, dy], pu.conv_kernel_grad(x, dy, (3, 3), pad=1)),
    }[name]

    def arguments(n: int) -> tuple[Any, ...]:
        shapes = {x: (1, n, 32, 32), kernel: (256, n, 3, 3), dy: (1, 256, 32, 32)}
        return tuple(np.ones(shapes[v]) for v in inputs)

    return Calls(inputs, graph, arguments, arguments)


def peaks_of_convolutions(mode: str) -> dict[str, float]:
    without_huge_pages()
    peaks = {}
    for name in ("conv", "conv_input_grad", "conv_kernel_grad"):
        calls = convolution(name)
        run = pytensor.function(calls.inputs, calls.outputs, mode=mode)
        peaks[name] = peak_beside_outputs(calls, run, n=600)
    return peaks


def helix() -> Calls:
    """Sums of products, for which Numba and C allocate scratch memory."""
    x, kernel = pt.dmatrix("x"), pt.dmatrix("kernel")
    return Calls(
        [x, kernel],
        pu.helix_convolve(x, kernel, method="direct"),
        lambda n: (np.ones((8, n)), np.ones((2, 3))),
        lambda n: (np.ones((8, n)), np.ones((0, 3))),
    )


def report_of_helix(mode: str) -> list[float]:
    without_huge_pages()
    return growths_and_peak(helix(), mode, n=2**18)


def in_own_process(call: str) -> Any:
    code = f"import json, tests.ops.test_memory as t; print(json.dumps(t.{call}))"
    # Large blocks go back to the system when they are freed, whatever was allocated before.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**17)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


needs_linux = pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux"
)


@needs_linux
@pytest.mark.parametrize("mode", ["NUMBA", "CVM"] if ALL else ["CVM"])
def test_convolutions_take_32_mebibytes_beyond_outputs_at_most(mode):
    for name, peak in in_own_process(f"peaks_of_convolutions({mode!r})").items():
        assert 1 < peak < 32, name


@needs_linux
@compiled_modes
def test_a_process_grows_neither_by_calls_nor_beyond_outputs_and_a_mebibyte(mode):
    """Catches scratch memory or outputs that are not freed when a kernel raises."""
    for name, (good, bad, peak) in in_own_process(f"report({mode!r})").items():
        # 40 outputs would be 160 MiB or more.
        assert good < 12, name
        assert bad < 12, name
        # Pages that are touched for the first time come on top of the outputs and a mebibyte.
        assert -0.5 < peak < 1.5, name


@needs_linux
@pytest.mark.parametrize("mode", ["NUMBA", "CVM"] if ALL else ["CVM"])
def test_a_convolution_by_products_copies_its_operands_and_gives_that_back(mode):
    good, bad, peak = in_own_process(f"report_of_helix({mode!r})")
    assert good < 12
    assert bad < 12
    # The image has 16 MiB: in C order, and on strips.
    assert 12 < peak < 40
