"""JAX on this machine's device: ``python -m benchmarks.devices [--rounds N] [--keep]``.

On a CPU everything runs in one thread; on a GPU or TPU, on the first one. Nothing is copied between
device and host while it is timed.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.environment import describe, use_one_thread
from benchmarks.results import as_text

FOLDER = Path(__file__).resolve().parent / "results" / "devices"

IMAGES = (64, 32, 56, 56)
SEED = 20260711


class Row(NamedTuple):
    """One work, and what plain JAX does in its place."""

    work: str
    size: int
    peer: str
    faster: float | None = None
    within: float | None = None

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.work}, {self.size}x{self.size}/2"


UNPOOL, POOL, GRADIENT = "max_unpool", "max_pool with positions", "gradient of max_pool"
ROWS = [
    Row(UNPOOL, 2, "`.at[].set`", faster=4),
    *(Row(POOL, n, "`lax.reduce_window`, without positions", within=1.3) for n in (2, 3)),
    *(Row(GRADIENT, n, "the gradient by JAX of `lax.reduce_window`", faster=10) for n in (2, 3)),
]


def main() -> None:
    """Measure on the default device of JAX, print the table, and keep the numbers if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/devices")
    options = parser.parse_args()
    use_one_thread()
    if hasattr(os, "sched_setaffinity"):
        # XLA takes as many threads as there are processors to run on.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    result = measure(options.rounds)
    print(table([result]))
    if options.keep:
        FOLDER.mkdir(parents=True, exist_ok=True)
        name = result["device"].lower().replace(" ", "-")
        (FOLDER / f"{name}.json").write_text(as_text(result))


def measure(rounds: int, shape: tuple[int, ...] = IMAGES) -> dict[str, Any]:
    """Return the seconds of every contender in every round."""
    import jax
    import pytensor

    from benchmarks.timing import time_in_turns

    rows = []
    with pytensor.config.change_flags(floatX="float32"):
        arrays = make_arrays(shape)
        for row in ROWS:
            inputs, outputs = graph(row)
            run = pytensor.function(inputs, outputs, mode="JAX", trust_input=True)
            given = [arrays[x.name] for x in inputs]
            calls = {
                "ours": _waiting(run, given),
                "peer": _waiting(jax.jit(plain(row)), given),
                "copy": _waiting(jax.jit(lambda x: x.copy()), [arrays["x"]]),
            }
            _check(row.name, calls["ours"](), calls["peer"]())
            seconds = time_in_turns(calls, rounds, SEED)
            moved = sum(x.nbytes for x in [*given, *jax.tree.leaves(calls["ours"]())])
            share = moved / (2 * arrays["x"].nbytes)
            rows.append({"case": row.name, "seconds": seconds, "moved": share})
    environment = describe()
    environment["versions"]["jax"] = jax.__version__
    return {"device": jax.devices()[0].device_kind, "environment": environment, "rows": rows}


def _waiting(function: Callable[..., Any], arguments: list[Any]) -> Callable[[], Any]:
    import jax

    return lambda: jax.block_until_ready(function(*arguments))


def _check(name: str, ours: Any, peer: Any) -> None:
    """Raise where the first results differ."""
    import jax
    import numpy as np

    one, other = jax.tree.leaves(ours)[0], jax.tree.leaves(peer)[0]
    np.testing.assert_array_equal(one, other, err_msg=f"{name}: plain JAX gives something else")


def make_arrays(shape: tuple[int, ...]) -> dict[str, Any]:
    """Return what the rows take, on the default device; no two elements of a window are equal."""
    import jax.numpy as jnp
    import numpy as np
    import pytensor
    import pytensor.tensor as pt

    import pytensor_unpool as pu

    rng = np.random.default_rng(SEED)
    plane = rng.permuted(np.tile(np.arange(shape[-2] * shape[-1]), (*shape[:-2], 1)), axis=-1)
    x = pt.ftensor4("x")
    pool = pytensor.function([x], pu.max_pool(x, (2, 2)), mode="FAST_COMPILE")
    numbers = plane.reshape(shape).astype("float32")
    values, positions = pool(numbers)
    arrays = {"x": numbers, "values": values, "positions": positions.astype("int32")}
    return {name: jnp.asarray(array) for name, array in arrays.items()}


def graph(row: Row) -> tuple[list[Any], Any]:
    """Return the inputs and outputs of our graph."""
    import pytensor.tensor as pt

    import pytensor_unpool as pu

    x, values, positions = pt.ftensor4("x"), pt.ftensor4("values"), pt.ltensor4("positions")
    if row.work == UNPOOL:
        lengths = (2 * values.shape[-2], 2 * values.shape[-1])
        return [values, positions], pu.max_unpool(values, positions, lengths)
    pooled = pu.max_pool(x, (row.size, row.size), (2, 2), pad=row.size - 2)
    return [x], list(pooled) if row.work == POOL else pt.grad((pooled[0] ** 2).sum(), x)


def plain(row: Row) -> Callable[..., Any]:
    """Return the function that does it by what JAX has."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    def at_set(values: Any, positions: Any) -> Any:
        n, c, rows, columns = values.shape
        item = jnp.arange(n)[:, None, None, None], jnp.arange(c)[:, None, None]
        zeros = jnp.zeros((n, c, 4 * rows * columns), values.dtype)
        return zeros.at[*item, positions].set(values).reshape(n, c, 2 * rows, 2 * columns)

    def pool(x: Any) -> Any:
        window, pad = (1, 1, row.size, row.size), ((0, 0), (0, 0), *[(row.size - 2,) * 2] * 2)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, (1, 1, 2, 2), pad)

    if row.work == UNPOOL:
        return at_set
    return pool if row.work == POOL else jax.grad(lambda x: (pool(x) ** 2).sum())


def stored() -> list[dict[str, Any]]:
    """Return the results that were kept."""
    return [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]


def table(results: Sequence[dict[str, Any]]) -> str:
    """Return the results as a table in Markdown."""
    heads = [
        "work in JAX", "against", "device", "ours, ms", "peer, ms", "ratio", "of a copy's rate",
        "target", "",
    ]  # fmt: skip
    lines = [heads, ["---"] * len(heads)]
    for result in results:
        by_name = {row["case"]: row for row in result["rows"]}
        for row in ROWS:
            times = {name: median(s) for name, s in by_name[row.name]["seconds"].items()}
            ratio = times["peer"] / times["ours"]
            share = by_name[row.name]["moved"] * times["copy"] / times["ours"]
            is_met = ratio >= row.faster if row.faster else 1 / ratio <= (row.within or 0)
            lines.append([
                row.name, row.peer, result["device"],
                f"{times['ours'] * 1e3:.2f}", f"{times['peer'] * 1e3:.2f}",
                f"{ratio:.2f}x faster" if row.faster else f"{1 / ratio:.2f}x its time",
                f"{share:.0%}",
                f"{row.faster:g}x faster" if row.faster else f"at most {row.within:g}x its time",
                "met" if is_met else "**missed**",
            ])  # fmt: skip
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    main()
