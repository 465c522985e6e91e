"""The source of the kernels, as a part of the keys under which they are cached on disk."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

PACKAGE = Path(__file__).parents[2]

# Kernels have the functions of `geometry` compiled into them, the numbers of errors, and sizes
# that they share with C.
COMPILED = ("errors.py", "geometry/**/*.py", "kernels/*.py", "kernels/numba/**/*.py")


def source_hash(*others: Path) -> str:
    """Return a hash of all files that machine code can depend on, and of others."""
    files = {file for pattern in COMPILED for file in PACKAGE.glob(pattern)}
    parts = (
        b"%s %d %s" % (str(file.relative_to(PACKAGE)).encode(), len(text), text)
        for file in sorted(files.union(others))
        for text in [file.read_bytes()]
    )
    return sha256(b"".join(parts)).hexdigest()
