"""Migrate folders of real code, and report the results.

``python -m benchmarks.probes.migration FOLDER...``

Only files that mention Theano are counted. Nothing is written, imported or run.
"""

from __future__ import annotations

import argparse
import io
import re
import time
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytensor_unpool.codemod.files import find_files
from pytensor_unpool.codemod.migrate import migrate_text
from pytensor_unpool.codemod.runner import Outcome, migrate_file

OLD = re.compile(r"\btheano\b|\bpylearn2\b|\baesara\b")


def main() -> None:
    """Migrate the folders of the command line and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        "| source | files | Python 2 | failed | compile | lose | change again | uses | unresolved |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    everything: list[Outcome] = []
    seconds = 0.0
    for folder in arguments.folders:
        paths = [path for path in find_files([folder]) if path.suffix == ".py" and mentions(path)]
        start = time.process_time()
        outcomes = [migrate_file(path, None) for path in paths]
        seconds += time.process_time() - start
        print(row(folder.name, outcomes))
        everything += outcomes
    print(row("all", everything))
    lines = sum(outcome.before.count("\n") for outcome in everything) / len(everything)
    print(
        f"\n{60 * len(everything) / seconds:,.0f} files of {lines:,.0f} lines a minute on one core"
    )
    names: Counter[str] = sum((o.report.unresolved for o in everything), Counter())
    print("unresolved:", ", ".join(f"{name} ({uses})" for name, uses in names.most_common()))
    print("failed:", ", ".join(f"{o.path}: {o.report.error}" for o in everything if o.report.error))


def mentions(path: Path) -> bool:
    """Return whether a file mentions Theano, pylearn2 or Aesara."""
    return bool(OLD.search(path.read_text(encoding="utf-8", errors="replace")))


def row(name: str, outcomes: Sequence[Outcome]) -> str:
    """Return a row of the table."""
    good = [outcome for outcome in outcomes if not outcome.report.error]
    uses = sum(o.report.resolved.total() + o.report.unresolved.total() for o in good)
    unresolved = sum(o.report.unresolved.total() for o in good)
    cells = (
        name,
        len(outcomes),
        sum(outcome.report.python2 for outcome in good),
        len(outcomes) - len(good),
        sum(compiles(outcome.after) for outcome in good),
        sum(not keeps_all(outcome) for outcome in good if not outcome.report.python2),
        sum(migrate_text(outcome.after).text != outcome.after for outcome in good),
        f"{uses:,}",
        f"{unresolved} ({unresolved / max(1, uses):.1%})",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def compiles(text: str) -> bool:
    """Return whether this Python compiles the text."""
    try:
        compile(text, "file", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def keeps_all(outcome: Outcome) -> bool:
    """Return whether every comment and string of a file is still there, byte for byte."""
    return not kept(outcome.before) - kept(outcome.after)


def kept(text: str) -> Counter[str]:
    """Return the comments and strings of a text."""
    tokens: Iterable[tokenize.TokenInfo] = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(t.string for t in tokens if t.type in (tokenize.COMMENT, tokenize.STRING))


if __name__ == "__main__":
    main()
