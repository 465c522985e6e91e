"""C kernels: C++ templates in text files, for g++ or clang with the flags that PyTensor chooses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pytensor_unpool.kernels.c.constants import generated


@cache
def source(*names: str) -> str:
    """Return the text of headers, one after the other: files of this folder, or generated."""
    return "\n".join(_text(name) for name in names)


def _text(name: str) -> str:
    return generated(name) or (Path(__file__).parent / name).read_text(encoding="utf-8")
