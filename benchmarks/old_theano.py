"""An old script against real Theano: ``python -m benchmarks.old_theano [--theano PYTHON]``.

PYTHON is one that Theano 1.0.5 runs on (3.6, with NumPy 1.16.6 and SciPy 1.2.3). `THEANO_FLAGS`
is passed on, for a BLAS to link with. Each runs in its own process, in turns, with one thread.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from math import isclose
from pathlib import Path

from benchmarks.environment import use_one_thread

SCRIPT = Path(__file__).resolve().parent / "old" / "lenet.py"
FORMS = ("conv", "nnet")
MODES = ("NUMBA", "CVM")

# Relative, of costs computed in float32.
ACCURACY = 1e-5


def main() -> None:
    """Print how long a step takes in each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.old_theano", description=__doc__)
    parser.add_argument("--theano", metavar="PYTHON", help="an interpreter that has Theano")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    use_one_thread()
    for form in FORMS:
        ours = [sys.executable, "-m", "pytensor_unpool", "run", str(SCRIPT)]
        commands = dict.fromkeys(MODES, ours)
        if options.theano:
            commands["Theano"] = [options.theano, str(SCRIPT)]
        least = {name: float("inf") for name in commands}
        costs = {}
        for _ in range(options.turns):
            for name, command in commands.items():
                *costs[name], seconds = run([*command, form, str(options.steps)], name)
                least[name] = min(least[name], seconds)
        check(costs)
        for name, seconds in least.items():
            ratio = least["Theano"] / seconds if options.theano else float("nan")
            print(f"{form:5} {name:7} {1000 * seconds:7.1f} ms {ratio:6.2f}x", flush=True)


def run(command: list[str], name: str) -> list[float]:
    """Return the costs of the first steps, and the seconds of the fastest."""
    environment = dict(os.environ)
    theano = ["floatX=float32", environment.get("THEANO_FLAGS", "")]
    pytensor = ["floatX=float32", f"mode={name}", environment.get("PYTENSOR_FLAGS", "")]
    environment["THEANO_FLAGS"] = ",".join(filter(None, theano))
    if name in MODES:
        environment["PYTENSOR_FLAGS"] = ",".join(filter(None, pytensor))
        environment.pop("THEANO_FLAGS")
    done = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return [float(number) for number in done.stdout.decode().split("\n")[-2].split()]


def check(costs: dict[str, list[float]]) -> None:
    """Raise if the costs differ."""
    first, *others = costs.values()
    for other in others:
        if not all(isclose(a, b, rel_tol=ACCURACY) for a, b in zip(first, other, strict=True)):
            raise SystemExit(f"the costs differ by more than {ACCURACY}: {costs}")


if __name__ == "__main__":
    main()
