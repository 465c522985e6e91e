"""The scripts of `examples/legacy`, migrated, print what they print as they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pytensor_unpool.codemod.migrate import migrate_text
from tests.support.legacy_scripts import FOLDER, SCRIPTS, run_all
from tests.support.modes import ALL

PYTHON2 = sorted((FOLDER / "python2").iterdir())

# Running them takes half a minute; some run in any case, those for Python 2 among them. PyTensor
# compiles an LSTM's steps in Numba, whatever the mode is.
FIRST = [
    *(path for path in PYTHON2 if path.stem != "lstm"),
    *(FOLDER / f"{name}.py" for name in ("custom_op", "patches", "unpool_random")),
]
SOURCES = [*PYTHON2, *(FOLDER / f"{name}.py" for name in SCRIPTS)] if ALL else FIRST

# What cannot be migrated without a look at what values are, but is not wrong in silence.
RAISES = {
    "dbn": "TypeError:",
    "rnn_dropout": "NullTypeGradError:",
}


def name_of(path: Path) -> str:
    return f"{path.stem}{'_2' if path in PYTHON2 else ''}"


@cache
def printed_by_the_results() -> dict[str, str]:
    """Return what each migrated script prints, without the old names."""
    with TemporaryDirectory() as folder:
        paths = []
        for source in SOURCES:
            text, report = migrate_text(source.read_text())
            assert report.error == ""
            paths.append(Path(folder) / f"{name_of(source)}.py")
            paths[-1].write_text(text)
        return run_all(paths, "FAST_COMPILE", installs=False)


@cache
def printed_by_the_originals() -> dict[str, str]:
    """Return what each script prints under the old names."""
    return run_all([FOLDER / f"{source.stem}.py" for source in SOURCES], "FAST_COMPILE")


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_a_migrated_script_prints_the_same(source: Path) -> None:
    printed = printed_by_the_results()[name_of(source)]
    if source.stem in RAISES:
        assert printed.startswith(RAISES[source.stem])
    else:
        assert printed == printed_by_the_originals()[source.stem]
