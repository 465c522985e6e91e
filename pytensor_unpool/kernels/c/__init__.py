"""C kernels: C++ templates in text files, for g++ or clang with the flags that PyTensor chooses."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def source(*names: str) -> str:
    """Return the text of header files of this folder, one behind the other."""
    return "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)
