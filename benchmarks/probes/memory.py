"""``python -m benchmarks.probes.memory NUMBER MODE``: peak memory of a call, in bytes.

NUMBER is an index into `MEMORY_CASES`; MODE may be a peer. Linux only: the kernel reports the peak
of resident memory.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.cases import MEMORY_CASES, MODES
from benchmarks.contender import AbsentError
from benchmarks.inputs import make_inputs
from benchmarks.ours import our_contender
from benchmarks.peers import peer_contender

PR_SET_THP_DISABLE = 41
REPEATS = 5


def main(number: int, mode: str) -> None:
    """Print the minimum peak over some calls, and the size of their outputs."""
    _use_small_pages()
    case = MEMORY_CASES[number]
    inputs = make_inputs(case)
    try:
        is_ours = mode in MODES
        contender = (our_contender(case, inputs, mode) if is_ours
                     else peer_contender(mode, case, inputs))  # fmt: skip
    except AbsentError as error:
        print(json.dumps({"absent": str(error)}))
        return
    results = contender.call()
    outputs = sum(array.nbytes for array in (results if is_ours else [results]))
    del results
    if case.work == "gradient":
        # Tap indices, one byte each, live until the backward Op has read them.
        outputs += inputs["positions"].size
    peak = min(_peak_of(contender.call) for _ in range(REPEATS))
    print(json.dumps({"peak": peak, "outputs": outputs}))


def _use_small_pages() -> None:
    # A huge page would count 2 MiB for the first byte touched.
    ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)


def _peak_of(call: Any) -> int:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    # "5" resets the peak to what is resident now.
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    result = call()
    peak = _resident("VmHWM") - before
    del result
    return peak


def _resident(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"/proc/self/status has no {field}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
