"""Stores results: one JSON file for each Python and PyTensor."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

Result = dict[str, Any]


def write(result: Result, folder: Path) -> Path:
    """Write a result; it replaces an earlier one of the same Python and PyTensor."""
    environment = result["environment"]
    python = ".".join(environment["python"].split(".")[:2])
    path = folder / f"python{python}-pytensor{environment['versions']['pytensor']}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(result))
    return path


def as_text(result: Result) -> str:
    """Return a result as JSON, with each list on a line of its own."""
    return _lists_on_one_line(json.dumps(_rounded(result), indent=1)) + "\n"


def read(folder: Path) -> list[Result]:
    """Return all stored results, the oldest Python first."""
    results = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return sorted(results, key=lambda result: [int(n) for n in _python(result).split(".")])


def _python(result: Result) -> str:
    return str(result["environment"]["python"])


def _rounded(value: Any) -> Any:
    # The clock resolves no more than tenths of a microsecond.
    if isinstance(value, float):
        return round(value, 7)
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return value


def _lists_on_one_line(text: str) -> str:
    return re.sub(
        r"\[[\s\d.,e+-]+\]", lambda match: re.sub(r"\s+", " ", match[0]).replace("[ ", "["), text
    ).replace(" ]", "]")
