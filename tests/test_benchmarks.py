"""The benchmarks measure what they say: right results, and a page made from the stored numbers."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import devices, old_theano, page, results
from benchmarks.cases import CASES, Case
from benchmarks.contender import check
from benchmarks.inputs import expected, make_inputs
from benchmarks.ours import our_contender
from tests.support.modes import ALL

ROOT = Path(__file__).parents[1]


def small(case: Case) -> Case:
    """Return the same work on fewer and shorter axes."""
    pooled = len(case.window)
    if case.work == "helix":
        return replace(case, shape=tuple(range(5, 5 + pooled)), window=(3,) * (pooled - 1) + (2,))
    if case.channels[0]:
        return replace(case, shape=(2, case.shape[1], *(min(n, 12) for n in case.lengths)))
    return replace(case, shape=(2, 3, *(min(length, 12) for length in case.shape[-pooled:])))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_row_computes_what_numpy_does(case):
    """A row that times a wrong result, or none, would look fast."""
    inputs = make_inputs(small(case))
    contender = our_contender(small(case), inputs, "FAST_COMPILE")
    check(case.name, contender, expected(small(case), inputs))


def test_a_wrong_result_is_not_timed():
    case = small(CASES[0])
    inputs = make_inputs(case)
    contender = our_contender(case, inputs, "FAST_COMPILE")
    values, positions = expected(case, inputs)
    with pytest.raises(AssertionError, match="ours gives another result"):
        check("ours", contender, (values, positions + 1))


def test_the_page_is_made_from_the_stored_results():
    """A number written by hand, or a page left behind by newer results."""
    stored = results.read(ROOT / "benchmarks" / "results")
    assert stored
    assert (ROOT / "docs" / "benchmarks.md").read_text() == page.render(stored, devices.stored())


@pytest.mark.parametrize("framework", devices.frameworks())
@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable:UserWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_rows_of_devices_compute_what_the_framework_does(framework, monkeypatch):
    xp = pytest.importorskip(f"benchmarks.on_{framework}")
    result = devices.measure(framework, rounds=1, shape=(2, 3, 8, 10))
    assert [row["case"] for row in result["rows"]] == [row.name for row in devices.ROWS]
    assert devices.table([result]).count("| cpu |") == len(devices.ROWS)
    monkeypatch.setattr(xp, "plain", lambda row: lambda *arrays: 2 * arrays[0])
    with pytest.raises(AssertionError, match="the peer gives something else"):
        devices.measure(framework, rounds=1, shape=(2, 3, 8, 10))


def test_targets_on_a_gpu_are_rates_of_a_copy():
    """No GPU is at hand in tests, so this table is of numbers that nobody measured."""
    seconds = {"ours": [2.0], "peer": [3.0], "copy": [2.0]}
    rows = [
        {"case": row.name, "peer": "it", "seconds": seconds, "moved": 0.5 if row.size == 2 else 1}
        for row in devices.ROWS
    ]
    lines = devices.table([{"framework": "jax", "device": "GPU", "rows": rows}]).splitlines()
    by_name = {line.split(" | ")[0]: line for line in lines}
    assert by_name["| max_pool with positions, 3x3/2"].endswith(
        "| 100% | 85% of a copy's rate | met |"
    )
    assert by_name["| max_pool with positions, 2x2/2"].endswith(
        "| 50% | 85% of a copy's rate | **missed** |"
    )
    assert by_name["| conv, 3x3"].endswith("| 1.50x faster | – | – |  |")


@pytest.mark.skipif(not ALL, reason="compiling takes most of a minute")
def test_an_old_script_learns_the_same_with_either_convolution():
    """In both forms it is one network, which is trained on the same images."""
    command = [sys.executable, "-m", "pytensor_unpool", "run", str(old_theano.SCRIPT)]
    costs = {form: old_theano.run([*command, form, "1"], "CVM")[:-1] for form in old_theano.FORMS}
    old_theano.check(costs)
    assert costs["conv"][-1] < costs["conv"][0]
    with pytest.raises(SystemExit, match="the costs differ"):
        old_theano.check({"conv": costs["conv"], "nnet": costs["nnet"][::-1]})
