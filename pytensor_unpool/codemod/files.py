"""Read and write source files: what is on the disk is at any time the old file or the new one."""

from __future__ import annotations

import io
import os
import tempfile
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["ENDINGS", "Source", "find_files", "read", "write"]

ENDINGS = (".py", ".pyw", ".ipynb")

_SKIPPED = frozenset((
    "__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env",
))  # fmt: skip


class Source(NamedTuple):
    """A file's text, its line endings untouched, and how it was encoded."""

    text: str
    encoding: str


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Return the files to migrate: those named, and below folders those with a known ending.

    Folders whose name begins with a dot, and those of tools and environments, are passed by.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, below, names in os.walk(path):
            below[:] = sorted(b for b in below if b not in _SKIPPED and not b.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if name.endswith(ENDINGS))


def read(path: Path) -> Source:
    """Return the text of a file, decoded as Python does it.

    Raises
    ------
    OSError, SyntaxError, UnicodeDecodeError
    """
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        return Source(content.decode("utf-8"), "utf-8")
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return Source(content.decode(encoding), encoding)


def write(path: Path, source: Source) -> None:
    """Put a new text in the place of a file, in one step, with its permissions.

    Raises
    ------
    OSError, UnicodeEncodeError
        The file is as it was then.
    """
    content = source.text.encode(source.encoding)
    # A link stays one.
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
