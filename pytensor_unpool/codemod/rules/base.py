"""The definition of a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from pytensor_unpool.codemod.context import Context

__all__ = ["Rule"]


@dataclass(frozen=True)
class Rule:
    """One kind of change.

    Parameters
    ----------
    id : str
        Such as ``"PU101"``; never given to another rule.
    visits : tuple of node classes
        Which nodes `look` is called with.
    look : callable
        Called with a node and the file's `Context`; says there what to change.
    text : str
        The rule's section of the guide: a title, prose, and code before and after.
    """

    id: str
    visits: tuple[type[cst.CSTNode], ...]
    look: Callable[[cst.CSTNode, Context], None]
    text: str

    @property
    def title(self) -> str:
        """The first line of the section."""
        return self.text.partition("\n")[0].rstrip(".")
