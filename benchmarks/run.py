"""Measures all rows, one after another."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks import processes
from benchmarks.cases import CASES, MODES, SEED, Case
from benchmarks.contender import AbsentError, Contender, check
from benchmarks.environment import describe, openmp_threads
from benchmarks.inputs import Arrays, expected, make_inputs
from benchmarks.ours import our_contender
from benchmarks.peers import peer_contender
from benchmarks.timing import WARM_UP, time_in_turns

Say = Callable[[str], None]

PROCESSES: dict[str, tuple[str, Callable[[Say], Any]]] = {
    "first_calls": ("first call in a fresh process", processes.measure_first_calls),
    "loop": ("compilation of a loop idiom", processes.measure_loop),
    "import": ("import pytensor_unpool after pytensor", processes.measure_import),
    "memory": ("peak memory beyond the outputs", processes.measure_memory),
}


def measure(rounds: int, only: str, say: Say) -> dict[str, Any]:
    """Measure the rows whose name contains `only`; return what the page needs."""
    cases = [case for case in CASES if only in case.name]
    wanted = {key: work for key, (name, work) in PROCESSES.items() if only in name}
    rows = []
    for number, case in enumerate(cases, start=1):
        say(f"[{number}/{len(cases) + len(wanted)}] {case.name}")
        rows.append(_measure_case(case, rounds, say))
    result = {
        "environment": describe(),
        "method": {"rounds": rounds, "warm_up": WARM_UP, "seed": SEED},
        "rows": rows,
    }
    for number, (key, work) in enumerate(wanted.items(), start=len(cases) + 1):
        say(f"[{number}/{len(cases) + len(wanted)}] {PROCESSES[key][0]}")
        result[key] = work(say)
    return result


def _measure_case(case: Case, rounds: int, say: Say) -> dict[str, Any]:
    with openmp_threads(case.threads):
        contenders, absent = _contenders(case)
        seconds = time_in_turns(
            {name: contender.call for name, contender in contenders.items()}, rounds, SEED
        )
    for name, times in seconds.items():
        say(f"    {name:<22}{median(times) * 1e3:9.3f} ms")
    for name, reason in absent.items():
        say(f"    {name:<22}absent: {reason}")
    return {"case": case.name, "seconds": seconds, "absent": absent}


def _contenders(case: Case) -> tuple[dict[str, Contender], dict[str, str]]:
    inputs = make_inputs(case)
    wanted = expected(case, inputs)
    contenders, absent = {}, {}
    for name in (*MODES, *(target.peer for target in case.targets)):
        try:
            contender = _contender(name, case, inputs)
        except AbsentError as error:
            absent[name] = str(error)
            continue
        check(name, contender, wanted)
        contenders[name] = contender
    return contenders, absent


def _contender(name: str, case: Case, inputs: Arrays) -> Contender:
    if name in MODES:
        return our_contender(case, inputs, name)
    return peer_contender(name, case, inputs)
