"""The report of a migration: what it changed, what it left, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["FileReport", "Note"]

Kind = Literal["changed", "left"]


@dataclass(frozen=True, order=True)
class Note:
    """One change, or one thing that was left with a TODO.

    Parameters
    ----------
    line : int
        The first line of the statement in the original file; 0 if unknown.
    rule : str
        Such as ``"PU101"``.
    kind : str
        ``"changed"`` or ``"left"``.
    message : str
        What was changed, or what is left to do.
    """

    line: int
    rule: str
    kind: Kind
    message: str


@dataclass
class FileReport:
    """The report on one file.

    Parameters
    ----------
    notes : list of Note
    resolved, unresolved : Counter of str
        How often each old name occurs whose replacement is known, or is not.
    python2 : bool
        Whether the file had to be parsed as Python 2.
    error : str
        Why the file was left unchanged; empty if there was no error.
    """

    notes: list[Note] = field(default_factory=list)
    resolved: Counter[str] = field(default_factory=Counter)
    unresolved: Counter[str] = field(default_factory=Counter)
    python2: bool = False
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the report in a form for ``json.dump``."""
        return {
            "python2": self.python2,
            "error": self.error,
            "notes": [asdict(note) for note in self.notes],
            "resolved": dict(self.resolved),
            "unresolved": dict(self.unresolved),
        }
