"""JAX or PyTorch on this machine's device.

``python -m benchmarks.devices [jax|torch] [--rounds N] [--keep]`` takes the framework's default
device: a GPU where it finds one, else the CPU, where everything runs in one thread. Nothing is
copied between device and host while it is timed.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.environment import describe, keep_memory, use_one_thread
from benchmarks.results import as_text
from benchmarks.works import GRADIENT, POOL, ROWS, SEED, UNPOOL, Row, graph, make_arrays

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "results" / "devices"
IMAGES = (64, 32, 56, 56)


class Target(NamedTuple):
    """A factor faster than the peer, a multiple of its time, or a share of a copy's rate."""

    faster: float | None = None
    within: float | None = None
    share: float | None = None

    def __str__(self) -> str:
        if self.share:
            return f"{self.share:.0%} of a copy's rate"
        return f"{self.faster:g}x faster" if self.faster else f"at most {self.within:g}x its time"

    def is_met(self, ratio: float, share: float) -> bool:
        """Return whether it is met by a speedup over the peer and a share of a copy's rate."""
        if self.share:
            return share >= self.share
        return ratio >= self.faster if self.faster else 1 / ratio <= (self.within or 0)


ON_CPU = {
    ("jax", UNPOOL): Target(faster=4),
    ("jax", POOL): Target(within=1.3),
    ("jax", GRADIENT): Target(faster=10),
}


def frameworks() -> dict[str, str]:
    """Return the names and titles of the backends that have a file `on_<name>.py` here."""
    # This imports NumPy, whose number of threads must be settled by then.
    from pytensor_unpool.dispatch.backends import BACKENDS

    return {b.name: b.title for b in BACKENDS if (HERE / f"on_{b.name}.py").exists()}


def target(framework: str, device: str, row: Row) -> Target | None:
    """Return the target of a row."""
    if device == "cpu":
        return ON_CPU.get((framework, row.work))
    return Target(share=0.85) if row.is_pooling else None


def main() -> None:
    """Measure, print the table, and keep the numbers if asked to."""
    keep_memory()
    use_one_thread()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices", description=__doc__)
    parser.add_argument("framework", choices=frameworks(), nargs="?", default="jax")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--keep", action="store_true", help="store in benchmarks/results/devices")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        # XLA starts one thread per available processor.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    result = measure(options.framework, options.rounds)
    print(table([result]))
    if options.keep:
        FOLDER.mkdir(parents=True, exist_ok=True)
        name = f"{options.framework}-{result['device']}".lower().replace(" ", "-")
        (FOLDER / f"{name}.json").write_text(as_text(result))


def measure(framework: str, rounds: int, shape: tuple[int, ...] = IMAGES) -> dict[str, Any]:
    """Return the seconds of every contender in every round."""
    import pytensor

    from benchmarks.timing import time_in_turns

    xp = import_module(f"benchmarks.on_{framework}")
    rows = []
    with pytensor.config.change_flags(floatX="float32"):
        arrays = {name: xp.put(array) for name, array in make_arrays(shape).items()}
        for row in ROWS:
            inputs, outputs = graph(row)
            given = [arrays[x.name] for x in inputs]
            calls = {
                "ours": _waiting(xp, xp.ours(inputs, outputs), given),
                "peer": _waiting(xp, xp.plain(row), given),
                "copy": _waiting(xp, xp.copy(), [arrays["x"]]),
            }
            results = _leaves(calls["ours"]())
            _check(row, results, _leaves(calls["peer"]()))
            moved = sum(x.nbytes for x in (*given, *results)) / (2 * arrays["x"].nbytes)
            seconds = time_in_turns(calls, rounds, SEED)
            rows.append(
                {"case": row.name, "peer": xp.PEERS[row.work], "seconds": seconds, "moved": moved}
            )
    environment = describe()
    environment["versions"][framework] = xp.VERSION
    return {
        "framework": framework, "device": xp.device(), "environment": environment, "rows": rows
    }  # fmt: skip


def _waiting(xp: Any, function: Callable[..., Any], arguments: list[Any]) -> Callable[[], Any]:
    return lambda: xp.wait(function(*arguments))


def _leaves(result: Any) -> list[Any]:
    return list(result) if isinstance(result, list | tuple) else [result]


def _check(row: Row, ours: Sequence[Any], peers: Sequence[Any]) -> None:
    """Raise where results differ: pooling at all, convolutions by more than rounding."""
    import numpy as np

    for one, other in zip(ours, peers, strict=False):
        a, b = (np.asarray(x.cpu() if hasattr(x, "cpu") else x) for x in (one, other))
        room = 0 if row.is_pooling else 1e-2 * np.abs(b).max()
        message = f"{row.name}: the peer gives something else"
        np.testing.assert_allclose(a, b, rtol=0, atol=room, err_msg=message)


def stored() -> list[dict[str, Any]]:
    """Return the stored results."""
    return [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]


def table(results: Sequence[dict[str, Any]]) -> str:
    """Return the results as a Markdown table."""
    heads = [
        "work", "in", "against", "device", "ours, ms", "peer, ms", "ratio", "of a copy's rate",
        "target", "",
    ]  # fmt: skip
    lines = [heads, ["---"] * len(heads)]
    lines += [_line(result, row) for result in results for row in ROWS]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _line(result: dict[str, Any], row: Row) -> list[str]:
    framework, device = result["framework"], result["device"]
    (found,) = (entry for entry in result["rows"] if entry["case"] == row.name)
    times = {name: median(seconds) for name, seconds in found["seconds"].items()}
    ratio, share = times["peer"] / times["ours"], found["moved"] * times["copy"] / times["ours"]
    wanted = target(framework, device, row)
    return [
        row.name, frameworks()[framework], found["peer"], device,
        f"{times['ours'] * 1e3:.2f}", f"{times['peer'] * 1e3:.2f}",
        f"{1 / ratio:.2f}x its time" if wanted and wanted.within else f"{ratio:.2f}x faster",
        f"{share:.0%}" if row.is_pooling else "–",
        str(wanted or "–"),
        ("met" if wanted.is_met(ratio, share) else "**missed**") if wanted else "",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
