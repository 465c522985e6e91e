"""Read and write source files. Writes are atomic: the disk has the old file or the new one."""

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
    """The text of a file, with its original line endings, and its encoding."""

    text: str
    encoding: str


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files to migrate: those given, and those with a known suffix below folders.

    Hidden folders, and those of tools and environments, are skipped.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, below, names in os.walk(path):
            below[:] = sorted(b for b in below if b not in _SKIPPED and not b.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if name.endswith(ENDINGS))


def read(path: Path) -> Source:
    """Return the text of a file, decoded as by Python.

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
    """Replace a file atomically, and keep its permissions.

    Raises
    ------
    OSError, UnicodeEncodeError
        The file is then unchanged.
    """
    content = source.text.encode(source.encoding)
    # Replace the target of a link, not the link.
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
