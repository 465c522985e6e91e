"""Migrate old Theano code: show the changes, check for them, or write them."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytensor_unpool.cli.terminal import UserError, format_table

try:
    from pytensor_unpool.codemod.files import find_files
    from pytensor_unpool.codemod.migrate import choose_rules, known_ids, migrate_text
    from pytensor_unpool.codemod.runner import Outcome, migrate_files
except ModuleNotFoundError as error:
    if error.name not in ("fissix", "libcst"):
        raise
    raise UserError(
        f'migrate needs {error.name}: python -m pip install "pytensor-unpool[migrate]"'
    ) from error


def run(arguments: argparse.Namespace) -> int:
    """Migrate, print, and return the exit code."""
    only, ignore = (
        {rule for rules in given for rule in rules} for given in (arguments.only, arguments.ignore)
    )
    if unknown := [rule for rule in sorted(only | ignore) if rule not in known_ids()]:
        raise UserError(
            f"there is no rule {', '.join(unknown)}: the rules are {', '.join(known_ids())}"
        )
    rules = choose_rules(only, ignore)
    if Path("-") in arguments.paths:
        outcomes = [_from_standard_input(arguments, rules)]
    else:
        outcomes = _from_files(arguments, rules)
    if not arguments.json and (arguments.diff or not (arguments.check or arguments.write)):
        for outcome in outcomes:
            if str(outcome.path) != "-" or arguments.diff:
                sys.stdout.write(_diff(outcome))
    if arguments.json:
        print(json.dumps(_as_json(outcomes), indent=1))
    else:
        print(_as_text(outcomes), file=sys.stderr)
    if any(outcome.report.error for outcome in outcomes):
        return 2
    return int(arguments.check and any(outcome.changed for outcome in outcomes))


def _from_standard_input(arguments: argparse.Namespace, rules: Sequence[str]) -> Outcome:
    if len(arguments.paths) > 1:
        raise UserError(f"got - and {len(arguments.paths) - 1} other paths: pass - alone")
    text = sys.stdin.read()
    outcome = Outcome(Path("-"), text, *migrate_text(text, rules))
    if not (arguments.diff or arguments.check or arguments.json):
        sys.stdout.write(outcome.after)
    return outcome


def _from_files(arguments: argparse.Namespace, rules: Sequence[str]) -> list[Outcome]:
    missing = [str(path) for path in arguments.paths if not path.exists()]
    if missing:
        raise UserError(f"there is no file or folder {', '.join(missing)}")
    if arguments.jobs < 1:
        raise UserError(f"got --jobs {arguments.jobs}: pass 1 or more")
    paths = list(dict.fromkeys(find_files(arguments.paths)))
    running = migrate_files(paths, rules, write=arguments.write, jobs=arguments.jobs)
    outcomes = list(_with_progress(running, len(paths)))
    return sorted(outcomes, key=lambda outcome: paths.index(outcome.path))


def _with_progress(outcomes: Iterator[Outcome], count: int) -> Iterator[Outcome]:
    """Show a counter on a terminal."""
    show = sys.stderr.isatty()
    for done, outcome in enumerate(outcomes, 1):
        if show:
            print(f"\r{done} of {count} files", end="", file=sys.stderr, flush=True)
        yield outcome
    if show:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _diff(outcome: Outcome) -> str:
    name = str(outcome.path)
    lines = difflib.unified_diff(
        outcome.before.splitlines(keepends=True),
        outcome.after.splitlines(keepends=True),
        f"{name} (before)",
        f"{name} (after)",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _as_json(outcomes: Sequence[Outcome]) -> dict[str, object]:
    files = [
        {"path": str(outcome.path), "changed": outcome.changed, **outcome.report.as_json()}
        for outcome in outcomes
    ]
    return {"files": files, "totals": _totals(outcomes)}


def _totals(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return {
        "files": len(outcomes),
        "changed": sum(outcome.changed for outcome in outcomes),
        "python2": sum(outcome.report.python2 for outcome in outcomes),
        "left": sum(note.kind == "left" for o in outcomes for note in o.report.notes),
        "failed": sum(bool(outcome.report.error) for outcome in outcomes),
        "uses_resolved": sum(o.report.resolved.total() for o in outcomes),
        "uses_unresolved": sum(o.report.unresolved.total() for o in outcomes),
    }


def _as_text(outcomes: Sequence[Outcome]) -> str:
    """Return what is left to do, what failed, and totals."""
    parts = []
    left = [
        (f"{outcome.path}:{note.line}", note.rule, note.message)
        for outcome in outcomes
        for note in outcome.report.notes
        if note.kind == "left"
    ]
    if left:
        parts.append(format_table(("left to do", "rule", ""), left))
    changes = Counter(n.rule for o in outcomes for n in o.report.notes if n.kind == "changed")
    if changes:
        rows = [(rule, str(count)) for rule, count in sorted(changes.items())]
        parts.append(format_table(("rule", "changes"), rows))
    unresolved: Counter[str] = Counter()
    for outcome in outcomes:
        unresolved += outcome.report.unresolved
    if unresolved:
        rows = [(name, str(count)) for name, count in unresolved.most_common()]
        parts.append(format_table(("unresolved name", "uses"), rows))
    failed = [(str(o.path), o.report.error) for o in outcomes if o.report.error]
    if failed:
        parts.append(format_table(("not migrated", "why"), failed))
    totals = _totals(outcomes)
    parts.append(
        f"{totals['files']} files, {totals['changed']} to change, {totals['left']} TODOs, "
        f"{totals['failed']} failed"
    )
    return "\n\n".join(parts)
