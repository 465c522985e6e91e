"""Makes the documentation page from stored results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import geometric_mean, median
from typing import Any

from benchmarks import devices
from benchmarks.cases import (
    CASES,
    CONVOLUTION,
    CONVOLUTION_MEAN,
    FIRST_CALL_SECONDS,
    IMPORT_SECONDS,
    LOOP_FASTER,
    MEMORY_BYTES,
    MEMORY_PEERS,
    MODES,
    PEERS,
    Case,
    Target,
)
from benchmarks.prose import METHOD, ON_DEVICES, TITLE
from benchmarks.results import Result

Verdicts = dict[str, bool]
Row = tuple[list[str], Verdicts]

COMPARISONS = [
    "work", "against", "Python", "Numba, ms", "CVM, ms", "peer, ms", "Numba", "CVM", "target", ""
]  # fmt: skip
LIMITS = ["what", "Python", "Numba", "CVM", "target", ""]


def render(results: Sequence[Result], on_devices: Sequence[Result] = ()) -> str:
    """Return the page as Markdown: results of our CPU modes, and of JAX and PyTorch."""
    comparisons = list(_comparisons(results))
    limits = [*_first_calls(results), *_loops(results), *_imports(results), *_memory(results)]
    verdicts = [met for _, row in [*comparisons, *limits] for met in row.values()]
    parts = [
        TITLE,
        f"Of {len(verdicts)} comparisons with a target, {sum(verdicts)} met it. The tables show "
        "the others too.",
        "## Comparison with peers",
        _table(COMPARISONS, comparisons),
        *_convolution_means(results),
        *_devices(on_devices),
        "## First call, import, memory",
        _table(LIMITS, limits),
        *_notes(results),
        METHOD,
        "## Machines and versions",
        _machines(results),
    ]
    return "\n\n".join(parts) + "\n"


def _comparisons(results: Sequence[Result]) -> Iterator[Row]:
    for case in CASES:
        for target in case.targets:
            found = [row for result in results for row in _measured(result, case, target)]
            yield from found or [_not_measured(case, target)]


def _devices(results: Sequence[Result]) -> Iterator[str]:
    if results:
        yield "## In JAX and PyTorch"
        yield devices.table(results)
        yield ON_DEVICES


def _convolution_means(results: Sequence[Result]) -> Iterator[str]:
    """Give the mean speedup of convolutions, without the depthwise one."""
    for result in results:
        found = {row["case"]: row["seconds"] for row in result["rows"]}
        for threads, target in ((1, CONVOLUTION_MEAN), (2, 1)):
            rows = [
                found[case.name]
                for case in CASES
                if case.name.startswith(CONVOLUTION)
                and "depthwise" not in case.name
                and case.threads == threads
                and "torch" in found.get(case.name, {})
            ]
            if rows:
                yield _convolution_mean(_python(result), rows, threads, target)


def _convolution_mean(
    python: str, rows: Sequence[dict[str, list[float]]], threads: int, target: float
) -> str:
    ratios = {
        mode: [median(row["torch"]) / median(row[mode]) for row in rows]
        for mode in MODES
        if all(mode in row for row in rows)
    }
    means = ", ".join(f"{geometric_mean(found):.2f} in {mode}" for mode, found in ratios.items())
    return (
        f"Convolutions with {threads} thread{'s' * (threads > 1)}, Python {python}: the geometric "
        f"mean of the speedup over `torch`, without the depthwise row, is {means}. The target is "
        f"{target:g}."
    )


def _measured(result: Result, case: Case, target: Target) -> Iterator[Row]:
    for row in result["rows"]:
        if row["case"] != case.name or target.peer not in row["seconds"]:
            continue
        times = {name: median(seconds) for name, seconds in row["seconds"].items()}
        peer = times[target.peer]
        verdicts = {
            mode: _is_met(times[mode], peer, target)
            for mode in target.modes
            if mode in times and _has_bound(target)
        }
        cells = [
            case.name,
            PEERS[target.peer],
            _python(result),
            *(_milliseconds(times.get(mode)) for mode in MODES),
            _milliseconds(peer),
            *(_ratio(times.get(m) if m in target.modes else None, peer, target) for m in MODES),
            _bound(target),
        ]
        yield cells, verdicts


def _not_measured(case: Case, target: Target) -> Row:
    return [case.name, PEERS[target.peer], *["–"] * 6, _bound(target)], {}


def _has_bound(target: Target) -> bool:
    return target.faster is not None or target.within is not None


def _is_met(ours: float, peer: float, target: Target) -> bool:
    fast_enough = target.faster is None or peer >= target.faster * ours
    return fast_enough and (target.within is None or ours <= target.within * peer)


def _bound(target: Target) -> str:
    if target.faster is not None:
        if target.faster < 1:
            return f"at least {target.faster:g}x as fast"
        return "not slower" if target.faster == 1 else f"{target.faster:g}x faster"
    return "none" if target.within is None else f"at most {target.within:g}x its time"


def _ratio(ours: float | None, peer: float, target: Target) -> str:
    if ours is None:
        return "–"
    if target.faster is not None:
        return f"{peer / ours:.2f}x faster" if peer >= ours else f"{ours / peer:.2f}x slower"
    return f"{ours / peer:.2f}x its time"


def _first_calls(results: Sequence[Result]) -> Iterator[Row]:
    for cache, limit in FIRST_CALL_SECONDS.items():
        for result in results:
            rows = [row for row in result.get("first_calls", []) if row.get("cache") == cache]
            seconds = {row["mode"]: median(row["seconds"]) for row in rows}
            name = f"first call of `max_pool` in a fresh process, {cache} caches, import included"
            yield _limit_row(name, result, seconds, limit, "{:.2f} s", f"at most {limit:g} s")


def _loops(results: Sequence[Result]) -> Iterator[Row]:
    for result in results:
        if result.get("loop"):
            ours, without = (median(run[i] for run in result["loop"]) for i in (0, 1))
            yield (
                [
                    "compilation and first run of a loop of `set_subtensor` over 16 x 16 items; "
                    f"without the rewrites: {without:.2f} s",
                    _python(result),
                    "–",
                    f"{ours:.2f} s, {without / ours:.0f}x faster",
                    f"{LOOP_FASTER}x faster",
                ],
                {"CVM": without >= LOOP_FASTER * ours},
            )


def _imports(results: Sequence[Result]) -> Iterator[Row]:
    for result in results:
        if "import" in result:
            milliseconds = min(result["import"]) * 1e3
            limit = IMPORT_SECONDS * 1e3
            yield (
                [
                    "`import pytensor_unpool` after `import pytensor`, fastest run",
                    _python(result),
                    f"{milliseconds:.1f} ms",
                    "the same",
                    f"at most {limit:g} ms",
                ],
                {"import": milliseconds <= limit},
            )


def _memory(results: Sequence[Result]) -> Iterator[Row]:
    for case in CASES:
        for result in results:
            rows = [row for row in result.get("memory", []) if row.get("case") == case.name]
            extra = {row["mode"]: row["peak"] - row["outputs"] for row in rows if "peak" in row}
            mebibytes = {mode: count / 2**20 for mode, count in extra.items()}
            name = f"peak memory beyond the outputs: {case.name}"
            peer = MEMORY_PEERS.get(case.work, "")
            limit = mebibytes.pop(peer, MEMORY_BYTES / 2**20)
            target = f"at most {limit:.3g} MiB" + (f", as {PEERS[peer]}" if peer else "")
            if rows:
                yield _limit_row(name, result, mebibytes, limit, "{:.2f} MiB", target)


def _limit_row(
    name: str, result: Result, numbers: dict[str, float], limit: float, text: str, target: str
) -> Row:
    shown = [text.format(numbers[mode]) if mode in numbers else "–" for mode in MODES]
    verdicts = {mode: number <= limit for mode, number in numbers.items()}
    return [name, _python(result), *shown, target], verdicts


def _notes(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        reasons: dict[str, str] = {}
        for row in result["rows"]:
            reasons.update(row["absent"])
        for name, reason in reasons.items():
            yield f"Absent under Python {_python(result)}: {name} ({reason})."


def _machines(results: Sequence[Result]) -> str:
    heads = ["Python", "versions", "machine", "threads", "rounds", "date"]
    rows = []
    for result in results:
        environment, method = result["environment"], result["method"]
        versions = environment["versions"].items()
        machine = [environment["processor"], f"{environment['cores']} cores", environment["system"]]
        rows.append(
            [
                environment["python"],
                ", ".join(f"{name} {number}" for name, number in versions if number),
                ", ".join(machine),
                str(environment["threads"]),
                f"{method['rounds']}, seed {method['seed']}",
                environment["date"],
            ]
        )
    return _lines(heads, rows)


def _table(heads: list[str], rows: Iterable[Row]) -> str:
    return _lines(heads, ([*cells, _verdict(cells[-1], verdicts)] for cells, verdicts in rows))


def _verdict(target: str, verdicts: Verdicts) -> str:
    missed = [mode for mode, met in verdicts.items() if not met]
    if not verdicts:
        return "" if target == "none" else "not measured"
    if not missed:
        return "met"
    if len(missed) == len(verdicts):
        return "**missed**"
    return f"**missed** in {' and '.join(missed)}"


def _lines(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _python(result: Result) -> str:
    return ".".join(str(result["environment"]["python"]).split(".")[:2])


def _milliseconds(seconds: Any) -> str:
    return "–" if seconds is None else f"{seconds * 1e3:.2f}"
