"""Migrate the code cells of a Jupyter notebook as a single program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pytensor_unpool.codemod.migrate import Result, migrate_text
from pytensor_unpool.codemod.report import FileReport

__all__ = ["migrate_notebook"]

_MARK = "# pytensor-unpool cell"
_MAGIC = "pass  # pytensor-unpool magic "

# Lines that only IPython understands: %magic, !command, help?
_FOR_IPYTHON = re.compile(r"^(\s*)([%!].*|[^\s#'\"(=]+\?{1,2})$")


def migrate_notebook(text: str, rules: Sequence[str] | None = None) -> Result:
    """Migrate a notebook.

    Parameters
    ----------
    text : str
        The file's content.
    rules : sequence of str, optional
        The ids of the rules to apply; all if omitted.

    Returns
    -------
    text : str
        The same string if there is nothing to change. Line numbers in the report run through the
        code of all cells, with one line between cells.
    report : FileReport
    """
    try:
        notebook = json.loads(text)
        cells = list(_code_cells(notebook))
    except (ValueError, TypeError, AttributeError) as error:
        return Result(text, FileReport(error=f"not a notebook: {error}"))
    magics: list[str] = []
    codes = [_without_magics(_source(cell), magics) for cell in cells]
    program = "\n".join(f"{_MARK}\n{code}" for code in codes)
    new, report = migrate_text(program, rules)
    parts = re.split(rf"(?:\A|\n){_MARK}\n", new)[1:]
    if report.error or new == program or len(parts) != len(cells):
        return Result(text, report)
    for cell, part, code in zip(cells, parts, codes, strict=True):
        if part != code:
            _set_source(cell, _with_magics(part, magics))
    return Result(_dumped(notebook, text), report)


def _code_cells(notebook: Any) -> Iterator[dict[str, Any]]:
    # Version 3 of the format had sheets.
    sheets = [notebook, *notebook.get("worksheets", ())]
    for cell in (cell for sheet in sheets for cell in sheet.get("cells", ())):
        if cell.get("cell_type") == "code" and not _source(cell).lstrip().startswith("%%"):
            yield cell


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source)


def _set_source(cell: dict[str, Any], text: str) -> None:
    key = "source" if "source" in cell else "input"
    cell[key] = text if isinstance(cell[key], str) else text.splitlines(keepends=True)


def _without_magics(code: str, magics: list[str]) -> str:
    """Replace the lines that only IPython understands with Python; keep them in `magics`."""
    lines = code.split("\n")
    for i, line in enumerate(lines):
        if match := _FOR_IPYTHON.match(line):
            lines[i] = f"{match[1]}{_MAGIC}{len(magics)}"
            magics.append(line)
    return "\n".join(lines)


def _with_magics(code: str, magics: list[str]) -> str:
    pattern = re.compile(rf"^\s*{re.escape(_MAGIC)}(\d+)$", re.MULTILINE)
    return pattern.sub(lambda match: magics[int(match[1])], code)


def _dumped(notebook: Any, text: str) -> str:
    """Write JSON in the style of the original text, as far as it can be inferred."""
    indent = re.match(r"\{\n( +)", text)
    return json.dumps(
        notebook,
        indent=len(indent[1]) if indent else 1 if "\n" in text.strip() else None,
        ensure_ascii=text.isascii(),
        separators=(",", ": ") if "\n" in text.strip() else None,
    ) + ("\n" if text.endswith("\n") else "")
