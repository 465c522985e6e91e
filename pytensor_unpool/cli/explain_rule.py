"""Explain a rule of the migrator: print its section of the migration guide."""

from __future__ import annotations

from pytensor_unpool.cli.terminal import UserError


def explain_rule(name: str) -> int:
    """Print the section of the rule ``PU123``."""
    from pytensor_unpool.codemod.rules import RULES

    for rule in RULES:
        if rule.id == name.upper():
            print(f"{rule.id}: {rule.text.strip()}")
            return 0
    known = ", ".join(rule.id for rule in RULES)
    raise UserError(f"there is no rule {name!r}: the rules are {known}")
