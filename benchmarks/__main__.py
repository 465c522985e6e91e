"""The command: ``python -m benchmarks [--page] [--only WORD] [--rounds N]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import devices, environment, page, results

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure, store the numbers, make the page."""
    options = _options()
    if not options.page:
        _measure(options)
    if options.only:
        return
    options.page_file.parent.mkdir(parents=True, exist_ok=True)
    options.page_file.write_text(page.render(results.read(options.results), devices.stored()))
    print(f"wrote {options.page_file}")


def _measure(options: argparse.Namespace) -> None:
    environment.use_one_thread()
    # Imports NumPy and the rest, which read the number of threads when they are imported.
    from benchmarks.run import measure

    result = measure(options.rounds, options.only, lambda text: print(text, flush=True))
    if not options.only:
        print(f"wrote {results.write(result, options.results)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--page", action="store_true", help="only make the page")
    parser.add_argument(
        "--only", default="", metavar="WORD", help="only rows whose name has it; stores nothing"
    )
    parser.add_argument("--rounds", type=_rounds, default=25, help="at least 15 (default 25)")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--page-file", type=Path, default=ROOT / "docs" / "benchmarks.md")
    return parser.parse_args()


def _rounds(text: str) -> int:
    rounds = int(text)
    if rounds < 15:
        raise argparse.ArgumentTypeError("a median of fewer than 15 rounds says little")
    return rounds


if __name__ == "__main__":
    main()
