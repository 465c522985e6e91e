"""The rules, each in a file of its own, in the order in which they look at a node."""

from __future__ import annotations

from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.names import NAMES

__all__ = ["RULES", "Rule"]

RULES: tuple[Rule, ...] = (NAMES,)
