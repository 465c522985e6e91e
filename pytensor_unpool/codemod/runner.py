"""Migrate many files in several processes. A failure in one file does not stop the others."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import NamedTuple

from pytensor_unpool.codemod import files
from pytensor_unpool.codemod.migrate import Result, migrate_text
from pytensor_unpool.codemod.notebooks import migrate_notebook
from pytensor_unpool.codemod.report import FileReport

__all__ = ["Outcome", "migrate_file", "migrate_files"]

# Starting a process takes as long as migrating a few files.
_FILES_FOR_A_PROCESS = 30
_FILES_AT_ONCE = 8


class Outcome(NamedTuple):
    """The result for one file. `before` and `after` are the same string if nothing changed."""

    path: Path
    before: str
    after: str
    report: FileReport

    @property
    def changed(self) -> bool:
        """Whether the text was changed."""
        return self.before != self.after


def migrate_file(path: Path, rules: Sequence[str] | None, *, write: bool = False) -> Outcome:
    """Migrate one file. Any error is reported in the outcome.

    Parameters
    ----------
    path : Path
    rules : sequence of str, optional
        The ids of the rules to apply; all if None.
    write : bool
        Whether to overwrite the file with the result.
    """
    text = ""
    try:
        text, encoding = files.read(path)
        result = _migrate(path, text, rules)
        if write and result.text != text:
            files.write(path, files.Source(result.text, encoding))
    except Exception as error:  # noqa: BLE001 (one bad file must not stop the run)
        return Outcome(path, text, text, FileReport(error=_one_line(error)))
    return Outcome(path, text, *result)


def _migrate(path: Path, text: str, rules: Sequence[str] | None) -> Result:
    return (migrate_notebook if path.suffix == ".ipynb" else migrate_text)(text, rules)


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def migrate_files(
    paths: Sequence[Path], rules: Sequence[str] | None, *, write: bool = False, jobs: int = 1
) -> Iterator[Outcome]:
    """Migrate files and yield their outcomes, in order of completion.

    Parameters
    ----------
    paths : sequence of Path
    rules : sequence of str, optional
        The ids of the rules to apply; all if None.
    write : bool
        Whether to overwrite the files with the results.
    jobs : int
        Maximum number of processes.
    """
    jobs = min(jobs, 1 + len(paths) // _FILES_FOR_A_PROCESS)
    if jobs <= 1:
        yield from (migrate_file(path, rules, write=write) for path in paths)
        return
    rest = set(paths)
    portions = [paths[i : i + _FILES_AT_ONCE] for i in range(0, len(paths), _FILES_AT_ONCE)]
    for outcome in _in_processes(portions, rules, write=write, jobs=jobs):
        rest.discard(outcome.path)
        yield outcome
    # A process died: give each remaining file a process of its own.
    for path in (path for path in paths if path in rest):
        done = list(_in_processes([[path]], rules, write=write, jobs=1))
        yield from done or [Outcome(path, "", "", FileReport(error="the process died"))]


def _in_processes(
    portions: Sequence[Sequence[Path]], rules: Sequence[str] | None, *, write: bool, jobs: int
) -> Iterator[Outcome]:
    """Yield outcomes until all files are done or a process dies."""
    with ProcessPoolExecutor(jobs, _context()) as pool:
        waiting: list[Future[list[Outcome]]] = [
            pool.submit(_migrate_portion, portion, rules, write) for portion in portions
        ]
        for future in as_completed(waiting):
            try:
                yield from future.result()
            except BrokenProcessPool:
                return


def _context() -> BaseContext:
    """Choose a start method: a server process imports this package, and forks the workers.

    Forks of this process would inherit its threads and locks.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _migrate_portion(
    paths: Sequence[Path], rules: Sequence[str] | None, write: bool
) -> list[Outcome]:
    return [migrate_file(path, rules, write=write) for path in paths]
